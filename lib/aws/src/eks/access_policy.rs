//! `eks.access_policy`: gives an access entry rights that AWS wrote down.

use super::{SETTLING, absent, risks};
use crate::{
    Arn, Clients, CxAws, Scope,
    fault::fault,
    found::{each, pages},
    scope,
    taking::keyed,
};
use aws_sdk_eks::types::{self, AccessScopeType};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta, Naming, Ownership,
    Patience, Probe, Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical,
    Val, Wanted, When, json, to_json,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Rights in a cluster for the identity of an access entry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessPolicy {
    /// The account and region of the cluster.
    pub scope: Val<Scope>,
    /// The cluster's name.
    pub cluster: Val<String>,
    /// Whose rights: the principal of an [`AccessEntry`](super::AccessEntry).
    pub principal: Val<Arn>,
    /// Which rights.
    pub policy: AccessPolicyName,
    /// Where they hold.
    pub access: AccessScope,
}

impl AccessPolicy {
    /// Rights in the whole cluster.
    pub fn new(
        scope: Val<Scope>,
        cluster: Val<String>,
        principal: Val<Arn>,
        policy: AccessPolicyName,
    ) -> Self {
        Self { scope, cluster, principal, policy, access: AccessScope::Cluster }
    }
}

/// The rights that AWS wrote down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessPolicyName {
    /// Everything: `AmazonEKSClusterAdminPolicy`.
    ClusterAdmin,
    /// Nearly everything, but neither quotas nor the namespaces themselves: `AmazonEKSAdminPolicy`.
    Admin,
    /// Sees everything, secrets too: `AmazonEKSAdminViewPolicy`.
    AdminView,
    /// Changes workloads: `AmazonEKSEditPolicy`.
    Edit,
    /// Sees workloads, no secrets: `AmazonEKSViewPolicy`.
    View,
}

impl AccessPolicyName {
    /// The policy's ARN in a partition such as `aws`.
    pub fn arn(self, partition: &str) -> String {
        let name = match self {
            Self::ClusterAdmin => "AmazonEKSClusterAdminPolicy",
            Self::Admin => "AmazonEKSAdminPolicy",
            Self::AdminView => "AmazonEKSAdminViewPolicy",
            Self::Edit => "AmazonEKSEditPolicy",
            Self::View => "AmazonEKSViewPolicy",
        };
        format!("arn:{partition}:eks::aws:cluster-access-policy/{name}")
    }
}

/// Where rights hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessScope {
    /// In the whole cluster.
    Cluster,
    /// In these namespaces only; `dev-*` stands for all that start so.
    Namespaces(Vec<String>),
}

groundplan_core::outputs! {
    /// The identity of an [`AccessPolicy`] within its access entry.
    pub struct AccessPolicyOutputs -> AccessPolicyHandle {
        /// The policy's ARN.
        policy: String,
    }
}

/// The policies' ARNs.
const ARNS: &[(&str, &str)] = &[
    ("cluster_admin", "arn:{partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"),
    ("admin", "arn:{partition}:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy"),
    ("admin_view", "arn:{partition}:eks::aws:cluster-access-policy/AmazonEKSAdminViewPolicy"),
    ("edit", "arn:{partition}:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"),
    ("view", "arn:{partition}:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"),
];

