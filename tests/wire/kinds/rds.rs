//! Databases.

use super::{ground::Ground, specimen::Specimen, specimens};
use groundplan::Val;
use groundplan::aws::{
    SubnetId,
    rds::{Engine, Instance, OnDelete, SubnetGroup, SubnetGroupHandle},
};

specimens![instance, subnet_group];

fn instance() -> Specimen<Instance> {
    Specimen::new("db", |ground| {
        let network = a_subnet_group(ground, "one");
        let groups = vec![ground.group("data").id()];
        let (scope, version, class) = (ground.scope(), "8.4", "db.m7g.large");
        Instance {
            database: Some("datahub".into()),
            deletion_protection: false,
            on_delete: OnDelete::Discard,
            ..Instance::new(scope, Engine::MySql, version, class, 100, network.name(), groups)
        }
    })
    .tags(|db| &mut db.tags)
    .copies(|_, _, _| {})
    .update("class", |db, _| db.class = "db.m7g.xlarge".into())
    .update("max_storage_gib", |db, _| db.max_storage_gib = Some(500))
    .update("security_groups", |db, ground| db.security_groups = vec![ground.group("more").id()])
    .update("multi_az", |db, _| db.multi_az = !db.multi_az)
    .update("backup_days", |db, _| db.backup_days = 14)
    .update("log_exports", |db, _| {
        db.log_exports.insert("general".into());
    })
    .one_way("storage_gib", |db, _| db.storage_gib = 200)
    .replace("name", |db, _| db.name = Some("db-of-another-name".into()))
    .replace("master_username", |db, _| db.master_username = "keeper".into())
    .replace("database", |db, _| db.database = Some("metabase".into()))
    .replace("subnet_group", |db, ground| db.subnet_group = a_subnet_group(ground, "two").name())
    .fixed("engine", "tested with databases")
    .fixed("engine_version", "goes up only; tested with databases")
    .fixed("storage_type", "tested with databases")
    .fixed("kms_key", "takes a key of the account; tested with databases")
    .fixed("parameter_group", "tested with parameter groups")
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

fn subnets(ground: &mut Ground) -> Vec<Val<SubnetId>> {
    vec![ground.subnet("a").id(), ground.subnet("b").id()]
}

fn a_subnet_group(ground: &mut Ground, name: &str) -> SubnetGroupHandle {
    let subnets = subnets(ground);
    ground.add(name, SubnetGroup::new(ground.scope(), subnets))
}
