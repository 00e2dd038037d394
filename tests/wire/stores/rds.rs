//! Databases and their subnet groups.

use super::{Network, assert_not_ours, fault};
use crate::harness::Wire;
use aws_sdk_rds::types::DbInstance;
use groundplan::aws::rds::{Engine, Instance, OnDelete, SubnetGroup};
use groundplan::{Class, Stack};

pub(super) const DB: &str = "rds.instance/db";

/// A subnet group and a database in it, with what a test changes.
pub(super) async fn program(
    wire: &Wire,
    change: impl FnOnce(&mut SubnetGroup, &mut Instance),
) -> Stack {
    let network = Network::of(wire).await;
    let (mut stack, scope) = wire.stack();
    let subnets = network.subnets[..2].iter().map(|subnet| subnet.clone().into()).collect();
    let mut group = SubnetGroup::new(scope.clone(), subnets);
    let mut db = Instance::new(
        scope,
        Engine::MySql,
        "8.4",
        "db.m7g.large",
        100,
        "".into(),
        vec![network.group.into()],
    );
    db.database = Some("datahub".into());
    change(&mut group, &mut db);
    db.subnet_group = stack.add("stores", group).name();
    stack.add("db", db);
    stack
}

/// The same, unprotected and without a last snapshot.
pub(super) async fn light(wire: &Wire, change: impl FnOnce(&mut Instance)) -> Stack {
    program(wire, |_, db| {
        db.deletion_protection = false;
        db.on_delete = OnDelete::Discard;
        change(db);
    })
    .await
}

/// The database's identifier.
pub(super) fn own(wire: &Wire) -> String {
    format!("{}-db", wire.name())
}

pub(super) async fn find(wire: &Wire) -> DbInstance {
    let aws = wire.clients().await;
    let found =
        aws.rds.describe_db_instances().db_instance_identifier(own(wire)).send().await.unwrap();
    found.db_instances()[0].clone()
}

