//! `sso.managed_policy_attachment`: lets a permission set do what a policy of AWS allows.

use super::{
    attachment::{Attachment, Policy, Sort, of_sets},
    check_set, risks,
};
use crate::{Arn, CxAws, Scope, scope, taking::keyed};
use groundplan_core::{
    Cx, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta, Naming, Ownership, Problems,
    ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted,
};
use serde::{Deserialize, Serialize};

/// A policy of AWS in a permission set, which takes up to 20 policies. The accounts that have the set get it
/// before the change is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ManagedPolicyAttachment {
    /// The account that administers Identity Center, in its home region.
    pub scope: Val<Scope>,
    /// The permission set.
    pub permission_set: Val<Arn>,
    /// The policy, e.g. `arn:aws:iam::aws:policy/ReadOnlyAccess`. For one of the accounts' own there is
    /// [`CustomerPolicyAttachment`](super::CustomerPolicyAttachment).
    pub policy: Val<Arn>,
}

impl ManagedPolicyAttachment {
    /// A policy in a permission set.
    pub fn new(scope: Val<Scope>, permission_set: Val<Arn>, policy: Val<Arn>) -> Self {
        Self { scope, permission_set, policy }
    }
}

groundplan_core::outputs! {
    /// The identity of a [`ManagedPolicyAttachment`].
    pub struct ManagedPolicyAttachmentOutputs -> ManagedPolicyAttachmentHandle {
        /// The permission set that has it.
        permission_set: Arn,
        /// The policy.
        policy: Arn,
    }
}

impl Resource for ManagedPolicyAttachment {
    const KIND: &'static str = "sso.managed_policy_attachment";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "permission_set", "policy"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("ListManagedPoliciesInPermissionSet takes one set"),
        iam: Iam {
            holes: &[("permission-set", Hole::Input("permission_set"))],
            observe: &["sso:ListManagedPoliciesInPermissionSet"],
            create: &[
                "sso:ListManagedPoliciesInPermissionSet",
                "sso:AttachManagedPolicyToPermissionSet",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ProvisionPermissionSet",
                "sso:DescribePermissionSetProvisioningStatus",
            ],
            converge: &[
                "sso:ListManagedPoliciesInPermissionSet",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ProvisionPermissionSet",
                "sso:DescribePermissionSetProvisioningStatus",
            ],
            delete: &[
                "sso:ListManagedPoliciesInPermissionSet",
                "sso:DetachManagedPolicyFromPermissionSet",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ProvisionPermissionSet",
                "sso:DescribePermissionSetProvisioningStatus",
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(15, 15, 15),
        ..Meta::DEFAULT
    };
    type Outputs = ManagedPolicyAttachmentOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_set(problems, &self.permission_set);
        if let Some(policy) = self.policy.known() {
            let fits = policy.as_str().starts_with("arn:")
                && policy.as_str().contains(":iam::aws:policy/");
            let what = format!(
                "`{policy}` is no policy of AWS: a set refers to an account's own by name, `sso.customer_policy_attachment`"
            );
            problems.require(fits, "policy", what);
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::attachment(change, |inputs| inputs["policy"].clone())
    }

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<ManagedPolicyAttachmentOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let sets = wanted.iter().map(|w| w.inputs.permission_set.get());
        let listed = of_sets(&aws, Sort::Managed, sets).await?;
        let look = |w: &Wanted<Self>| {
            let Attachment { set, policy } = w.inputs.attachment();
            let there = listed[set].contains(&policy);
            if there { Live::new(w.inputs.outputs(), Json::Null).into() } else { Seen::Absent }
        };
        Ok(wanted.iter().map(look).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<ManagedPolicyAttachmentOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        self.attachment().create(cx, &aws).await?;
        Ok(self.outputs())
    }

    /// The ARNs of the set and of the policy: `SET#POLICY`.
    async fn identify(
        &self,
        _: &Cx,
        id: &str,
    ) -> Result<Option<Identity<ManagedPolicyAttachmentOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(format!("{}#{}", self.permission_set.get(), self.policy.get()))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: ManagedPolicyAttachmentOutputs,
        _approved: &Fields,
    ) -> Result<ManagedPolicyAttachmentOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        self.attachment().converge(cx, &aws).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &ManagedPolicyAttachmentOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        self.attachment().delete(cx, &aws).await
    }
}

impl ManagedPolicyAttachment {
    fn outputs(&self) -> ManagedPolicyAttachmentOutputs {
        ManagedPolicyAttachmentOutputs {
            permission_set: self.permission_set.get().clone(),
            policy: self.policy.get().clone(),
        }
    }

    fn attachment(&self) -> Attachment<'_> {
        let policy = Policy::Managed(self.policy.get().to_string());
        Attachment { set: self.permission_set.get(), policy }
    }
}
