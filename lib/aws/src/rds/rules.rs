//! Rules over databases.

use super::{Engine, Instance, OnDelete, ParameterGroup, parameter_group::ENCRYPTED};
use crate::support;
use groundplan_core::{Rule, Rules, Severity, Verdict, View};

const BACKUPS: Rule = Rule {
    id: "rds-backups",
    severity: Severity::Error,
    field: "backup_days",
    why: "without backups a mistake or a lost disk is final",
    mend: "set `backup_days` to 7 or more",
};
const FEW_BACKUPS: Rule = Rule {
    id: "rds-backup-days",
    severity: Severity::Warn,
    field: "backup_days",
    why: "damage that is noticed after a long weekend is beyond the oldest backup",
    mend: "set `backup_days` to 7 or more",
};
const MULTI_AZ: Rule = Rule {
    id: "rds-multi-az",
    severity: Severity::Warn,
    field: "multi_az",
    why: "a failed zone or a change of class takes the database down until it is mended",
    mend: "set `multi_az`",
};
const DELETION: Rule = Rule {
    id: "rds-deletion-protection",
    severity: Severity::Warn,
    field: "deletion_protection",
    why: "one call from a console or a script removes the database",
    mend: "set `deletion_protection`",
};
const SNAPSHOT: Rule = Rule {
    id: "rds-final-snapshot",
    severity: Severity::Warn,
    field: "on_delete",
    why: "a delete by mistake loses all data",
    mend: "set `on_delete` to `FinalSnapshot`",
};
const VERSION: Rule = Rule {
    id: "rds-version-support",
    severity: Severity::Warn,
    field: "engine_version",
    why: "after it AWS raises the version by itself or charges for extended support by the core",
    mend: "raise `engine_version` to a major that is supported",
};
const LOGS: Rule = Rule {
    id: "rds-error-log",
    severity: Severity::Warn,
    field: "log_exports",
    why: "why a database stopped is in its error log, which is gone with the machine",
    mend: "add `error` of MySQL, or `postgresql`, to `log_exports`",
};
const FAMILY: Rule = Rule {
    id: "rds-parameter-family",
    severity: Severity::Error,
    field: "parameter_group",
    why: "RDS refuses a parameter group of another engine or major version",
    mend: "give the group the `family` of the database's version; to raise that, make a new group for it",
};
const PLAIN_TEXT: Rule = Rule {
    id: "rds-plain-text",
    severity: Severity::Warn,
    field: "parameters",
    why: "passwords and data can be read by whoever sees the network",
    mend: "set `require_secure_transport` of MySQL, or `rds.force_ssl` of PostgreSQL, to 1",
};

pub(crate) fn rules() -> Rules {
    Rules::new()
        .on(BACKUPS, |database: &Instance, _: &View<'_>| {
            (database.backup_days == 0).then_some("no backups are made")
        })
        .on(FEW_BACKUPS, |database: &Instance, _: &View<'_>| match database.backup_days {
            1 => Some("backups are kept for 1 day".to_owned()),
            days @ 2..7 => Some(format!("backups are kept for {days} days")),
            _ => None,
        })
        .on(MULTI_AZ, |database: &Instance, _: &View<'_>| {
            (!database.multi_az).then_some("there is no standby in another zone")
        })
        .on(DELETION, |database: &Instance, _: &View<'_>| {
            (!database.deletion_protection).then_some("RDS would delete it when asked")
        })
        .on(SNAPSHOT, |database: &Instance, _: &View<'_>| {
            (database.on_delete == OnDelete::Discard).then_some("no snapshot is taken at its end")
        })
        .on(VERSION, |database: &Instance, view: &View<'_>| {
            let (table, name) = match database.engine {
                Engine::MySql => (support::RDS_MYSQL, "MySQL"),
                Engine::Postgres => (support::RDS_POSTGRES, "PostgreSQL"),
            };
            support::ends(table, name, &database.engine_version, view)
        })
        .on(LOGS, |database: &Instance, _: &View<'_>| {
            (!database.log_exports.contains(database.engine.error_log()))
                .then_some("its error log is kept nowhere else")
        })
        .on(FAMILY, family)
        .on(PLAIN_TEXT, |group: &ParameterGroup, _: &View<'_>| {
            let off = |name: &&str| group.parameters.get(*name).is_some_and(|value| value == "0");
            ENCRYPTED.into_iter().find(off).map(|name| format!("`{name}` is 0"))
        })
}

fn family(database: &Instance, view: &View<'_>) -> Verdict {
    let Some(group) = &database.parameter_group else { return Verdict::Kept };
    let Some((address, group)) = view.source::<ParameterGroup>(group) else { return Verdict::Kept };
    let own = database.engine.family(&database.engine_version);
    let wrong = group.family != own;
    wrong.then(|| format!("{address} is for {}, and this is {own}", group.family)).into()
}
