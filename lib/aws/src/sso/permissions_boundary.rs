//! `sso.permissions_boundary`: the most that a permission set can allow.

use super::{
    SETTLING, attachment::reference, check_policy, check_set, collided, instance_of, is_root,
    provision::provision, risks, root,
};
use crate::{
    Arn, Clients, CxAws, Scope,
    fault::{absent, fault},
    found::each,
    scope,
    settle::{until_gone, until_visible},
    taking::keyed,
};
use aws_sdk_ssoadmin::types;
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Meta, Naming, Ownership,
    Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted,
    When, json, to_json,
};
use serde::{Deserialize, Serialize};

/// The boundary of a permission set: whatever its policies allow, nobody may do more than this one does. The
/// accounts that have the set get it before the change is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PermissionsBoundary {
    /// The account that administers Identity Center, in its home region.
    pub scope: Val<Scope>,
    /// The permission set.
    pub permission_set: Val<Arn>,
    /// The policy that bounds it.
    pub boundary: Boundary,
}

/// A policy that bounds a permission set.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    /// One of AWS, by its ARN.
    Managed(Val<Arn>),
    /// One that every account has to have in which somebody is assigned.
    Customer(CustomerPolicy),
}

/// A policy that each account has under the same name and path.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CustomerPolicy {
    /// Its name.
    pub name: Val<String>,
    /// Its path.
    #[serde(default = "root", skip_serializing_if = "is_root")]
    pub path: String,
}

impl CustomerPolicy {
    /// A policy that stands under no path.
    pub fn new(name: Val<String>) -> Self {
        Self { name, path: root() }
    }
}

impl PermissionsBoundary {
    /// The boundary of a permission set.
    pub fn new(scope: Val<Scope>, permission_set: Val<Arn>, boundary: Boundary) -> Self {
        Self { scope, permission_set, boundary }
    }
}

groundplan_core::outputs! {
    /// The identity of a [`PermissionsBoundary`].
    pub struct PermissionsBoundaryOutputs -> PermissionsBoundaryHandle {
        /// The permission set that it bounds.
        permission_set: Arn,
    }
}

impl Resource for PermissionsBoundary {
    const KIND: &'static str = "sso.permissions_boundary";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "permission_set"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("GetPermissionsBoundaryForPermissionSet takes one set"),
        iam: Iam {
            holes: &[("permission-set", Hole::Input("permission_set"))],
            observe: &["sso:GetPermissionsBoundaryForPermissionSet"],
            create: &[
                "sso:GetPermissionsBoundaryForPermissionSet",
                "sso:PutPermissionsBoundaryToPermissionSet",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ProvisionPermissionSet",
                "sso:DescribePermissionSetProvisioningStatus",
            ],
            converge: &[
                "sso:GetPermissionsBoundaryForPermissionSet",
                "sso:PutPermissionsBoundaryToPermissionSet",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ProvisionPermissionSet",
                "sso:DescribePermissionSetProvisioningStatus",
            ],
            delete: &[
                "sso:GetPermissionsBoundaryForPermissionSet",
                "sso:DeletePermissionsBoundaryFromPermissionSet",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ProvisionPermissionSet",
                "sso:DescribePermissionSetProvisioningStatus",
            ],
            only: &[("sso:PutPermissionsBoundaryToPermissionSet", When::Changes(&["boundary"]))],
            ..Iam::NONE
        },
        typical: Typical::seconds(15, 15, 15),
        ..Meta::DEFAULT
    };
    type Outputs = PermissionsBoundaryOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_set(problems, &self.permission_set);
        match &self.boundary {
            Boundary::Managed(policy) => {
                let Some(policy) = policy.known() else { return };
                let fits = policy.as_str().contains(":iam::aws:policy/");
                let what = format!(
                    "`{policy}` is no policy of AWS: a set refers to an account's own by name, `Boundary::Customer`"
                );
                problems.require(fits, "boundary.managed", what);
            }
            Boundary::Customer(policy) => {
                check_policy(problems, "boundary.customer.", policy.name.known(), &policy.path);
            }
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::boundary(change)
    }

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<PermissionsBoundaryOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| w.inputs.look(&aws, w.outputs.is_some())).await
    }

    async fn create(&self, cx: &StepCx) -> Result<PermissionsBoundaryOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // The call would overwrite, and a boundary has no mark that says whose it is.
        if self.get(&aws).await?.is_some() {
            let what = format!("{} has a boundary already", self.permission_set.get());
            return Err(Fault::new(Class::NotOurs, what)
                .why("another resource, tool or person set it")
                .hint("a set has one: remove this resource from the program, or that boundary"));
        }
        self.put(cx, &aws).await?;
        Ok(self.outputs())
    }

    /// The ARN of the set.
    async fn identify(
        &self,
        _: &Cx,
        id: &str,
    ) -> Result<Option<Identity<PermissionsBoundaryOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.permission_set.get().to_string())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: PermissionsBoundaryOutputs,
        approved: &Fields,
    ) -> Result<PermissionsBoundaryOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = until_visible(cx, "the boundary to be visible", || self.get(&aws)).await?;
        if approved.has("boundary") && !self.boundary.is(&found) {
            self.put(cx, &aws).await?;
        }
        provision(cx, &aws, self.permission_set.get()).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &PermissionsBoundaryOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let set = self.permission_set.get();
        let delete = || async {
            let call = aws.sso.delete_permissions_boundary_from_permission_set();
            let call = call.instance_arn(instance_of(set)).permission_set_arn(set.as_str());
            let done = call.send().await;
            absent(done.map_err(fault("sso:DeletePermissionsBoundaryFromPermissionSet")))
        };
        cx.retry(SETTLING, collided, delete).await?;
        until_gone(cx, "the boundary to be gone", || self.get(&aws)).await?;
        provision(cx, &aws, set).await
    }
}

