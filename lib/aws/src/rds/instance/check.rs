//! What can never work of a database.

use super::{
    Instance,
    model::{Monitoring, Restore},
    storage::STRIPED_GIB,
    window,
};
use crate::{Arn, rds::check_name};
use aws_smithy_types::{DateTime, date_time::Format};
use groundplan_core::{Problems, Val};

impl Instance {
    pub(super) fn check(&self, problems: &mut Problems) {
        check_name(problems, self.name.as_deref(), 63);
        self.engine.check_version(problems, &self.engine_version);
        self.engine.check_master(problems, &self.master_username);
        if let Some(name) = &self.database {
            self.engine.check_database(problems, name);
        }
        self.check_logs(problems);
        self.check_storage(problems);
        let class = self.class.starts_with("db.");
        let what = format!("`{}` is no class such as `db.m7g.large`", self.class);
        problems.require(class, "class", what);
        let none = "name one at least: without any, RDS takes the default group of the VPC";
        problems.require(!self.security_groups.is_empty(), "security_groups", none);
        let port = self.port.is_none_or(|port| port >= 1150);
        problems.require(port, "port", "is between 1150 and 65535");
        window::check(problems, self);
        self.check_watching(problems);
        self.check_restore(problems);
        let alias = self.kms_key.as_ref().and_then(Val::known).filter(|key| is_alias(key));
        if let Some(alias) = alias {
            problems.add(
                "kms_key",
                format!("`{alias}` is an alias, which may later mean another key; give the key's own ARN"),
            );
        }
        self.check_default_group(problems);
    }

    fn check_logs(&self, problems: &mut Problems) {
        let logs = self.engine.logs();
        for log in self.log_exports.iter().filter(|log| !logs.contains(&log.as_str())) {
            let engine = self.engine.as_str();
            let what = format!("{engine} writes no log `{log}`; there are {}", logs.join(", "));
            problems.add("log_exports", what);
        }
    }

    fn check_watching(&self, problems: &mut Problems) {
        if let Some(Monitoring { seconds, .. }) = &self.monitoring {
            let sound = matches!(seconds, 1 | 5 | 10 | 15 | 30 | 60);
            problems.require(sound, "monitoring.seconds", "is 1, 5, 10, 15, 30 or 60");
        }
        let authority =
            self.ca_certificate.as_deref().is_none_or(|authority| authority.starts_with("rds-ca-"));
        let what = "is none such as `rds-ca-rsa2048-g1`; see aws rds describe-certificates";
        problems.require(authority, "ca_certificate", what);
    }

    fn check_restore(&self, problems: &mut Problems) {
        let Some(Restore::PointInTime { source, time }) = &self.restore else { return };
        let sound = time.as_deref().is_none_or(|time| moment(time).is_some());
        let what = "is no moment such as `2026-11-27T06:30:00Z`";
        problems.require(sound, "restore.point_in_time.time", what);
        let itself = self.name.is_some() && self.name.as_ref() == source.known();
        let what = "is this database itself; what is restored is another one beside it";
        problems.require(!itself, "restore.point_in_time.source", what);
    }

    /// A default group that is named belongs to one version; left out, it follows the version.
    fn check_default_group(&self, problems: &mut Problems) {
        let Some(group) = self.parameter_group.as_ref().and_then(Val::known) else { return };
        let Some(family) = group.strip_prefix("default.") else { return };
        let own = self.engine.family(&self.engine_version);
        let what = format!(
            "`{group}` is for {family}, and this is {own}; leave it out for the engine's default"
        );
        problems.require(family == own, "parameter_group", what);
    }

    fn check_storage(&self, problems: &mut Problems) {
        let provisioned = matches!(self.storage_type.as_str(), "io1" | "io2");
        let known = provisioned || matches!(self.storage_type.as_str(), "gp2" | "gp3");
        let what = format!("`{}` is none of gp3, io2, io1 and gp2", self.storage_type);
        problems.require(known, "storage_type", what);
        let least = if provisioned { 100 } else { 20 };
        let fits = (least..=65_536).contains(&self.storage_gib);
        let what = format!("is between {least} and 65536 for {}", self.storage_type);
        problems.require(fits, "storage_gib", what);
        if let Some(most) = self.max_storage_gib {
            let least = a_tenth_more(self.storage_gib);
            let what = format!("is {least} at least: a tenth more than `storage_gib`");
            problems.require((least..=65_536).contains(&most), "max_storage_gib", what);
        }
        self.check_speed(problems, provisioned);
    }

    fn check_speed(&self, problems: &mut Problems, provisioned: bool) {
        let gp3 = self.storage_type == "gp3";
        let large = self.storage_gib >= STRIPED_GIB;
        match self.iops {
            None => {
                let what = format!("{} needs to be told how many", self.storage_type);
                problems.require(!provisioned, "iops", what);
            }
            Some(_) if self.storage_type == "gp2" => {
                problems.add("iops", "is for gp3, io1 and io2; gp2 has three for each GiB");
            }
            Some(iops) if gp3 && large => {
                let what = "is between 12000 and 64000 for gp3";
                problems.require((12_000..=64_000).contains(&iops), "iops", what);
            }
            Some(iops) if gp3 => {
                let what = "gp3 below 400 GiB has 3000 and takes no other; leave it out";
                problems.require(iops == 3000, "iops", what);
            }
            Some(iops) => {
                let what = format!("is between 1000 and 256000 for {}", self.storage_type);
                problems.require((1000..=256_000).contains(&iops), "iops", what);
            }
        }
        match self.throughput {
            None => {}
            Some(_) if !gp3 => problems.add("throughput", "is for gp3 alone; leave it out"),
            Some(mib) if large => {
                let what = "is between 500 and 4000 for gp3";
                problems.require((500..=4000).contains(&mib), "throughput", what);
                let iops = self.iops.unwrap_or(12_000);
                let what = format!("is a quarter of `iops` at most, which is {iops}");
                problems.require(mib <= iops / 4, "throughput", what);
            }
            Some(mib) => {
                let what = "gp3 below 400 GiB has 125 and takes no other; leave it out";
                problems.require(mib == 125, "throughput", what);
            }
        }
    }
}

