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
    Cx, Fields, Hole, Iam, LostCreate, Mark, Marked, Meta, Naming, Problems, Resource, Result,
    Risk, Seen, StepCx, Transition, Typical, Wanted, When,
};

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
            object: "rds:db",
            holes: &[
                ("db", Hole::Name),
                ("subgrp", Hole::Input("subnet_group")),
                ("pg", Hole::Input("parameter_group")),
                ("key", Hole::Input("kms_key")),
                ("grant", Hole::Text("true")),
                // What is read and written by the key is the master's secret.
                ("via", Hole::Text("secretsmanager.{region}.amazonaws.com")),
                ("service", Hole::Text("rds.amazonaws.com")),
                ("secret", Hole::Text("rds!db-*")),
            ],
            search: &["rds:DescribeDBInstances"],
            observe: &["rds:DescribeDBInstances"],
            create: &[
                "rds:CreateDBInstance",
                "rds:AddTagsToResource",
                "rds:DescribeDBInstances",
                "ec2:DescribeAccountAttributes",
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcAttribute",
                "ec2:DescribeVpcs",
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
            ],
            delete: &[
                "rds:DescribeDBInstances",
                "rds:ModifyDBInstance",
                "rds:DeleteDBInstance",
                "rds:CreateDBSnapshot",
                "rds:AddTagsToResource",
            ],
            only: &[
                ("kms:CreateGrant", When::Given("kms_key")),
                ("kms:Decrypt", When::Given("kms_key")),
                ("kms:GenerateDataKey", When::Given("kms_key")),
                ("rds:ModifyDBInstance", When::Changes(&change::CHANGEABLE)),
                ("rds:ModifyDBInstance", When::Leaves("deletion_protection", "true")),
                ("rds:AddTagsToResource", When::Sets("tags")),
                ("rds:RemoveTagsFromResource", When::Removes("tags")),
                ("rds:CreateDBSnapshot", When::Leaves("on_delete", "final_snapshot")),
                ("rds:AddTagsToResource", When::Leaves("on_delete", "final_snapshot")),
            ],
            arns: &[("master_secret", "secretsmanager:secret")],
        },
        typical: Typical::seconds(600, 300, 300),
        defaults: &[crate::defaults::TAGS],
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
