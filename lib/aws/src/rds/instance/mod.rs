//! `rds.instance`: a MySQL database whose master password AWS makes and keeps.
//!
//! `model` is what a program writes, `observe` what is there, `state` what RDS says of it, `change` and
//! `delete` what is done about it.

mod change;
mod delete;
mod model;
mod observe;
mod risks;
mod state;

pub use model::{Engine, Instance, InstanceHandle, InstanceOutputs, OnDelete};

use crate::scope;
use groundplan_core::{
    Cx, Fields, Iam, LostCreate, Mark, Marked, Meta, Naming, Problems, Resource, Result, Risk,
    Seen, StepCx, Transition, Typical, Wanted,
};

/// What RDS itself calls as the caller, to place the instance in the network.
const NETWORK: [&str; 6] = [
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcs",
];

impl Resource for Instance {
    const KIND: &'static str = "rds.instance";
    const META: Meta = Meta {
        immutable: &[
            "scope.account",
            "scope.region",
            "name",
            "engine",
            "kms_key",
            "master_username",
            "database",
            "subnet_group",
        ],
        holds: &["subnet_group", "security_groups", "parameter_group", "kms_key"],
        sets: &["security_groups", "log_exports"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 63 },
        iam: Iam {
            observe: &["rds:DescribeDBInstances"],
            create: &[
                "rds:CreateDBInstance",
                "rds:AddTagsToResource",
                "rds:DescribeDBInstances",
                NETWORK[0],
                NETWORK[1],
                NETWORK[2],
                NETWORK[3],
                NETWORK[4],
                NETWORK[5],
                "iam:CreateServiceLinkedRole",
                "kms:CreateGrant",
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:GenerateDataKey",
                "secretsmanager:CreateSecret",
                "secretsmanager:TagResource",
            ],
            converge: &[
                "rds:DescribeDBInstances",
                "rds:ModifyDBInstance",
                "rds:AddTagsToResource",
                "rds:RemoveTagsFromResource",
                NETWORK[0],
                NETWORK[1],
                NETWORK[2],
                NETWORK[3],
                NETWORK[4],
                NETWORK[5],
            ],
            delete: &[
                "rds:DescribeDBInstances",
                "rds:ModifyDBInstance",
                "rds:DeleteDBInstance",
                "rds:CreateDBSnapshot",
                "rds:AddTagsToResource",
            ],
        },
        typical: Typical::seconds(600, 300, 300),
        ..Meta::DEFAULT
    };
    type Outputs = InstanceOutputs;

    fn validate(&self, problems: &mut Problems) {
        self.check(problems);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::risks(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<InstanceOutputs>>> {
        observe::observe(cx, wanted).await
    }

    async fn marked(cx: &Cx, near: &[Self], mark: &Mark) -> Result<Vec<Marked<InstanceOutputs>>> {
        observe::marked(cx, near, mark).await
    }

    async fn create(&self, cx: &StepCx) -> Result<InstanceOutputs> {
        change::create(self, cx).await
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: InstanceOutputs,
        approved: &Fields,
    ) -> Result<InstanceOutputs> {
        change::converge(self, cx, live, approved).await
    }

    async fn delete(&self, cx: &StepCx, live: &InstanceOutputs) -> Result<()> {
        delete::delete(self, cx, live).await
    }
}
