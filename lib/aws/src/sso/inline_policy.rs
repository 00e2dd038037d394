//! `sso.inline_policy`: what a permission set allows and denies by itself.

use super::{SETTLING, check_set, collided, instance_of, provision::provision, risks};
use crate::{
    Arn, Clients, CxAws, Scope,
    fault::{absent, fault},
    found::each,
    iam::check_document,
    scope,
    settle::{until_gone, until_visible},
    taking::keyed,
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Meta, Naming, Ownership,
    Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted,
    When, json, same_policy,
};
use serde::{Deserialize, Serialize};

/// The policy that is written into a permission set: a set has one at most. The accounts that have the set get
/// it before the change is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InlinePolicy {
    /// The account that administers Identity Center, in its home region.
    pub scope: Val<Scope>,
    /// The permission set.
    pub permission_set: Val<Arn>,
    /// What it allows and denies, in up to 32768 characters, of which 10240 are no blanks.
    pub document: Val<String>,
}

impl InlinePolicy {
    /// The policy of a permission set.
    pub fn new(scope: Val<Scope>, permission_set: Val<Arn>, document: Val<String>) -> Self {
        Self { scope, permission_set, document }
    }
}

groundplan_core::outputs! {
    /// The identity of an [`InlinePolicy`].
    pub struct InlinePolicyOutputs -> InlinePolicyHandle {
        /// The permission set that it is in.
        permission_set: Arn,
    }
}

impl Resource for InlinePolicy {
    const KIND: &'static str = "sso.inline_policy";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "permission_set"],
        documents: &["document"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("GetInlinePolicyForPermissionSet takes one set"),
        iam: Iam {
            holes: &[("permission-set", Hole::Input("permission_set"))],
            observe: &["sso:GetInlinePolicyForPermissionSet"],
            create: &[
                "sso:GetInlinePolicyForPermissionSet",
                "sso:PutInlinePolicyToPermissionSet",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ProvisionPermissionSet",
                "sso:DescribePermissionSetProvisioningStatus",
            ],
            converge: &[
                "sso:GetInlinePolicyForPermissionSet",
                "sso:PutInlinePolicyToPermissionSet",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ProvisionPermissionSet",
                "sso:DescribePermissionSetProvisioningStatus",
            ],
            delete: &[
                "sso:GetInlinePolicyForPermissionSet",
                "sso:DeleteInlinePolicyFromPermissionSet",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ProvisionPermissionSet",
                "sso:DescribePermissionSetProvisioningStatus",
            ],
            only: &[("sso:PutInlinePolicyToPermissionSet", When::Changes(&["document"]))],
            ..Iam::NONE
        },
        typical: Typical::seconds(15, 15, 15),
        ..Meta::DEFAULT
    };
    type Outputs = InlinePolicyOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_set(problems, &self.permission_set);
        check_document(problems, "document", &self.document);
        if let Some(document) = self.document.known() {
            let written = document.chars().filter(|c| !c.is_whitespace()).count();
            let what = format!(
                "has {written} characters that are no blanks, and 10240 are the most: attach policies instead"
            );
            problems.require(written <= 10240, "document", what);
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::document(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<InlinePolicyOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| w.inputs.look(&aws, w.outputs.is_some())).await
    }

    async fn create(&self, cx: &StepCx) -> Result<InlinePolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // The call would overwrite, and a policy has no mark that says whose it is.
        if self.get(&aws).await?.is_some() {
            let what = format!("{} has an inline policy already", self.permission_set.get());
            return Err(Fault::new(Class::NotOurs, what)
                .why("another resource, tool or person put it there")
                .hint("a set has one: make one resource of both, or delete that policy"));
        }
        self.put(cx, &aws).await?;
        Ok(self.outputs())
    }

    /// The ARN of the set.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<InlinePolicyOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.permission_set.get().to_string())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: InlinePolicyOutputs,
        approved: &Fields,
    ) -> Result<InlinePolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = until_visible(cx, "the policy to be visible", || self.get(&aws)).await?;
        if approved.has("document") && !same_policy(&found, self.document.get()) {
            self.put(cx, &aws).await?;
        }
        provision(cx, &aws, self.permission_set.get()).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &InlinePolicyOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let set = self.permission_set.get();
        let delete = || async {
            let call = aws.sso.delete_inline_policy_from_permission_set();
            let call = call.instance_arn(instance_of(set)).permission_set_arn(set.as_str());
            absent(call.send().await.map_err(fault("sso:DeleteInlinePolicyFromPermissionSet")))
        };
        cx.retry(SETTLING, collided, delete).await?;
        until_gone(cx, "the policy to be gone", || self.get(&aws)).await?;
        provision(cx, &aws, set).await
    }
}

impl InlinePolicy {
    fn outputs(&self) -> InlinePolicyOutputs {
        InlinePolicyOutputs { permission_set: self.permission_set.get().clone() }
    }

    /// Where only the intent is recorded, a policy that says something else is not the one we made.
    async fn look(&self, aws: &Clients, recorded: bool) -> Result<Seen<InlinePolicyOutputs>> {
        let ours = |text: &str| recorded || same_policy(text, self.document.get());
        Ok(match self.get(aws).await? {
            Some(text) if ours(&text) => {
                Live::new(self.outputs(), json!({ "document": text })).into()
            }
            _ => Seen::Absent,
        })
    }

    /// The live document; none if the set has no policy or is gone.
    async fn get(&self, aws: &Clients) -> Result<Option<String>> {
        let set = self.permission_set.get();
        let call = aws.sso.get_inline_policy_for_permission_set();
        let call = call.instance_arn(instance_of(set)).permission_set_arn(set.as_str());
        let found = call.send().await.map_err(fault("sso:GetInlinePolicyForPermissionSet"));
        let found = absent(found)?.and_then(|found| found.inline_policy);
        Ok(found.filter(|text| !text.is_empty()))
    }

    async fn put(&self, cx: &StepCx, aws: &Clients) -> Result<()> {
        let set = self.permission_set.get();
        let put = || async {
            let call = aws.sso.put_inline_policy_to_permission_set();
            let call = call.instance_arn(instance_of(set)).permission_set_arn(set.as_str());
            let call = call.inline_policy(self.document.get()).send().await;
            call.map_err(fault("sso:PutInlinePolicyToPermissionSet"))
        };
        cx.retry(SETTLING, collided, put).await.map(drop)
    }
}
