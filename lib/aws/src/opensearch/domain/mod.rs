//! `opensearch.domain`: a search domain in a VPC, encrypted at rest and between its nodes.
//!
//! `model` is what a program writes, `observe` what is there, `change`, `upgrade` and `wait` what is done
//! about it, `request` what is sent for that, `logs` where logs go, `upkeep` what the service does by itself,
//! `policy` how access policies are compared.

mod change;
mod logs;
mod model;
mod observe;
mod policy;
mod request;
mod risks;
mod upgrade;
mod upkeep;
mod wait;

pub use logs::DomainLogs;
pub use model::{DedicatedMasters, Domain, DomainHandle, DomainOutputs};
pub(super) use observe::describe;
pub(super) use policy::same as same_policy;
pub(super) use request::patiently;
pub(super) use wait::{settled, through};

use crate::{CxAws, scope};
use groundplan_core::{
    Cx, Fault, Fields, Hole, Iam, Identity, LostCreate, Mark, Marked, Meta, Naming, Near, Problems,
    ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Wanted, When,
};

/// The changes that are followed to their end: all but those of tags.
const FOLLOWED: [&str; 12] = [
    "engine_version",
    "instance_type",
    "instance_count",
    "dedicated_masters",
    "volume_gib",
    "subnets",
    "security_groups",
    "access_policy",
    "logs",
    "off_peak_start",
    "auto_software_update",
    "auto_tune",
];

impl Resource for Domain {
    const KIND: &'static str = "opensearch.domain";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "name", "kms_key", "vpc"],
        holds: &["subnets", "security_groups", "kms_key"],
        sets: &["subnets", "security_groups"],
        documents: &["access_policy"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 28 },
        read_cost: ReadCost::Object("DescribeDomains takes five names, ListTags one ARN"),
        iam: Iam {
            object: "es:domain",
            holes: &[
                ("domain", Hole::Name),
                ("key", Hole::Input("kms_key")),
                ("grant", Hole::Text("true")),
            ],
            search: &["es:ListDomainNames", "es:DescribeDomains", "es:ListTags"],
            observe: &["es:DescribeDomains", "es:ListTags"],
            create: &[
                "es:DescribeDomains",
                "es:ListTags",
                "es:CreateDomain",
                "es:AddTags",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
                "kms:CreateGrant",
                "kms:DescribeKey",
            ],
            converge: &[
                "es:DescribeDomains",
                "es:DescribeDomainChangeProgress",
                "es:ListTags",
                "es:UpdateDomainConfig",
                "es:GetCompatibleVersions",
                "es:UpgradeDomain",
                "es:GetUpgradeStatus",
                "es:GetUpgradeHistory",
                "es:AddTags",
                "es:RemoveTags",
            ],
            delete: &["es:DescribeDomains", "es:ListTags", "es:DeleteDomain"],
            only: &[
                ("kms:CreateGrant", When::Given("kms_key")),
                ("kms:DescribeKey", When::Given("kms_key")),
                ("es:DescribeDomainChangeProgress", When::Changes(&FOLLOWED)),
                ("es:UpdateDomainConfig", When::Changes(&change::CONFIG)),
                ("es:GetCompatibleVersions", When::Changes(&["engine_version"])),
                ("es:UpgradeDomain", When::Changes(&["engine_version"])),
                ("es:GetUpgradeStatus", When::Changes(&["engine_version"])),
                ("es:GetUpgradeHistory", When::Changes(&["engine_version"])),
                ("es:GetUpgradeHistory", When::InTheWay),
                ("es:AddTags", When::Sets("tags")),
                ("es:RemoveTags", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(900, 1200, 600),
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = DomainOutputs;

    fn validate(&self, problems: &mut Problems) {
        self.check(problems);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::risks(change)
    }

    fn impossible(change: Transition<'_>) -> Option<Fault> {
        risks::impossible(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<DomainOutputs>>> {
        observe::observe(cx, wanted).await
    }

    async fn marked(cx: &Cx, near: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<DomainOutputs>>> {
        observe::marked(cx, near, mark).await
    }

    async fn create(&self, cx: &StepCx) -> Result<DomainOutputs> {
        change::create(self, cx).await
    }

    /// The domain's name.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<DomainOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = observe::describe(&aws, id).await?;
        Ok(found.map(|domain| Identity::named(observe::outputs(&domain), id)))
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(str::to_owned)
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: DomainOutputs,
        approved: &Fields,
    ) -> Result<DomainOutputs> {
        change::converge(self, cx, live, approved).await
    }

    async fn delete(&self, cx: &StepCx, live: &DomainOutputs) -> Result<()> {
        change::delete(self, cx, live).await
    }
}
