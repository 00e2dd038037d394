//! `iam.service_linked_role`: the role that an AWS service needs in the account for itself.

use super::REACH;
use crate::{
    Arn, Clients, CxAws, Scope,
    fault::{fault, incomplete},
    found::{each, pages},
    scope,
};
use aws_sdk_iam::types;
use groundplan_core::{
    Cx, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta, Naming, Ownership,
    Patience, Probe, Problems, ReadCost, Resource, Result, Seen, StepCx, Val, Wanted,
};
use serde::{Deserialize, Serialize};

/// The role that a service of AWS takes to work in the account, such as that of
/// `es.amazonaws.com` for search domains in a VPC.
///
/// There is one for each service in an account, and all that use the service there share it. So
/// one that is there already is taken as it is, and a delete only forgets it: whether another still
/// needs it cannot be known, and it costs nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServiceLinkedRole {
    /// The account.
    pub scope: Val<Scope>,
    /// The service's principal, e.g. `opensearchservice.amazonaws.com`.
    pub service: String,
}

impl ServiceLinkedRole {
    /// The role of a service.
    pub fn new(scope: Val<Scope>, service: impl Into<String>) -> Self {
        Self { scope, service: service.into() }
    }
}

groundplan_core::outputs! {
    /// The role that AWS made for the service.
    pub struct ServiceLinkedRoleOutputs -> ServiceLinkedRoleHandle {
        /// The ARN.
        arn: Arn,
    }
}

impl Resource for ServiceLinkedRole {
    const KIND: &'static str = "iam.service_linked_role";
    const META: Meta = Meta {
        immutable: &["scope.account", "service"],
        place: scope::PLACE,
        reach: REACH,
        ownership: Ownership::KeyAndValue,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("ListRoles takes one path, and each service has its own"),
        iam: Iam {
            holes: &[("service", Hole::Input("service"))],
            observe: &["iam:ListRoles"],
            create: &["iam:ListRoles", "iam:CreateServiceLinkedRole"],
            converge: &["iam:ListRoles"],
            ..Iam::NONE
        },
        ..Meta::DEFAULT
    };
    type Outputs = ServiceLinkedRoleOutputs;

    fn validate(&self, problems: &mut Problems) {
        problems.require(
            self.service.contains(".amazonaws.com"),
            "service",
            format!("`{}` is no service such as `eks.amazonaws.com`", self.service),
        );
    }

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<ServiceLinkedRoleOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| w.inputs.look(&aws)).await
    }

    async fn create(&self, cx: &StepCx) -> Result<ServiceLinkedRoleOutputs> {
        let action = "iam:CreateServiceLinkedRole";
        let aws = cx.aws(self.scope.get()).await?;
        if let Some(role) = self.find(&aws).await? {
            return Ok(outputs(&role));
        }
        let call = aws.iam.create_service_linked_role().aws_service_name(&self.service);
        let role = match call.send().await.map_err(fault(action)) {
            Ok(made) => made.role,
            // Another was faster; several services make theirs by themselves.
            Err(fault) if is_taken(&fault) => self.find(&aws).await?,
            Err(fault) => return Err(fault),
        };
        Ok(outputs(&role.ok_or_else(|| incomplete(action, "Role"))?))
    }

    /// The role's ARN, or the name of its service.
    async fn identify(
        &self,
        cx: &Cx,
        id: &str,
    ) -> Result<Option<Identity<ServiceLinkedRoleOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = self.find(&aws).await?;
        let is_it = |role: &types::Role| id == self.service || id == role.arn();
        Ok(found.filter(is_it).map(|role| Identity::new(outputs(&role))))
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.service.clone())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: ServiceLinkedRoleOutputs,
        _approved: &Fields,
    ) -> Result<ServiceLinkedRoleOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        cx.wait(Patience::SECONDS, "the role to be listed", || async {
            Ok(match self.find(&aws).await? {
                Some(_) => Probe::Ready(()),
                None => Probe::not_yet("not listed yet"),
            })
        })
        .await?;
        Ok(live)
    }

    /// Only forgets: the role is shared by the account.
    async fn delete(&self, _cx: &StepCx, _live: &ServiceLinkedRoleOutputs) -> Result<()> {
        Ok(())
    }
}

impl ServiceLinkedRole {
    async fn look(&self, aws: &Clients) -> Result<Seen<ServiceLinkedRoleOutputs>> {
        let found = self.find(aws).await?;
        Ok(found.map_or(Seen::Absent, |role| Live::new(outputs(&role), Json::Null).into()))
    }

    /// The role of the service, whose name only the service knows: it is alone under its path.
    async fn find(&self, aws: &Clients) -> Result<Option<types::Role>> {
        let path = format!("/aws-service-role/{}/", self.service);
        let call = aws.iam.list_roles().path_prefix(path).into_paginator().items().send();
        Ok(pages("iam:ListRoles", call).await?.into_iter().next())
    }
}

fn outputs(role: &types::Role) -> ServiceLinkedRoleOutputs {
    ServiceLinkedRoleOutputs { arn: role.arn().into() }
}

/// `InvalidInput: Service role name … has been taken in this account, please try a different suffix.`
fn is_taken(fault: &Fault) -> bool {
    let taken = fault.why.as_ref().is_some_and(|why| why.contains("has been taken"));
    taken && fault.code.as_ref().is_some_and(|code| code.starts_with("InvalidInput"))
}