pub(crate) async fn snapshots(wire: &Wire) -> Vec<String> {
    let aws = wire.clients().await;
    let found = aws.rds.describe_db_snapshots().snapshot_type("manual").send().await.unwrap();
    let mine = format!("{}-db-final-", wire.name());
    let names = found.db_snapshots().iter().filter_map(|s| s.db_snapshot_identifier());
    names.filter(|name| name.starts_with(&mine)).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_database_is_safe_by_default_and_says_how_to_reach_it() {
    let wire = Wire::new("db-safe");
    wire.apply(program(&wire, |_, _| {}).await).await;
    assert_eq!(wire.plan(program(&wire, |_, _| {}).await).await, [""; 0]);
    let db = find(&wire).await;
    assert_eq!(db.storage_encrypted(), Some(true));
    assert_eq!(db.publicly_accessible(), Some(false));
    assert_eq!(db.deletion_protection(), Some(true));
    assert_eq!(db.multi_az(), Some(true));
    assert_eq!(db.copy_tags_to_snapshot(), Some(true));
    assert_eq!(db.backup_retention_period(), Some(7));
    assert_eq!(db.auto_minor_version_upgrade(), Some(true));
    let outputs = wire.outputs(DB).await;
    assert_eq!(outputs["host"], db.endpoint().unwrap().address().unwrap());
    assert_eq!(outputs["port"], 3306);
    let secret = db.master_user_secret().unwrap().secret_arn().unwrap();
    assert_eq!(outputs["master_secret"], secret);
    wire.destroy_unprotected(&[DB]).await;
}

#[tokio::test]
async fn a_protected_database_goes_only_when_told_and_leaves_a_snapshot() {
    let wire = Wire::new("db-protected");
    let up = || program(&wire, |_, _| {});
    wire.apply(up().await).await;
    let report = wire.try_destroy().await;
    let refused = fault(&report);
    assert_eq!(refused.class, Class::Refused);
    assert_eq!(refused.hint.as_deref(), Some("--unprotect rds.instance/db"));
    assert_eq!(find(&wire).await.deletion_protection(), Some(true));
    let calls = wire.destroy_unprotected(&[DB]).await;
    assert_eq!(calls, ["DeleteDBInstance", "DeleteDBSubnetGroup", "ModifyDBInstance"]);
    assert_eq!(snapshots(&wire).await.len(), 1);
    // The next database of that name has a last snapshot of its own.
    wire.apply(up().await).await;
    wire.destroy_unprotected(&[DB]).await;
    assert_eq!(snapshots(&wire).await.len(), 2);
}

#[tokio::test]
async fn a_name_that_is_taken_gives_the_last_snapshot_another_one() {
    let wire = Wire::new("db-snapshot");
    let up = || program(&wire, |_, db| db.deletion_protection = false);
    wire.apply(up().await).await;
    let address = DB.parse().unwrap();
    let token = wire.snapshot().await.entries[&address].token.clone();
    let name = format!("{}-final-{}", own(&wire), &token[..8]);
    let aws = wire.clients().await;
    let call = aws.rds.create_db_snapshot().db_instance_identifier(own(&wire));
    call.db_snapshot_identifier(&name).send().await.unwrap();
    wire.destroy().await;
    let mut names = snapshots(&wire).await;
    names.sort();
    assert_eq!(names, [name.clone(), format!("{name}-2")]);
}

#[tokio::test]
async fn changes_are_made_at_once_and_only_those_shown() {
    let wire = Wire::new("db-change");
    wire.apply(light(&wire, |_| {}).await).await;
    let before = wire.outputs(DB).await;
    let next = |db: &mut Instance| {
        db.class = "db.m7g.xlarge".into();
        db.storage_gib = 200;
        db.max_storage_gib = Some(400);
        db.backup_days = 14;
        db.log_exports = ["audit", "error"].map(str::to_owned).into();
        db.tags.insert("team".into(), "data".into());
    };
    let lines = [
        "update rds.instance/db backup_days: 7 → 14",
        "update rds.instance/db class: \"db.m7g.large\" → \"db.m7g.xlarge\"",
        "update rds.instance/db log_exports: [\"error\",\"slowquery\"] → [\"audit\",\"error\"]",
        "update rds.instance/db max_storage_gib: null → 400",
        "update rds.instance/db storage_gib: 100 → 200",
        "update rds.instance/db tags.team: null → \"data\"",
    ];
    assert_eq!(wire.plan(light(&wire, next).await).await, lines);
    let calls = wire.apply(light(&wire, next).await).await;
    assert_eq!(calls, ["AddTagsToResource", "ModifyDBInstance"]);
    assert_eq!(wire.plan(light(&wire, next).await).await, [""; 0]);
    assert_eq!(wire.outputs(DB).await, before, "outputs are stable");
    // Off again, and the tag away.
    let back = |db: &mut Instance| {
        next(db);
        db.max_storage_gib = None;
        db.tags.clear();
    };
    let calls = wire.apply(light(&wire, back).await).await;
    assert_eq!(calls, ["ModifyDBInstance", "RemoveTagsFromResource"]);
    assert_eq!(wire.plan(light(&wire, back).await).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn what_becomes_of_the_data_is_changed_without_a_call() {
    let wire = Wire::new("db-on-delete");
    wire.apply(light(&wire, |_| {}).await).await;
    let keep = |db: &mut Instance| db.on_delete = OnDelete::FinalSnapshot;
    assert_eq!(wire.apply(light(&wire, keep).await).await, [""; 0]);
    wire.destroy().await;
    assert_eq!(snapshots(&wire).await.len(), 1);
}

#[tokio::test]
async fn storage_never_shrinks_and_grows_by_a_tenth() {
    let wire = Wire::new("db-storage");
    wire.apply(light(&wire, |_| {}).await).await;
    for (gib, hint) in [(50, "`storage_gib` to 100"), (105, "`storage_gib` to 110 or more")] {
        let (report, calls) = wire.try_apply(light(&wire, |db| db.storage_gib = gib).await).await;
        assert_eq!(calls, [""; 0], "{gib}");
        let refused = fault(&report).hint.as_deref().unwrap();
        assert!(refused.contains(hint), "{refused}");
    }
    // The failed change is on record as unfinished; the old program ends it.
    wire.apply(light(&wire, |_| {}).await).await;
    wire.destroy().await;
}

#[tokio::test]
async fn a_patch_level_that_aws_chose_is_no_difference() {
    let wire = Wire::new("db-patch");
    wire.apply(light(&wire, |_| {}).await).await;
    let aws = wire.clients().await;
    let call = aws.rds.modify_db_instance().db_instance_identifier(own(&wire));
    call.engine_version("8.4.6").apply_immediately(true).send().await.unwrap();
    assert_eq!(wire.plan(light(&wire, |_| {}).await).await, [""; 0]);
    // To keep what is there takes one call, and to go back is refused.
    let pinned = |db: &mut Instance| db.engine_version = "8.4.6".into();
    assert_eq!(
        wire.plan(light(&wire, pinned).await).await,
        ["update rds.instance/db engine_version: \"8.4\" → \"8.4.6\""]
    );
    assert_eq!(wire.apply(light(&wire, pinned).await).await, ["ModifyDBInstance"]);
    assert_eq!(
        find(&wire).await.auto_minor_version_upgrade(),
        Some(false),
        "AWS raises it no more"
    );
    assert_eq!(wire.plan(light(&wire, pinned).await).await, [""; 0]);
    let older = |db: &mut Instance| db.engine_version = "8.4.5".into();
    let (report, calls) = wire.try_apply(light(&wire, older).await).await;
    assert_eq!(calls, [""; 0]);
    assert!(fault(&report).what.contains("does not go back to 8.4.5"), "{report:?}");
    wire.destroy().await;
}

#[tokio::test]
async fn drift_is_shown_field_by_field_and_mended() {
    let wire = Wire::new("db-drift");
    wire.apply(light(&wire, |_| {}).await).await;
    let aws = wire.clients().await;
    let call = aws.rds.modify_db_instance().db_instance_identifier(own(&wire));
    let call = call.backup_retention_period(1).publicly_accessible(true);
    call.apply_immediately(true).send().await.unwrap();
    let lines = [
        "update rds.instance/db backup_days: 1 → 7 (drift)",
        "update rds.instance/db publicly_accessible: true → null (drift)",
    ];
    assert_eq!(wire.plan(light(&wire, |_| {}).await).await, lines);
    assert_eq!(wire.apply(light(&wire, |_| {}).await).await, ["ModifyDBInstance"]);
    assert_eq!(find(&wire).await.publicly_accessible(), Some(false));
    assert_eq!(wire.plan(light(&wire, |_| {}).await).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_master_password_that_somebody_took_over_is_taken_back() {
    let wire = Wire::new("db-master").limited_to(&["rds.instance", "rds.subnet_group"]).await;
    wire.apply(light(&wire, |_| {}).await).await;
    let aws = wire.clients().await;
    let call = aws.rds.modify_db_instance().db_instance_identifier(own(&wire));
    let call = call.manage_master_user_password(false).master_user_password("known-to-somebody");
    call.apply_immediately(true).send().await.unwrap();
    let line = "update rds.instance/db master_password_managed: false → null (drift)";
    let shown = wire.plan(light(&wire, |_| {}).await).await;
    assert!(shown.contains(&line.to_owned()), "{shown:?}");
    assert_eq!(wire.apply(light(&wire, |_| {}).await).await, ["ModifyDBInstance"]);
    assert!(find(&wire).await.master_user_secret().is_some());
    assert_eq!(wire.plan(light(&wire, |_| {}).await).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_change_that_waits_for_its_window_is_no_drift() {
    let wire = Wire::new("db-pending");
    wire.apply(light(&wire, |_| {}).await).await;
    let aws = wire.clients().await;
    let call = aws.rds.modify_db_instance().db_instance_identifier(own(&wire));
    call.db_instance_class("db.m7g.xlarge").apply_immediately(false).send().await.unwrap();
    let larger = |db: &mut Instance| db.class = "db.m7g.xlarge".into();
    assert_eq!(wire.plan(light(&wire, larger).await).await, [""; 0]);
    // What the program does not want is taken back.
    let line = r#"update rds.instance/db class: "db.m7g.xlarge" → "db.m7g.large" (drift)"#;
    assert_eq!(wire.plan(light(&wire, |_| {}).await).await, [line]);
    wire.apply(light(&wire, |_| {}).await).await;
    assert_eq!(wire.plan(light(&wire, |_| {}).await).await, [""; 0]);
    assert_eq!(find(&wire).await.db_instance_class(), Some("db.m7g.large"));
    wire.destroy().await;
}

#[tokio::test]
async fn the_declared_actions_are_enough() {
    let kinds = ["rds.instance", "rds.subnet_group"];
    let wire = Wire::new("db-actions").limited_to(&kinds).await;
    wire.apply(light(&wire, |_| {}).await).await;
    let next = |db: &mut Instance| {
        db.backup_days = 14;
        db.on_delete = OnDelete::FinalSnapshot;
        db.tags.insert("team".into(), "data".into());
    };
    wire.apply(light(&wire, next).await).await;
    wire.apply(program(&wire, |_, db| db.deletion_protection = true).await).await;
    wire.destroy_unprotected(&[DB]).await;
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_made_one_database() {
    let wire = Wire::new("db-lost");
    wire.lose_answers(["CreateDBSubnetGroup", "CreateDBInstance"]);
    wire.apply(light(&wire, |_| {}).await).await;
    assert_eq!(wire.plan(light(&wire, |_| {}).await).await, [""; 0]);
    wire.destroy().await;
    // Dead between the call and its answer.
    wire.die_after("CreateDBInstance", light(&wire, |_| {}).await).await;
    assert_eq!(find(&wire).await.db_instance_identifier(), Some(own(&wire).as_str()));
    wire.apply(light(&wire, |_| {}).await).await;
    assert_eq!(wire.plan(light(&wire, |_| {}).await).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_delete_that_was_interrupted_is_ended() {
    let wire = Wire::new("db-half-deleted");
    wire.apply(program(&wire, |_, db| db.deletion_protection = false).await).await;
    wire.lose_answers(["DeleteDBInstance"]);
    wire.destroy().await;
    assert_eq!(
        snapshots(&wire).await.len(),
        1,
        "one last snapshot, however often it was asked for"
    );
}

#[tokio::test]
async fn anothers_database_is_neither_taken_nor_deleted() {
    let wire = Wire::new("db-foreign");
    let aws = wire.clients().await;
    let call = aws.rds.create_db_instance().db_instance_identifier(own(&wire)).engine("mysql");
    let call = call.db_instance_class("db.t3.micro").allocated_storage(20);
    call.master_username("me").master_user_password("not-a-real-one").send().await.unwrap();
    let (report, _) = wire.try_apply(light(&wire, |_| {}).await).await;
    assert_not_ours(&report);
    wire.destroy().await;
    assert_eq!(find(&wire).await.master_username(), Some("me"));
    let call = aws.rds.delete_db_instance().db_instance_identifier(own(&wire));
    call.skip_final_snapshot(true).send().await.unwrap();
}

#[tokio::test]
async fn a_database_whose_mark_somebody_removed_is_not_deleted() {
    let wire = Wire::new("db-unmarked");
    wire.apply(light(&wire, |_| {}).await).await;
    let aws = wire.clients().await;
    let arn = find(&wire).await.db_instance_arn().unwrap().to_owned();
    let call = aws.rds.remove_tags_from_resource().resource_name(&arn);
    let marks = ["lineage", "stack", "address", "generation"].map(|m| format!("groundplan:{m}"));
    call.set_tag_keys(Some(marks.into())).send().await.unwrap();
    let report = wire.try_destroy().await;
    assert_not_ours(&report);
    // An apply puts the mark back with the next change of tags.
    let tagged = |db: &mut Instance| drop(db.tags.insert("a".into(), "b".into()));
    wire.apply(light(&wire, tagged).await).await;
    wire.destroy().await;
}

#[tokio::test]
async fn a_subnet_group_changes_in_place() {
    let wire = Wire::new("db-subnets");
    let subnets = Network::of(&wire).await.subnets;
    let with = |count: usize, description: &str| {
        let (mut stack, scope) = wire.stack();
        let subnets = subnets[..count].iter().rev().map(|s| s.clone().into()).collect();
        let mut group = SubnetGroup::new(scope, subnets);
        group.description = description.into();
        stack.add("stores", group);
        stack
    };
    wire.apply(with(2, "a")).await;
    assert_eq!(wire.plan(with(2, "a")).await, [""; 0], "order means nothing");
    assert_eq!(wire.apply(with(3, "b")).await, ["ModifyDBSubnetGroup"]);
    assert_eq!(wire.plan(with(3, "b")).await, [""; 0]);
    wire.destroy().await;
}
