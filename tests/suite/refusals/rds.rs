//! Databases and what goes with them.

use super::{Refusal, refused, scope};
use groundplan::{
    Stack, Val,
    aws::{
        Arn, SecurityGroupId, SubnetId,
        rds::{Engine, Instance, Monitoring, ParameterGroup, Restore, SubnetGroup},
    },
};

pub(super) const ROWS: &[Refusal] = &[
    refused(|s| mysql(s, |d| d.name = Some("Main_1".into())), "name", "lower-case letters"),
    refused(|s| mysql(s, |d| d.engine_version = "8".into()), "engine_version", "such as `8.4`"),
    refused(|s| postgres(s, |d| d.engine_version = "17.5.1".into()), "engine_version", "`17.5`"),
    refused(|s| mysql(s, |d| d.class = "m7g.large".into()), "class", "no class such as"),
    refused(|s| mysql(s, |d| d.storage_gib = 10), "storage_gib", "between 20 and 65536"),
    refused(|s| mysql(s, |d| d.max_storage_gib = Some(105)), "max_storage_gib", "a tenth more"),
    refused(|s| mysql(s, |d| d.storage_type = "ssd".into()), "storage_type", "none of gp3"),
    refused(|s| mysql(s, |d| d.storage_type = "io2".into()), "iops", "needs to be told"),
    refused(|s| mysql(s, |d| d.iops = Some(6000)), "iops", "below 400 GiB"),
    refused(|s| mysql(s, |d| d.throughput = Some(500)), "throughput", "below 400 GiB"),
    refused(
        |s| postgres(s, |d| d.master_username = "admin".into()),
        "master_username",
        "keeps for itself",
    ),
    refused(
        |s| mysql(s, |d| d.master_username = "a_very_long_user_".into()),
        "master_username",
        "16 in all",
    ),
    refused(
        |s| mysql(s, |d| d.database = Some("data-hub".into())),
        "database",
        "letters, digits or `_`",
    ),
    refused(|s| postgres(s, |d| d.database = Some("db".into())), "database", "keeps for itself"),
    refused(|s| mysql(s, |d| d.security_groups.clear()), "security_groups", "name one at least"),
    refused(|s| mysql(s, |d| d.port = Some(443)), "port", "between 1150 and 65535"),
    refused(|s| mysql(s, |d| d.backup_days = 36), "backup_days", "35 at most"),
    refused(
        |s| mysql(s, |d| d.backup_window = Some("02:00-02:10".into())),
        "backup_window",
        "30 minutes at least",
    ),
    refused(
        |s| mysql(s, |d| d.maintenance_window = Some("03:00-04:00".into())),
        "maintenance_window",
        "days and times",
    ),
    refused(overlapping, "maintenance_window", "overlaps the `backup_window`"),
    refused(|s| postgres(s, slow_query), "log_exports", "postgres writes no log `slowquery`"),
    refused(|s| mysql(s, watched), "monitoring.seconds", "1, 5, 10, 15, 30 or 60"),
    refused(
        |s| mysql(s, |d| d.ca_certificate = Some("acme".into())),
        "ca_certificate",
        "rds-ca-rsa2048-g1",
    ),
    refused(|s| mysql(s, alias), "kms_key", "the key's own ARN"),
    refused(|s| mysql(s, yesterday), "restore.point_in_time.time", "no moment such as"),
    refused(|s| postgres(s, foreign_default), "parameter_group", "this is postgres17"),
    refused(
        |s| group(s, Engine::Postgres, "17", "innodb_buffer_pool_size", "1"),
        "parameters.innodb_buffer_pool_size",
        "a parameter of mysql",
    ),
    refused(
        |s| group(s, Engine::MySql, "8.4", "shared_buffers", "1"),
        "parameters.shared_buffers",
        "a parameter of postgres",
    ),
    refused(
        |s| group(s, Engine::MySql, "8.4", "datadir", "/data"),
        "parameters.datadir",
        "set by RDS itself",
    ),
    refused(
        |s| group(s, Engine::MySql, "8.4", "max_connections", "100001"),
        "parameters.max_connections",
        "between 1 and 100000",
    ),
    refused(
        |s| group(s, Engine::MySql, "8.4", "slow_query_log", "ON"),
        "parameters.slow_query_log",
        "one of 0, 1",
    ),
    refused(
        |s| group(s, Engine::Postgres, "17", "log_statement", "verbose"),
        "parameters.log_statement",
        "none, ddl, mod, all",
    ),
    refused(family, "family", "no family such as"),
    refused(|s| subnets(s, &["subnet-1"], None), "subnets", "two at least"),
    refused(|s| subnets(s, &["subnet-1", "subnet-2"], Some("default")), "name", "AWS's own"),
];

fn database(stack: &mut Stack, engine: Engine, version: &str, change: fn(&mut Instance)) {
    let groups = vec![SecurityGroupId::from("sg-1").into()];
    let mut database =
        Instance::new(scope(), engine, version, "db.m7g.large", 100, "stores".into(), groups);
    change(&mut database);
    stack.add("main", database);
}

fn mysql(stack: &mut Stack, change: fn(&mut Instance)) {
    database(stack, Engine::MySql, "8.4", change);
}

fn postgres(stack: &mut Stack, change: fn(&mut Instance)) {
    database(stack, Engine::Postgres, "17", change);
}

fn overlapping(stack: &mut Stack) {
    mysql(stack, |database| {
        database.backup_window = Some("03:30-04:30".into());
        database.maintenance_window = Some("sun:04:00-sun:05:00".into());
    });
}

fn slow_query(database: &mut Instance) {
    database.log_exports.insert("slowquery".into());
}

fn watched(database: &mut Instance) {
    let role = Arn::from("arn:aws:iam::111122223333:role/watch").into();
    database.monitoring = Some(Monitoring { seconds: 7, role });
}

fn alias(database: &mut Instance) {
    database.kms_key = Some(Arn::from("arn:aws:kms:eu-west-1:111122223333:alias/data").into());
}

fn yesterday(database: &mut Instance) {
    let time = Some("yesterday".to_owned());
    database.restore = Some(Restore::PointInTime { source: "old".into(), time });
}

fn foreign_default(database: &mut Instance) {
    database.parameter_group = Some("default.postgres16".into());
}

fn group(stack: &mut Stack, engine: Engine, version: &str, name: &str, value: &str) {
    stack.add("main", ParameterGroup::new(scope(), engine, version).with(name, value));
}

fn family(stack: &mut Stack) {
    let mut group = ParameterGroup::new(scope(), Engine::MySql, "8.4");
    group.family = "mariadb11.4".into();
    stack.add("main", group);
}

fn subnets(stack: &mut Stack, ids: &[&str], name: Option<&str>) {
    let ids: Vec<Val<SubnetId>> = ids.iter().map(|id| SubnetId::from(*id).into()).collect();
    let mut group = SubnetGroup::new(scope(), ids);
    group.name = name.map(str::to_owned);
    stack.add("main", group);
}
