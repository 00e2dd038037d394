//! What a program writes for a database, and what can never work.

use crate::{Arn, Scope, SecurityGroupId, Tags, rds::check_name};
use groundplan_core::{Problems, SecretSource, Val};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A database. Its storage is encrypted and it is never public; its master password is made, kept and
/// rotated (every seven days) by AWS in a secret whose ARN is the output `master_secret`; it is not
/// enrolled in paid extended support. Changes are applied at once, not in the maintenance window.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Instance {
    /// The account and region.
    pub scope: Val<Scope>,
    /// Its identifier, at most 63 characters; from the resource's name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What runs in it.
    pub engine: Engine,
    /// The version. `8.4` takes the newest patch level and lets AWS raise it in the maintenance
    /// window; `8.4.6` is kept.
    pub engine_version: String,
    /// Its size, e.g. `db.m7g.large`.
    pub class: String,
    /// Storage in GiB. It can only grow, by a tenth at least. With `max_storage_gib` it is the least,
    /// and what RDS added by itself is no difference.
    pub storage_gib: u32,
    /// RDS grows the storage by itself up to this many GiB; not at all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_storage_gib: Option<u32>,
    /// The kind of storage, e.g. `gp3`.
    pub storage_type: String,
    /// The key that encrypts storage, snapshots and the master secret, by its own ARN and not an
    /// alias'; AWS' own keys if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<Val<Arn>>,
    /// The master user.
    pub master_username: String,
    /// A database to make at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// The name of the subnet group.
    pub subnet_group: Val<String>,
    /// Who may connect. Order means nothing.
    pub security_groups: Vec<Val<SecurityGroupId>>,
    /// The name of a parameter group; the engine's default if absent. Some parameters take effect only
    /// with the next reboot, which is left to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter_group: Option<Val<String>>,
    /// Whether a standby in another availability zone takes over.
    pub multi_az: bool,
    /// Days that automated backups are kept, 0 to 35; none are made at 0.
    pub backup_days: u32,
    /// Logs that go to CloudWatch: `audit`, `error`, `general`, `iam-db-auth-error`, `slowquery`.
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

/// What runs in a database instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Engine {
    /// MySQL Community.
    #[serde(rename = "mysql")]
    MySql,
}

impl Engine {
    /// As RDS names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MySql => "mysql",
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

/// What MySQL can send to CloudWatch.
const LOGS: [&str; 5] = ["audit", "error", "general", "iam-db-auth-error", "slowquery"];

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
            kms_key: None,
            master_username: "admin".to_owned(),
            database: None,
            subnet_group,
            security_groups,
            parameter_group: None,
            multi_az: true,
            backup_days: 7,
            log_exports: ["error", "slowquery"].map(str::to_owned).into(),
            deletion_protection: true,
            on_delete: OnDelete::FinalSnapshot,
            tags: Tags::new(),
        }
    }

    /// Whether AWS may raise the patch level: not if the program names one.
    pub(super) fn patches(&self) -> bool {
        self.engine_version.split('.').count() < 3
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        check_name(problems, self.name.as_deref(), 63);
        self.check_engine(problems);
        self.check_storage(problems);
        let class = self.class.starts_with("db.");
        problems.require(
            class,
            "class",
            format!("`{}` is no class such as `db.m7g.large`", self.class),
        );
        let none = "name one at least: without any, RDS takes the default group of the VPC";
        problems.require(!self.security_groups.is_empty(), "security_groups", none);
        problems.require(self.backup_days <= 35, "backup_days", "is 35 at most");
        let alias = self.kms_key.as_ref().and_then(Val::known).filter(|key| is_alias(key));
        if let Some(alias) = alias {
            problems.add(
                "kms_key",
                format!("`{alias}` is an alias, which may later mean another key; give the key's own ARN"),
            );
        }
    }

    fn check_engine(&self, problems: &mut Problems) {
        let parts: Vec<_> = self.engine_version.split('.').collect();
        let number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let sound = (2..=3).contains(&parts.len()) && parts.iter().all(number);
        let what = format!("`{}` is no version such as `8.4` or `8.4.6`", self.engine_version);
        problems.require(sound, "engine_version", what);
        let user = &self.master_username;
        let sound = (1..=16).contains(&user.len()) && is_word(user) && user != "rdsadmin";
        let what =
            format!("`{user}` is no user: a letter, then letters, digits or `_`, 16 at most");
        problems.require(sound, "master_username", what);
        if let Some(name) = &self.database {
            let sound = (1..=64).contains(&name.len()) && is_word(name);
            let what = format!("`{name}` is no database: a letter, then letters, digits or `_`");
            problems.require(sound, "database", what);
        }
        for log in self.log_exports.iter().filter(|log| !LOGS.contains(&log.as_str())) {
            let what = format!(
                "{} writes no log `{log}`; there are {}",
                self.engine.as_str(),
                LOGS.join(", ")
            );
            problems.add("log_exports", what);
        }
    }

    fn check_storage(&self, problems: &mut Problems) {
        let fits = (20..=65_536).contains(&self.storage_gib);
        problems.require(fits, "storage_gib", "is between 20 and 65536");
        if let Some(most) = self.max_storage_gib {
            let least = a_tenth_more(self.storage_gib);
            let what = format!("is {least} at least: a tenth more than `storage_gib`");
            problems.require((least..=65_536).contains(&most), "max_storage_gib", what);
        }
    }
}

