//! `ram.organization_sharing`: sharing within the organization, without invitations.

use crate::{CxAws, Scope, fault::fault, found::pages, scope, taking::keyed};
use groundplan_core::{
    Cx, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta, Naming, Ownership, Patience,
    Probe, Resource, Result, Seen, Stays, StepCx, Typical, Val, Wanted,
};
use serde::{Deserialize, Serialize};

/// RAM, as Organizations knows it.
const RAM: &str = "ram.amazonaws.com";

/// That accounts of the organization share with each other without invitations. It is the organization's:
/// one that is on already is taken as it is, and it is never switched off from here, as others rest on it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OrganizationSharing {
    /// The management account.
    pub scope: Val<Scope>,
}

impl OrganizationSharing {
    /// Sharing within the organization of a management account.
    pub fn new(scope: Val<Scope>) -> Self {
        Self { scope }
    }
}

groundplan_core::outputs! {
    /// What [`OrganizationSharing`] gives.
    pub struct OrganizationSharingOutputs -> OrganizationSharingHandle {
        /// Whom Organizations trusts for it: `ram.amazonaws.com`.
        service: String,
    }
}

fn outputs() -> OrganizationSharingOutputs {
    OrganizationSharingOutputs { service: RAM.to_owned() }
}

async fn is_on(cx: &Cx, scope: &Scope) -> Result<bool> {
    let aws = cx.aws(scope).await?;
    let call = aws.organizations.list_aws_service_access_for_organization().into_paginator();
    let found = pages("organizations:ListAWSServiceAccessForOrganization", call.send()).await?;
    let mut services = found.into_iter().filter_map(|p| p.enabled_service_principals).flatten();
    Ok(services.any(|service| service.service_principal() == Some(RAM)))
}

impl Resource for OrganizationSharing {
    const KIND: &'static str = "ram.organization_sharing";
    const META: Meta = Meta {
        immutable: &["scope.account"],
        place: scope::PLACE,
        reach: scope::REACH_ANYWHERE,
        ownership: Ownership::KeyAndValue,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        coexists: false,
        stays: Stays::Always,
        iam: Iam {
            holes: &[("service", Hole::Text(RAM))],
            observe: &["organizations:ListAWSServiceAccessForOrganization"],
            create: &[
                "ram:EnableSharingWithAwsOrganization",
                "organizations:EnableAWSServiceAccess",
                "organizations:DescribeOrganization",
                "organizations:ListAWSServiceAccessForOrganization",
                "iam:CreateServiceLinkedRole",
            ],
            converge: &["organizations:ListAWSServiceAccessForOrganization"],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 1, 1),
        ..Meta::DEFAULT
    };
    type Outputs = OrganizationSharingOutputs;

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<OrganizationSharingOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let on = is_on(cx, first.inputs.scope.get()).await?;
        let see = |_| if on { Live::new(outputs(), Json::Null).into() } else { Seen::Absent };
        Ok(wanted.iter().map(see).collect())
    }

    /// Switches it on; RAM answers the same when it is.
    async fn create(&self, cx: &StepCx) -> Result<OrganizationSharingOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let call = aws.ram.enable_sharing_with_aws_organization().send().await;
        call.map_err(fault("ram:EnableSharingWithAwsOrganization")).map_err(|fault| {
            if fault.is("OperationNotPermittedException") {
                fault.hint("only the management account of an organization with all features may: name its scope")
            } else {
                fault
            }
        })?;
        Ok(outputs())
    }

    /// The management account's 12 digits.
    async fn identify(
        &self,
        _: &Cx,
        id: &str,
    ) -> Result<Option<Identity<OrganizationSharingOutputs>>> {
        keyed(id, self.key(None).as_deref(), outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.scope.get().account.clone())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: OrganizationSharingOutputs,
        _approved: &Fields,
    ) -> Result<OrganizationSharingOutputs> {
        cx.wait(Patience::SECONDS, "sharing to be on", || async {
            let on = is_on(cx, self.scope.get()).await?;
            Ok(if on { Probe::Ready(()) } else { Probe::not_yet("not on yet") })
        })
        .await?;
        Ok(live)
    }

    /// It is never switched off.
    async fn delete(&self, _cx: &StepCx, _live: &OrganizationSharingOutputs) -> Result<()> {
        Ok(())
    }
}
