//! `rds.instance`: a database whose master password AWS makes and keeps.
//!
//! `model` is what a program writes, `check` and `window` what can never work of it, `observe` what is there,
//! `state` what RDS says of it, `storage` what goes together there, `deferral` what waits, `create`, `change`,
//! `modify` and `delete` what is done about it.

mod change;
mod check;
mod create;
mod deferral;
mod delete;
mod model;
mod modify;
mod observe;
mod risks;
mod state;
mod storage;
mod window;

pub use model::{
    ApplyTime, Insights, Instance, InstanceHandle, InstanceOutputs, Monitoring, OnDelete, Restore,
};

use crate::{CxAws, scope};
use groundplan_core::{
    Cx, Fault, Fields, Hole, Iam, Identity, LostCreate, Mark, Marked, Meta, Naming, Near, Problems,
    Resource, Result, Risk, Seen, StepCx, Transition, Typical, Wanted, When,
};

/// In a create that is a restore. What such a call does not take is changed afterwards.
const RESTORES: When = When::Unlike(&[("restore", "")]);

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
            "restore",
            "subnet_group",
        ],
        // A restart with another port is all it takes.
        follows: &[("port", &["port"])],
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
                ("passed", Hole::Input("monitoring.role")),
                ("to", Hole::Text("monitoring.rds.amazonaws.com")),
                ("service", Hole::Text("rds.amazonaws.com")),
                ("secret", Hole::Text("rds!db-*")),
            ],
            search: &["rds:DescribeDBInstances"],
            observe: &["rds:DescribeDBInstances"],
            create: &[
                "rds:CreateDBInstance",
                "rds:RestoreDBInstanceFromDBSnapshot",
                "rds:RestoreDBInstanceToPointInTime",
                "rds:ModifyDBInstance",
                "rds:RebootDBInstance",
                "rds:AddTagsToResource",
                "rds:DescribeDBInstances",
                "ec2:DescribeAccountAttributes",
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcAttribute",
                "ec2:DescribeVpcs",
                "iam:CreateServiceLinkedRole",
                "iam:PassRole",
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
                "rds:RebootDBInstance",
                "rds:AddTagsToResource",
                "rds:RemoveTagsFromResource",
                "iam:PassRole",
                "kms:CreateGrant",
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:GenerateDataKey",
                "secretsmanager:CreateSecret",
                "secretsmanager:TagResource",
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
                ("rds:RestoreDBInstanceFromDBSnapshot", RESTORES),
                ("rds:RestoreDBInstanceToPointInTime", RESTORES),
                ("rds:ModifyDBInstance", RESTORES),
                ("kms:CreateGrant", When::Changes(&[change::MASTER])),
                ("kms:Decrypt", When::Changes(&[change::MASTER])),
                ("kms:DescribeKey", When::Changes(&[change::MASTER])),
                ("kms:GenerateDataKey", When::Changes(&[change::MASTER])),
                ("secretsmanager:CreateSecret", When::Changes(&[change::MASTER])),
                ("secretsmanager:TagResource", When::Changes(&[change::MASTER])),
                ("rds:ModifyDBInstance", When::Changes(&change::CHANGEABLE)),
                ("rds:ModifyDBInstance", When::Leaves("deletion_protection", "true")),
                ("rds:RebootDBInstance", When::Given("reboot")),
                ("rds:RebootDBInstance", When::Changes(&change::REBOOTS)),
                ("iam:PassRole", When::Given("monitoring")),
                ("iam:PassRole", When::Changes(&["monitoring"])),
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

    fn impossible(change: Transition<'_>) -> Option<Fault> {
        risks::impossible(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<InstanceOutputs>>> {
        observe::observe(cx, wanted).await
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<InstanceOutputs>>> {
        observe::marked(cx, near, mark).await
    }

    async fn create(&self, cx: &StepCx) -> Result<InstanceOutputs> {
        create::create(self, cx).await
    }

    /// The identifier.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<InstanceOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = observe::describe(&aws, id).await?;
        Ok(found.map(|db| Identity::named(observe::outputs(&db), id)))
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(str::to_owned)
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: InstanceOutputs,
        approved: &Fields,
    ) -> Result<InstanceOutputs> {
        Box::pin(change::converge(self, cx, live, approved)).await
    }

    async fn delete(&self, cx: &StepCx, live: &InstanceOutputs) -> Result<()> {
        delete::delete(self, cx, live).await
    }
}
