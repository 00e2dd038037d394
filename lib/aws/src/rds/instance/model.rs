//! What a program writes for a database.

use crate::{Arn, Scope, SecurityGroupId, Tags, rds::Engine};
use groundplan_core::{SecretSource, Val};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A database. Its storage is encrypted and it is never public; its master password is made, kept and
/// rotated (every seven days) by AWS in a secret whose ARN is the output `master_secret`; its snapshots
/// carry its tags; it is not enrolled in paid extended support.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of RDS, set by its name")]
pub struct Instance {
    /// The account and region.
    pub scope: Val<Scope>,
    /// Its identifier, at most 63 characters; from the resource's name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What runs in it.
    pub engine: Engine,
    /// The version. `8.4` or `17` takes the newest patch level and lets AWS raise it in the maintenance
    /// window; `8.4.6` or `17.5` is kept. Another major version needs a parameter group of its family.
    pub engine_version: String,
    /// Its size, e.g. `db.m7g.large`.
    pub class: String,
    /// Storage in GiB. It can only grow, by a tenth at least. With `max_storage_gib` it is the least,
    /// and what RDS added by itself is no difference.
    pub storage_gib: u32,
    /// RDS grows the storage by itself up to this many GiB; not at all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_storage_gib: Option<u32>,
    /// The kind of storage: `gp3`, `io2`, `io1`, `gp2`.
    pub storage_type: String,
    /// I/O operations a second. `gp3` has 3000, and 12000 from 400 GiB on, where more can be had; `io1` and
    /// `io2` need to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iops: Option<u32>,
    /// MiB a second of `gp3`, which has 125, and 500 from 400 GiB on, where more can be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<u32>,
    /// The key that encrypts storage, snapshots, insights and the master secret, by its own ARN and not an
    /// alias'; AWS' own keys if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<Val<Arn>>,
    /// The master user.
    pub master_username: String,
    /// A database to make at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// What it is made from instead of being empty. It says how the database came to be, so another source,
    /// or none, is another database: leave it in. Master user, first database and key are those of the source,
    /// whatever stands here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore: Option<Restore>,
    /// The name of the subnet group.
    pub subnet_group: Val<String>,
    /// Who may connect. Order means nothing.
    pub security_groups: Vec<Val<SecurityGroupId>>,
    /// The port; the engine's own if absent. Another one takes a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The name of a parameter group; the engine's default if absent. Another group, and static parameters
    /// in it, take effect with the next reboot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter_group: Option<Val<String>>,
    /// Whether it is rebooted when parameters wait for that. If not, plans say that they wait.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reboot: bool,
    /// Whether a standby in another availability zone takes over.
    pub multi_az: bool,
    /// Days that automated backups are kept, 0 to 35; none are made at 0.
    pub backup_days: u32,
    /// When it is backed up each day, in UTC: `02:00-02:30`, half an hour at least; AWS chooses if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_window: Option<String>,
    /// When AWS may maintain it each week, in UTC: `sun:03:00-sun:04:00`, half an hour at least and beside
    /// the backup's; AWS chooses if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance_window: Option<String>,
    /// When changes are applied that interrupt it.
    #[serde(default, skip_serializing_if = "ApplyTime::is_usual")]
    pub apply: ApplyTime,
    /// Whether IAM identities may sign in, with tokens in place of passwords.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub iam_auth: bool,
    /// Figures of the operating system, in CloudWatch Logs; none if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring: Option<Monitoring>,
    /// What CloudWatch Database Insights keeps of its load and its queries; nothing if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insights: Option<Insights>,
    /// Who certifies it to its clients, e.g. `rds-ca-rsa2048-g1`; as AWS has it if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_certificate: Option<String>,
    /// Logs that go to CloudWatch: those of [`Engine::logs`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub log_exports: BTreeSet<String>,
    /// Whether RDS refuses to delete it. A delete lifts this only with `--unprotect`.
    pub deletion_protection: bool,
    /// What becomes of the data when it is deleted.
    pub on_delete: OnDelete,
    /// Added to the ownership tags, and copied to snapshots.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// What a database is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restore {
    /// A snapshot, by its identifier, or by its ARN if another account shares it.
    Snapshot(Val<String>),
    /// Another database as it was at a time within its backups.
    PointInTime {
        /// The other database's identifier.
        source: Val<String>,
        /// When, as `2026-11-27T06:30:00Z`; the latest there is if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time: Option<String>,
    },
}