/// The least that storage of this size can grow to.
pub(super) fn a_tenth_more(gib: u32) -> u32 {
    gib.saturating_add(gib.div_ceil(10))
}

pub(super) fn is_alias(key: &Arn) -> bool {
    key.as_str().contains(":alias/")
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
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

    fn instance() -> Instance {
        let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        let groups = vec![SecurityGroupId::from("sg-1").into()];
        Instance::new(scope, Engine::MySql, "8.4", "db.m7g.large", 100, "stores".into(), groups)
    }

    fn paths(instance: &Instance) -> Vec<String> {
        let mut problems = Problems::default();
        instance.check(&mut problems);
        problems.into_vec().into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn the_defaults_are_sound_and_safe() {
        let it = instance();
        assert_eq!(paths(&it), Vec::<String>::new());
        assert!(it.multi_az && it.deletion_protection && it.backup_days >= 7);
        assert_eq!(it.on_delete, OnDelete::FinalSnapshot);
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let mut it = instance();
        it.name = Some("Main".into());
        it.engine_version = "8".into();
        it.class = "m7g.large".into();
        it.storage_gib = 10;
        it.max_storage_gib = Some(10);
        it.master_username = "rdsadmin".into();
        it.database = Some("data-hub".into());
        it.security_groups.clear();
        it.backup_days = 36;
        it.log_exports.insert("slow".into());
        it.kms_key = Some(Arn::from("arn:aws:kms:eu-west-1:1:alias/x").into());
        let mut found = paths(&it);
        found.sort();
        assert_eq!(
            found,
            [
                "backup_days",
                "class",
                "database",
                "engine_version",
                "kms_key",
                "log_exports",
                "master_username",
                "max_storage_gib",
                "name",
                "security_groups",
                "storage_gib",
            ]
        );
    }

    #[test]
    fn storage_that_grows_by_itself_needs_room_for_a_tenth() {
        let mut it = instance();
        it.max_storage_gib = Some(109);
        assert_eq!(paths(&it), ["max_storage_gib"]);
        it.max_storage_gib = Some(110);
        assert_eq!(paths(&it), Vec::<String>::new());
    }

    #[test]
    fn a_named_patch_level_is_kept() {
        let mut it = instance();
        assert!(it.patches());
        it.engine_version = "8.4.6".into();
        assert!(!it.patches());
    }
}
