//! Databases.

use super::{ground::Ground, specimen::Specimen, specimens};
use groundplan::Val;
use groundplan::aws::{
    SubnetId,
    rds::{
        Engine, Insights, Instance, Monitoring, OnDelete, ParameterGroup, SubnetGroup,
        SubnetGroupHandle,
    },
};

specimens![instance, parameter_group, subnet_group];

fn instance() -> Specimen<Instance> {
    Specimen::new("db", |ground| {
        let network = a_subnet_group(ground, "one");
        let groups = vec![ground.group("data").id()];
        let (scope, version, class) = (ground.scope(), "8.4", "db.m7g.large");
        Instance {
            database: Some("datahub".into()),
            deletion_protection: false,
            on_delete: OnDelete::Discard,
            // What a program takes out again of these stays as it is.
            backup_window: Some("02:00-02:30".into()),
            maintenance_window: Some("sun:03:00-sun:04:00".into()),
            ca_certificate: Some("rds-ca-rsa2048-g1".into()),
            ..Instance::new(scope, Engine::MySql, version, class, 400, network.name(), groups)
        }
    })
    .tags(|db| &mut db.tags)
    .copies(|_, _, _| {})
    .update("class", |db, _| db.class = "db.m7g.xlarge".into())
    .update("max_storage_gib", |db, _| db.max_storage_gib = Some(500))
    .update("iops", |db, _| db.iops = Some(14_000))
    .update("throughput", |db, _| db.throughput = Some(700))
    .update("port", |db, _| db.port = Some(3307))
    .update("parameter_group", |db, ground| {
        let group = ParameterGroup::new(ground.scope(), Engine::MySql, "8.4");
        db.parameter_group = Some(ground.add("own", group).name());
    })
    .update("backup_window", |db, _| db.backup_window = Some("23:45-00:15".into()))
    .update("maintenance_window", |db, _| {
        db.maintenance_window = Some("sat:03:00-sat:04:00".into());
    })
    .update("iam_auth", |db, _| db.iam_auth = true)
    .update("monitoring", |db, ground| {
        let policy = "service-role/AmazonRDSEnhancedMonitoringRole";
        let role = ground.role("watch", "monitoring.rds.amazonaws.com", &[policy]).arn();
        db.monitoring = Some(Monitoring { seconds: 60, role });
    })
    .update("insights", |db, _| db.insights = Some(Insights::Advanced))
    .update("ca_certificate", |db, _| db.ca_certificate = Some("rds-ca-ecc384-g1".into()))
    .update("security_groups", |db, ground| db.security_groups = vec![ground.group("more").id()])
    .update("multi_az", |db, _| db.multi_az = !db.multi_az)
    .update("backup_days", |db, _| db.backup_days = 14)
    .update("log_exports", |db, _| {
        db.log_exports.insert("general".into());
    })
    .one_way("storage_gib", |db, _| db.storage_gib = 600)
    .replace("name", |db, _| db.name = Some("db-of-another-name".into()))
    .replace("master_username", |db, _| db.master_username = "keeper".into())
    .replace("database", |db, _| db.database = Some("metabase".into()))
    .replace("subnet_group", |db, ground| db.subnet_group = a_subnet_group(ground, "two").name())
    .fixed("engine", "tested with databases")
    .fixed("engine_version", "goes up only; tested with databases")
    .fixed("storage_type", "tested with databases")
    .fixed("kms_key", "takes a key of the account; tested with databases")
    .fixed("restore", "is only of a create; tested with restores")
    .fixed("reboot", "says what is done about parameters that wait; tested with parameter groups")
    .fixed("apply", "says when changes are applied; tested with parameter groups")
    .fixed("deletion_protection", "with it there is no end; tested with its refusal")
    .fixed("on_delete", "says what a delete leaves; tested with databases")
}

fn subnet_group() -> Specimen<SubnetGroup> {
    Specimen::new("subnet-group", |ground| {
        let subnets = subnets(ground);
        SubnetGroup::new(ground.scope(), subnets)
    })
    .tags(|group| &mut group.tags)
    .copies(|_, _, _| {})
    .update("subnets", |group, ground| group.subnets.push(ground.subnet("c").id()))
    .update("description", |group, _| group.description = "for the databases".into())
    .replace("name", |group, _| group.name = Some("group-of-another-name".into()))
    .fixed("vpc", "it is that of the subnets")
}

fn parameter_group() -> Specimen<ParameterGroup> {
    Specimen::new("parameter-group", |ground| {
        ParameterGroup::new(ground.scope(), Engine::MySql, "8.4")
            .with("max_connections", 200)
            .with("performance_schema", 1)
    })
    .tags(|group| &mut group.tags)
    .update("parameters", |group, _| {
        group.parameters.remove("performance_schema");
        group.parameters.insert("max_connections".into(), "300".into());
        group.parameters.insert("slow_query_log".into(), "1".into());
    })
    .replace("name", |group, _| group.name = Some("parameters-of-another-name".into()))
    .replace("family", |group, _| group.family = "mysql8.0".into())
    .replace("description", |group, _| group.description = "for the databases".into())
}

fn subnets(ground: &mut Ground) -> Vec<Val<SubnetId>> {
    vec![ground.subnet("a").id(), ground.subnet("b").id()]
}

fn a_subnet_group(ground: &mut Ground, name: &str) -> SubnetGroupHandle {
    let subnets = subnets(ground);
    ground.add(name, SubnetGroup::new(ground.scope(), subnets))
}