/// When changes are applied that interrupt a database. All others are applied at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplyTime {
    /// By the run that shows them.
    #[default]
    Immediately,
    /// By AWS in the next maintenance window. Until then plans say that they wait.
    MaintenanceWindow,
}

impl ApplyTime {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// How the operating system is watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monitoring {
    /// Seconds between figures: 1, 5, 10, 15, 30 or 60.
    pub seconds: u32,
    /// The role that writes them: it trusts `monitoring.rds.amazonaws.com`.
    pub role: Val<Arn>,
}

/// What CloudWatch Database Insights keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Insights {
    /// Load and top queries, for seven days.
    Standard,
    /// Everything it has, for 15 months, paid by the core.
    Advanced,
}

impl Insights {
    /// How many days it keeps.
    pub(super) fn days(self) -> i32 {
        match self {
            Self::Standard => 7,
            Self::Advanced => 465,
        }
    }
}

/// What becomes of the data of a deleted database. Either way its automated backups go with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// A last snapshot is taken and kept; it costs until somebody deletes it. Its name is the
    /// identifier, `-final-` and the start of the token that made the instance.
    FinalSnapshot,
    /// All data is lost.
    Discard,
}

impl Instance {
    /// A highly available database of 7 days' backups, protected, with a final snapshot.
    pub fn new(
        scope: Val<Scope>,
        engine: Engine,
        engine_version: &str,
        class: &str,
        storage_gib: u32,
        subnet_group: Val<String>,
        security_groups: Vec<Val<SecurityGroupId>>,
    ) -> Self {
        Self {
            scope,
            name: None,
            engine,
            engine_version: engine_version.to_owned(),
            class: class.to_owned(),
            storage_gib,
            max_storage_gib: None,
            storage_type: "gp3".to_owned(),
            iops: None,
            throughput: None,
            kms_key: None,
            master_username: engine.usual_master().to_owned(),
            database: None,
            restore: None,
            subnet_group,
            security_groups,
            port: None,
            parameter_group: None,
            reboot: false,
            multi_az: true,
            backup_days: 7,
            backup_window: None,
            maintenance_window: None,
            apply: ApplyTime::Immediately,
            iam_auth: false,
            monitoring: None,
            insights: None,
            ca_certificate: None,
            log_exports: engine.usual_logs().iter().copied().map(str::to_owned).collect(),
            deletion_protection: true,
            on_delete: OnDelete::FinalSnapshot,
            tags: Tags::new(),
        }
    }

    /// Whether AWS may raise the patch level: not if the program names one.
    pub(super) fn patches(&self) -> bool {
        self.engine_version.split('.').count() == self.engine.major_parts()
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to an [`Instance`].
    pub struct InstanceOutputs -> InstanceHandle {
        /// The identifier.
        id: String,
        /// The ARN.
        arn: Arn,
    } later {
        /// The host name to connect to.
        host: String,
        /// The port.
        port: u16,
        /// The secret in Secrets Manager with `username` and `password` of the master user. AWS rotates
        /// it every seven days: applications should have users of their own.
        master_secret: Arn,
    }
}

impl InstanceHandle {
    /// `username` or `password` of the master user, for a field that takes a source.
    pub fn master_source(&self, key: &str) -> SecretSource {
        SecretSource::SecretsManager {
            arn: Val::output(self.address(), "master_secret"),
            key: Some(key.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_patch_level_is_kept() {
        for (engine, version, patches) in [
            (Engine::MySql, "8.4", true),
            (Engine::MySql, "8.4.6", false),
            (Engine::Postgres, "17", true),
            (Engine::Postgres, "17.5", false),
        ] {
            let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
            let group = "stores".into();
            let it = Instance::new(scope, engine, version, "db.m7g.large", 100, group, Vec::new());
            assert_eq!(it.patches(), patches, "{version}");
        }
    }
}
