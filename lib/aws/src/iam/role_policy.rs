//! `iam.role_policy`: what a role may do, written into the role itself.

use super::{REACH, SETTLING, check_document, check_name, collided, document, risks};
use crate::{
    Clients, CxAws, Scope,
    fault::{absent, fault},
    found::each,
    scope,
    taking::keyed,
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Meta, Naming, Ownership,
    Patience, Probe, Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Val,
    Wanted, When, json, same_policy,
};
use serde::{Deserialize, Serialize};

/// A policy that is part of one role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RolePolicy {
    /// The account of the role.
    pub scope: Val<Scope>,
    /// The role's name.
    pub role: Val<String>,
    /// The policy's name, unique in the role.
    pub name: String,
    /// What it allows and denies. All policies of a role together have up to 10240 characters.
    pub document: Val<String>,
}

impl RolePolicy {
    /// A policy of a role.
    pub fn new(
        scope: Val<Scope>,
        role: Val<String>,
        name: impl Into<String>,
        document: Val<String>,
    ) -> Self {
        Self { scope, role, name: name.into(), document }
    }
}

groundplan_core::outputs! {
    /// The identity of a [`RolePolicy`] within its role.
    pub struct RolePolicyOutputs -> RolePolicyHandle {
        /// The policy's name.
        name: String,
    }
}

impl Resource for RolePolicy {
    const KIND: &'static str = "iam.role_policy";
    const META: Meta = Meta {
        immutable: &["scope.account", "role", "name"],
        // A role with policies cannot be deleted.
        holds: &["role"],
        documents: &["document"],
        place: scope::PLACE,
        reach: REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("GetRolePolicy takes one policy, lists answer with names only"),
        iam: Iam {
            holes: &[("role", Hole::Input("role"))],
            observe: &["iam:GetRolePolicy"],
            create: &["iam:GetRolePolicy", "iam:PutRolePolicy"],
            converge: &["iam:GetRolePolicy", "iam:PutRolePolicy"],
            delete: &["iam:DeleteRolePolicy", "iam:GetRolePolicy"],
            only: &[("iam:PutRolePolicy", When::Changes(&["document"]))],
            ..Iam::NONE
        },
        ..Meta::DEFAULT
    };
    type Outputs = RolePolicyOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_name(problems, "name", &self.name, 128);
        check_document(problems, "document", &self.document);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::document(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<RolePolicyOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| w.inputs.look(&aws, w.outputs.is_some())).await
    }

    async fn create(&self, cx: &StepCx) -> Result<RolePolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // The call would overwrite, and a policy has no mark that says whose it is.
        if self.get(&aws).await?.is_some() {
            let what = format!(
                "the role `{}` has a policy `{}` that is not this resource's",
                self.role.get(),
                self.name
            );
            return Err(Fault::new(Class::NotOurs, what)
                .hint("give this resource another `name`, or delete that policy"));
        }
        self.put(cx, &aws).await?;
        Ok(self.outputs())
    }

    /// The role's name and the policy's: `role:policy`.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<RolePolicyOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(format!("{}:{}", self.role.get(), self.name))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: RolePolicyOutputs,
        approved: &Fields,
    ) -> Result<RolePolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = cx
            .wait(Patience::SECONDS, "the policy to be visible", || async {
                Ok(match self.get(&aws).await? {
                    Some(text) => Probe::Ready(text),
                    None => Probe::not_yet("not visible yet"),
                })
            })
            .await?;
        if approved.has("document") && !same_policy(&found, self.document.get()) {
            self.put(cx, &aws).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &RolePolicyOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let delete = || async {
            let call = aws.iam.delete_role_policy().role_name(self.role.get());
            let call = call.policy_name(&self.name).send().await;
            absent(call.map_err(fault("iam:DeleteRolePolicy")))
        };
        cx.retry(SETTLING, collided, delete).await?;
        cx.wait(Patience::SECONDS, "the policy to be gone", || async {
            Ok(match self.get(&aws).await? {
                None => Probe::Ready(()),
                Some(_) => Probe::not_yet("still there"),
            })
        })
        .await
    }
}

impl RolePolicy {
    fn outputs(&self) -> RolePolicyOutputs {
        RolePolicyOutputs { name: self.name.clone() }
    }

    /// Where only the intent is recorded, a policy that says something else is not the one we made.
    async fn look(&self, aws: &Clients, recorded: bool) -> Result<Seen<RolePolicyOutputs>> {
        let ours = |text: &str| recorded || same_policy(text, self.document.get());
        Ok(match self.get(aws).await? {
            Some(text) if ours(&text) => {
                Live::new(self.outputs(), json!({ "document": text })).into()
            }
            _ => Seen::Absent,
        })
    }

    /// The live document; none if the policy or its whole role is absent.
    async fn get(&self, aws: &Clients) -> Result<Option<String>> {
        let call = aws.iam.get_role_policy().role_name(self.role.get());
        let call = call.policy_name(&self.name).send().await;
        let found = absent(call.map_err(fault("iam:GetRolePolicy")))?;
        Ok(found.map(|found| document(found.policy_document())))
    }

    async fn put(&self, cx: &StepCx, aws: &Clients) -> Result<()> {
        let put = || async {
            let call = aws
                .iam
                .put_role_policy()
                .role_name(self.role.get())
                .policy_name(&self.name)
                .policy_document(self.document.get());
            call.send().await.map_err(fault("iam:PutRolePolicy"))
        };
        cx.retry(SETTLING, collided, put).await.map(drop)
    }
}
