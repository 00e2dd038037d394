//! `iam.role_policy_attachment`: gives a role what a managed policy allows.

use super::{REACH, SETTLING, collided, risks};
use crate::{
    Arn, Clients, CxAws, Scope,
    fault::{absent, fault},
    found::{each, pages},
    scope,
    taking::keyed,
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta, Naming, Ownership,
    Patience, Probe, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Val, Wanted,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A managed policy, of AWS or of the account, on a role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RolePolicyAttachment {
    /// The account of the role.
    pub scope: Val<Scope>,
    /// The role's name.
    pub role: Val<String>,
    /// The policy, e.g. `arn:aws:iam::aws:policy/AmazonEKSClusterPolicy`.
    pub policy: Val<Arn>,
}

impl RolePolicyAttachment {
    /// A policy on a role.
    pub fn new(scope: Val<Scope>, role: Val<String>, policy: Val<Arn>) -> Self {
        Self { scope, role, policy }
    }
}

groundplan_core::outputs! {
    /// The identity of a [`RolePolicyAttachment`] within its role.
    pub struct RolePolicyAttachmentOutputs -> RolePolicyAttachmentHandle {
        /// The policy.
        policy: Arn,
    }
}

impl Resource for RolePolicyAttachment {
    const KIND: &'static str = "iam.role_policy_attachment";
    const META: Meta = Meta {
        immutable: &["scope.account", "role", "policy"],
        // Neither can a role with policies be deleted nor a policy that a role has.
        holds: &["role", "policy"],
        place: scope::PLACE,
        reach: REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("ListAttachedRolePolicies takes one role"),
        iam: Iam {
            holes: &[("role", Hole::Input("role")), ("policy", Hole::Input("policy"))],
            observe: &["iam:ListAttachedRolePolicies"],
            create: &["iam:ListAttachedRolePolicies", "iam:AttachRolePolicy"],
            converge: &["iam:ListAttachedRolePolicies"],
            delete: &["iam:DetachRolePolicy", "iam:ListAttachedRolePolicies"],
            ..Iam::NONE
        },
        ..Meta::DEFAULT
    };
    type Outputs = RolePolicyAttachmentOutputs;

    /// One listing for each role, however many of its attachments are wanted.
    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::attachment(change)
    }

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<RolePolicyAttachmentOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let roles: BTreeSet<_> = wanted.iter().map(|w| w.inputs.role.get().as_str()).collect();
        let attached = each(roles.iter().copied(), |role| attached(&aws, role)).await?;
        let attached: BTreeMap<_, _> = roles.into_iter().zip(attached).collect();
        let look = |w: &Wanted<Self>| {
            let there = attached[w.inputs.role.get().as_str()].contains(w.inputs.policy.get());
            if there { Live::new(w.inputs.outputs(), Json::Null).into() } else { Seen::Absent }
        };
        Ok(wanted.iter().map(look).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<RolePolicyAttachmentOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // Attaching twice succeeds, and an attachment has no mark that says whose it is.
        if self.is_attached(&aws).await? {
            let (role, policy) = (self.role.get(), self.policy.get());
            let what = format!("the role `{role}` has the policy {policy} already");
            return Err(Fault::new(Class::NotOurs, what)
                .why("another resource, tool or person attached it")
                .hint("remove this resource from the program, or detach the policy"));
        }
        let attach = || async {
            let call = aws.iam.attach_role_policy().role_name(self.role.get());
            let call = call.policy_arn(self.policy.get().as_str()).send().await;
            call.map_err(fault("iam:AttachRolePolicy"))
        };
        cx.retry(SETTLING, collided, attach).await?;
        Ok(self.outputs())
    }

    /// The role's name and the policy's ARN: `role/arn:aws:iam::aws:policy/ReadOnlyAccess`.
    async fn identify(
        &self,
        _: &Cx,
        id: &str,
    ) -> Result<Option<Identity<RolePolicyAttachmentOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(format!("{}/{}", self.role.get(), self.policy.get()))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: RolePolicyAttachmentOutputs,
        _approved: &Fields,
    ) -> Result<RolePolicyAttachmentOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        cx.wait(Patience::SECONDS, "the policy to be listed with the role", || async {
            let listed = self.is_attached(&aws).await?;
            Ok(if listed { Probe::Ready(()) } else { Probe::not_yet("not listed yet") })
        })
        .await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &RolePolicyAttachmentOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let detach = || async {
            let call = aws.iam.detach_role_policy().role_name(self.role.get());
            let call = call.policy_arn(self.policy.get().as_str()).send().await;
            absent(call.map_err(fault("iam:DetachRolePolicy")))
        };
        cx.retry(SETTLING, collided, detach).await?;
        cx.wait(Patience::SECONDS, "the policy to be off the role", || async {
            let listed = self.is_attached(&aws).await?;
            Ok(if listed { Probe::not_yet("still listed") } else { Probe::Ready(()) })
        })
        .await
    }
}

impl RolePolicyAttachment {
    fn outputs(&self) -> RolePolicyAttachmentOutputs {
        RolePolicyAttachmentOutputs { policy: self.policy.get().clone() }
    }

    async fn is_attached(&self, aws: &Clients) -> Result<bool> {
        Ok(attached(aws, self.role.get()).await?.contains(self.policy.get()))
    }
}

/// The managed policies of a role; none if the role itself is absent.
async fn attached(aws: &Clients, role: &str) -> Result<BTreeSet<Arn>> {
    let call = aws.iam.list_attached_role_policies().role_name(role).into_paginator().items();
    let found = absent(pages("iam:ListAttachedRolePolicies", call.send()).await)?;
    Ok(found
        .unwrap_or_default()
        .into_iter()
        .filter_map(|policy| policy.policy_arn)
        .map(Arn::from)
        .collect())
}