impl Resource for AccessPolicy {
    const KIND: &'static str = "eks.access_policy";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "cluster", "principal", "policy"],
        sets: &["access.namespaces"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("ListAssociatedAccessPolicies takes one principal"),
        iam: Iam {
            holes: &[
                ("cluster", Hole::Input("cluster")),
                ("identity", Hole::IdentityIn("principal")),
                ("policy", Hole::Choice("policy", ARNS)),
            ],
            observe: &["eks:ListAssociatedAccessPolicies"],
            create: &["eks:ListAssociatedAccessPolicies", "eks:AssociateAccessPolicy"],
            converge: &["eks:ListAssociatedAccessPolicies", "eks:AssociateAccessPolicy"],
            delete: &["eks:DisassociateAccessPolicy", "eks:ListAssociatedAccessPolicies"],
            only: &[("eks:AssociateAccessPolicy", When::Changes(&["access"]))],
            ..Iam::NONE
        },
        typical: Typical::seconds(3, 2, 2),
        ..Meta::DEFAULT
    };
    type Outputs = AccessPolicyOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let AccessScope::Namespaces(names) = &self.access {
            problems.require(
                !names.is_empty() && names.iter().all(|name| !name.is_empty()),
                "access.namespaces",
                "name one or more, or give the rights in the whole cluster",
            );
        }
    }

    /// One listing for each principal in a cluster, however many of its policies are wanted.
    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::access_policy(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<AccessPolicyOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let entries: BTreeSet<_> = wanted.iter().map(|w| w.inputs.entry()).collect();
        let listed = each(entries.iter().copied(), |entry| list(&aws, entry)).await?;
        let listed: BTreeMap<_, _> = entries.into_iter().zip(listed).collect();
        // Where only the intent is recorded, rights that hold elsewhere are not those we gave.
        let ours = |w: &Wanted<Self>, access: &Json| {
            w.outputs.is_some() || *access == shown(&w.inputs.access)
        };
        let look = |w: &Wanted<Self>| match listed[&w.inputs.entry()].get(&w.inputs.arn()) {
            Some(access) if ours(w, access) => {
                Live::new(w.inputs.outputs(), json!({ "access": access })).into()
            }
            _ => Seen::Absent,
        };
        Ok(wanted.iter().map(look).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<AccessPolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // The call would overwrite, and there is no mark that says whose the rights are.
        if let Some(access) = self.find(&aws).await? {
            let (principal, policy) = (self.principal.get(), self.arn());
            let what = format!("{principal} has {policy} already");
            return Err(Fault::new(Class::NotOurs, what)
                .why(format!("another resource, tool or person gave it: {access}"))
                .hint("remove this resource from the program, or disassociate that policy"));
        }
        self.put(cx, &aws).await?;
        Ok(self.outputs())
    }

    /// The cluster's name, the principal's ARN and the policy's: `cluster#arn:…#arn:…`.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<AccessPolicyOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(format!("{}#{}#{}", self.cluster.get(), self.principal.get(), self.arn()))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: AccessPolicyOutputs,
        approved: &Fields,
    ) -> Result<AccessPolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = cx
            .wait(Patience::SECONDS, "the access policy to be listed", || async {
                let found = self.find(&aws).await?;
                Ok(found.map_or_else(|| Probe::not_yet("not listed yet"), Probe::Ready))
            })
            .await?;
        if approved.has("access") && found != shown(&self.access) {
            self.put(cx, &aws).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &AccessPolicyOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let delete = || async {
            let call = aws
                .eks
                .disassociate_access_policy()
                .cluster_name(self.cluster.get())
                .principal_arn(self.principal.get().as_str())
                .policy_arn(self.arn());
            absent(call.send().await.map_err(fault("eks:DisassociateAccessPolicy")))
        };
        cx.retry(SETTLING, |f| f.class == Class::InUse, delete).await?;
        cx.wait(Patience::SECONDS, "the access policy to be off the list", || async {
            let found = self.find(&aws).await?;
            Ok(found.map_or(Probe::Ready(()), |_| Probe::not_yet("still listed")))
        })
        .await
    }
}

impl AccessPolicy {
    /// The access entry that it belongs to: cluster and principal.
    fn entry(&self) -> (&str, &str) {
        (self.cluster.get(), self.principal.get().as_str())
    }

    fn arn(&self) -> String {
        self.policy.arn(&self.scope.get().partition)
    }

    fn outputs(&self) -> AccessPolicyOutputs {
        AccessPolicyOutputs { policy: self.arn() }
    }

    async fn find(&self, aws: &Clients) -> Result<Option<Json>> {
        Ok(list(aws, self.entry()).await?.remove(&self.arn()))
    }

    async fn put(&self, cx: &StepCx, aws: &Clients) -> Result<()> {
        let scope = match &self.access {
            AccessScope::Cluster => types::AccessScope::builder().r#type(AccessScopeType::Cluster),
            AccessScope::Namespaces(names) => types::AccessScope::builder()
                .r#type(AccessScopeType::Namespace)
                .set_namespaces(Some(names.clone())),
        };
        let scope = scope.build();
        let put = || async {
            let call = aws
                .eks
                .associate_access_policy()
                .cluster_name(self.cluster.get())
                .principal_arn(self.principal.get().as_str())
                .policy_arn(self.arn())
                .access_scope(scope.clone());
            call.send().await.map_err(fault("eks:AssociateAccessPolicy"))
        };
        cx.retry(SETTLING, |f| f.class == Class::InUse, put).await.map(drop)
    }
}

/// The policies of an access entry and where each holds, in the form of the inputs; none if the
/// entry or its whole cluster is absent.
async fn list(aws: &Clients, (cluster, principal): (&str, &str)) -> Result<BTreeMap<String, Json>> {
    let call = aws.eks.list_associated_access_policies().cluster_name(cluster);
    let call = call.principal_arn(principal).into_paginator().items().send();
    let found = absent(pages("eks:ListAssociatedAccessPolicies", call).await)?;
    let policies = found.unwrap_or_default().into_iter().filter_map(|policy| {
        let access = policy.access_scope()?;
        let access = match access.r#type()? {
            AccessScopeType::Namespace => AccessScope::Namespaces(access.namespaces().to_vec()),
            _ => AccessScope::Cluster,
        };
        Some((policy.policy_arn.clone()?, shown(&access)))
    });
    Ok(policies.collect())
}

/// Where rights hold, with the namespaces in order: it has no meaning.
fn shown(access: &AccessScope) -> Json {
    match access {
        AccessScope::Cluster => to_json(access),
        AccessScope::Namespaces(names) => {
            let names: BTreeSet<_> = names.iter().cloned().collect();
            to_json(&AccessScope::Namespaces(names.into_iter().collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_rights_hold_has_no_order() {
        let one = AccessScope::Namespaces(vec!["b".into(), "a".into()]);
        assert_eq!(shown(&one), json!({ "namespaces": ["a", "b"] }));
        assert_eq!(shown(&AccessScope::Cluster), json!("cluster"));
        assert_eq!(
            AccessPolicyName::View.arn("aws-cn"),
            "arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
        );
    }
}
