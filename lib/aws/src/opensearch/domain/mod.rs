//! `opensearch.domain`: a search domain in a VPC, encrypted at rest and between its nodes.
//!
//! `model` is what a program writes, `observe` what is there, `change` and `wait` what is done about
//! it, `request` what is sent for that, `policy` how access policies are compared.

mod change;
mod model;
mod observe;
mod policy;
mod request;
mod risks;
mod wait;

pub use model::{DedicatedMasters, Domain, DomainHandle, DomainOutputs};

use crate::scope;
use groundplan_core::{
    Cx, Fields, Iam, LostCreate, Mark, Marked, Meta, Naming, Problems, ReadCost, Resource, Result,
    Risk, Seen, StepCx, Transition, Typical, Wanted,
};

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
            observe: &["es:DescribeDomains", "es:ListDomainNames", "es:ListTags"],
            create: &[
                "es:DescribeDomains",
                "es:ListTags",
                "es:CreateDomain",
                "es:AddTags",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
                "iam:CreateServiceLinkedRole",
                "kms:CreateGrant",
                "kms:DescribeKey",
            ],
            converge: &[
                "es:DescribeDomains",
                "es:DescribeDomainChangeProgress",
                "es:ListTags",
                "es:UpdateDomainConfig",
                "es:UpgradeDomain",
                "es:AddTags",
                "es:RemoveTags",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            delete: &["es:DescribeDomains", "es:ListTags", "es:DeleteDomain"],
        },
        typical: Typical::seconds(900, 1200, 600),
        ..Meta::DEFAULT
    };
    type Outputs = DomainOutputs;

    fn validate(&self, problems: &mut Problems) {
        self.check(problems);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::risks(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<DomainOutputs>>> {
        observe::observe(cx, wanted).await
    }

    async fn marked(cx: &Cx, near: &[Self], mark: &Mark) -> Result<Vec<Marked<DomainOutputs>>> {
        observe::marked(cx, near, mark).await
    }

    async fn create(&self, cx: &StepCx) -> Result<DomainOutputs> {
        change::create(self, cx).await
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
