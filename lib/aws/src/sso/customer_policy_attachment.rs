//! `sso.customer_policy_attachment`: lets a permission set do what a policy of each account allows.

use super::{
    attachment::{Attachment, Policy, Sort, of_sets},
    check_policy, check_set, is_root, risks, root,
};
use crate::{Arn, CxAws, Scope, scope, shown::text, taking::keyed};
use groundplan_core::{
    Cx, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta, Naming, Ownership, Problems,
    ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted,
};
use serde::{Deserialize, Serialize};

/// A policy of the accounts' own in a permission set. The set has only its name: every account that somebody is
/// assigned in has to have a policy of that name and path before, or the assignment fails.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CustomerPolicyAttachment {
    /// The account that administers Identity Center, in its home region.
    pub scope: Val<Scope>,
    /// The permission set.
    pub permission_set: Val<Arn>,
    /// The policy's name in each account: such as [`iam::Policy`](crate::iam::Policy) gives.
    pub name: Val<String>,
    /// Its path in each account.
    #[serde(default = "root", skip_serializing_if = "is_root")]
    pub path: String,
}

impl CustomerPolicyAttachment {
    /// A policy that stands under no path in a permission set.
    pub fn new(scope: Val<Scope>, permission_set: Val<Arn>, name: Val<String>) -> Self {
        Self { scope, permission_set, name, path: root() }
    }
}

groundplan_core::outputs! {
    /// The identity of a [`CustomerPolicyAttachment`].
    pub struct CustomerPolicyAttachmentOutputs -> CustomerPolicyAttachmentHandle {
        /// The permission set that has it.
        permission_set: Arn,
        /// The policy's path and name.
        policy: String,
    }
}

impl Resource for CustomerPolicyAttachment {
    const KIND: &'static str = "sso.customer_policy_attachment";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "permission_set", "name", "path"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object(
            "ListCustomerManagedPolicyReferencesInPermissionSet takes one set",
        ),
        iam: Iam {
            holes: &[("permission-set", Hole::Input("permission_set"))],
            observe: &["sso:ListCustomerManagedPolicyReferencesInPermissionSet"],
            create: &[
                "sso:ListCustomerManagedPolicyReferencesInPermissionSet",
                "sso:AttachCustomerManagedPolicyReferenceToPermissionSet",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ProvisionPermissionSet",
                "sso:DescribePermissionSetProvisioningStatus",
            ],
            converge: &[
                "sso:ListCustomerManagedPolicyReferencesInPermissionSet",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ProvisionPermissionSet",
                "sso:DescribePermissionSetProvisioningStatus",
            ],
            delete: &[
                "sso:ListCustomerManagedPolicyReferencesInPermissionSet",
                "sso:DetachCustomerManagedPolicyReferenceFromPermissionSet",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ProvisionPermissionSet",
                "sso:DescribePermissionSetProvisioningStatus",
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(15, 15, 15),
        ..Meta::DEFAULT
    };
    type Outputs = CustomerPolicyAttachmentOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_set(problems, &self.permission_set);
        check_policy(problems, "", self.name.known(), &self.path);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        let policy = |inputs: &Json| {
            let path = inputs["path"].as_str().unwrap_or("/");
            Json::from(format!("{path}{}", text(&inputs["name"])))
        };
        risks::attachment(change, policy)
    }

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<CustomerPolicyAttachmentOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let sets = wanted.iter().map(|w| w.inputs.permission_set.get());
        let listed = of_sets(&aws, Sort::Customer, sets).await?;
        let look = |w: &Wanted<Self>| {
            let Attachment { set, policy } = w.inputs.attachment();
            let there = listed[set].contains(&policy);
            if there { Live::new(w.inputs.outputs(), Json::Null).into() } else { Seen::Absent }
        };
        Ok(wanted.iter().map(look).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<CustomerPolicyAttachmentOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        self.attachment().create(cx, &aws).await?;
        Ok(self.outputs())
    }

    /// The ARN of the set, and path and name of the policy: `SET#/NAME`.
    async fn identify(
        &self,
        _: &Cx,
        id: &str,
    ) -> Result<Option<Identity<CustomerPolicyAttachmentOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        let Attachment { set, policy } = self.attachment();
        Some(format!("{set}#{policy}"))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: CustomerPolicyAttachmentOutputs,
        _approved: &Fields,
    ) -> Result<CustomerPolicyAttachmentOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        self.attachment().converge(cx, &aws).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &CustomerPolicyAttachmentOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        self.attachment().delete(cx, &aws).await
    }
}

impl CustomerPolicyAttachment {
    fn outputs(&self) -> CustomerPolicyAttachmentOutputs {
        let Attachment { set, policy } = self.attachment();
        CustomerPolicyAttachmentOutputs { permission_set: set.clone(), policy: policy.to_string() }
    }

    fn attachment(&self) -> Attachment<'_> {
        let policy = Policy::Customer { name: self.name.get().clone(), path: self.path.clone() };
        Attachment { set: self.permission_set.get(), policy }
    }
}