/// A moment as the SDK has it.
pub(super) fn moment(text: &str) -> Option<DateTime> {
    DateTime::from_str(text, Format::DateTime).ok()
}

/// The least that storage of this size can grow to.
pub(super) fn a_tenth_more(gib: u32) -> u32 {
    gib.saturating_add(gib.div_ceil(10))
}

pub(super) fn is_alias(key: &Arn) -> bool {
    key.as_str().contains(":alias/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        SecurityGroupId,
        rds::{Engine, OnDelete},
    };

    fn instance(engine: Engine, version: &str) -> Instance {
        let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        let groups = vec![SecurityGroupId::from("sg-1").into()];
        Instance::new(scope, engine, version, "db.m7g.large", 100, "stores".into(), groups)
    }

    fn paths(instance: &Instance) -> Vec<String> {
        let mut problems = Problems::default();
        instance.check(&mut problems);
        problems.into_vec().into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn the_defaults_are_sound_and_safe() {
        for it in [instance(Engine::MySql, "8.4"), instance(Engine::Postgres, "17")] {
            assert_eq!(paths(&it), Vec::<String>::new());
            assert!(it.multi_az && it.deletion_protection && it.backup_days >= 7);
            assert_eq!(it.on_delete, OnDelete::FinalSnapshot);
        }
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let mut it = instance(Engine::MySql, "8");
        it.name = Some("Main".into());
        it.class = "m7g.large".into();
        it.storage_gib = 10;
        it.max_storage_gib = Some(10);
        it.master_username = "rdsadmin".into();
        it.database = Some("data-hub".into());
        it.security_groups.clear();
        it.backup_days = 36;
        it.log_exports.insert("slow".into());
        it.port = Some(80);
        it.ca_certificate = Some("acme".into());
        it.monitoring = Some(Monitoring { seconds: 7, role: Arn::from("arn").into() });
        it.kms_key = Some(Arn::from("arn:aws:kms:eu-west-1:1:alias/x").into());
        let mut found = paths(&it);
        found.sort();
        assert_eq!(
            found,
            [
                "backup_days",
                "ca_certificate",
                "class",
                "database",
                "engine_version",
                "kms_key",
                "log_exports",
                "master_username",
                "max_storage_gib",
                "monitoring.seconds",
                "name",
                "port",
                "security_groups",
                "storage_gib",
            ]
        );
    }

    #[test]
    fn storage_that_grows_by_itself_needs_room_for_a_tenth() {
        let mut it = instance(Engine::MySql, "8.4");
        it.max_storage_gib = Some(109);
        assert_eq!(paths(&it), ["max_storage_gib"]);
        it.max_storage_gib = Some(110);
        assert_eq!(paths(&it), Vec::<String>::new());
    }

    #[test]
    fn storage_takes_the_speed_that_its_kind_and_size_let_it() {
        for (kind, gib, iops, throughput, wrong) in [
            ("gp3", 100, Some(6000), None, vec!["iops"]),
            ("gp3", 100, None, Some(250), vec!["throughput"]),
            ("gp3", 400, Some(16_000), Some(1000), vec![]),
            ("gp3", 400, None, Some(3500), vec!["throughput"]),
            ("gp2", 400, Some(3000), None, vec!["iops"]),
            ("io2", 400, None, None, vec!["iops"]),
            ("io2", 400, Some(3000), Some(500), vec!["throughput"]),
            ("io1", 50, Some(3000), None, vec!["storage_gib"]),
            ("ssd", 100, None, None, vec!["storage_type"]),
        ] {
            let mut it = instance(Engine::Postgres, "17");
            it.storage_type = kind.into();
            (it.storage_gib, it.iops, it.throughput) = (gib, iops, throughput);
            assert_eq!(paths(&it), wrong, "{kind} {gib} {iops:?} {throughput:?}");
        }
    }

    #[test]
    fn a_default_group_of_another_version_is_none() {
        let mut it = instance(Engine::Postgres, "17.5");
        it.parameter_group = Some("default.postgres17".into());
        assert_eq!(paths(&it), Vec::<String>::new());
        it.parameter_group = Some("default.postgres16".into());
        assert_eq!(paths(&it), ["parameter_group"]);
    }

    #[test]
    fn what_is_restored_is_another_database_at_a_moment() {
        let mut it = instance(Engine::Postgres, "17");
        it.name = Some("main".into());
        let from = |source: &str, time: &str| {
            Some(Restore::PointInTime { source: source.into(), time: Some(time.into()) })
        };
        it.restore = from("old", "2026-11-27T06:30:00Z");
        assert_eq!(paths(&it), Vec::<String>::new());
        it.restore = from("main", "yesterday");
        assert_eq!(paths(&it), ["restore.point_in_time.time", "restore.point_in_time.source"]);
    }
}