impl Boundary {
    /// In the form of the API.
    fn wanted(&self) -> types::PermissionsBoundary {
        let boundary = types::PermissionsBoundary::builder();
        match self {
            Self::Managed(policy) => boundary.managed_policy_arn(policy.get().as_str()),
            Self::Customer(policy) => boundary
                .customer_managed_policy_reference(reference(policy.name.get(), &policy.path)),
        }
        .build()
    }

    /// Whether the API says the same.
    fn is(&self, found: &types::PermissionsBoundary) -> bool {
        Self::live(found).is_some_and(|live| to_json(&live) == to_json(self))
    }

    /// What the API says, as an input; none if it says nothing.
    fn live(found: &types::PermissionsBoundary) -> Option<Self> {
        if let Some(policy) = found.managed_policy_arn() {
            return Some(Self::Managed(Arn::from(policy).into()));
        }
        let policy = found.customer_managed_policy_reference()?;
        let path = policy.path().unwrap_or("/").to_owned();
        Some(Self::Customer(CustomerPolicy { name: policy.name().into(), path }))
    }
}

impl PermissionsBoundary {
    fn outputs(&self) -> PermissionsBoundaryOutputs {
        PermissionsBoundaryOutputs { permission_set: self.permission_set.get().clone() }
    }

    /// Where only the intent is recorded, another boundary is not the one we set.
    async fn look(
        &self,
        aws: &Clients,
        recorded: bool,
    ) -> Result<Seen<PermissionsBoundaryOutputs>> {
        let found = self.get(aws).await?;
        let found = found.filter(|found| recorded || self.boundary.is(found));
        Ok(match found.as_ref().and_then(Boundary::live) {
            Some(live) => Live::new(self.outputs(), json!({ "boundary": to_json(&live) })).into(),
            None => Seen::Absent,
        })
    }

    /// The live boundary; none if the set has none or is gone.
    async fn get(&self, aws: &Clients) -> Result<Option<types::PermissionsBoundary>> {
        let set = self.permission_set.get();
        let call = aws.sso.get_permissions_boundary_for_permission_set();
        let call = call.instance_arn(instance_of(set)).permission_set_arn(set.as_str());
        let found = call.send().await.map_err(fault("sso:GetPermissionsBoundaryForPermissionSet"));
        let found = absent(found)?.and_then(|found| found.permissions_boundary);
        Ok(found.filter(|found| Boundary::live(found).is_some()))
    }

    async fn put(&self, cx: &StepCx, aws: &Clients) -> Result<()> {
        let set = self.permission_set.get();
        let put = || async {
            let call = aws.sso.put_permissions_boundary_to_permission_set();
            let call = call.instance_arn(instance_of(set)).permission_set_arn(set.as_str());
            let call = call.permissions_boundary(self.boundary.wanted()).send().await;
            call.map_err(fault("sso:PutPermissionsBoundaryToPermissionSet"))
        };
        cx.retry(SETTLING, collided, put).await.map(drop)
    }
}
