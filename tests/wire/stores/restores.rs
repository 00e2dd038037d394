//! Databases that are made from what was kept of others.

use super::{
    fault,
    rds::{DB, find, light, snapshots},
};
use crate::harness::Wire;
use groundplan::Class;
use groundplan::aws::rds::{Instance, OnDelete, Restore};

/// A database that is kept when it goes, and its snapshot.
async fn kept(wire: &Wire) -> String {
    let up = light(wire, |db| {
        db.master_username = "keeper".into();
        db.on_delete = OnDelete::FinalSnapshot;
    });
    wire.apply(up.await).await;
    wire.destroy().await;
    snapshots(wire).await.remove(0)
}

fn from(snapshot: &str) -> impl Fn(&mut Instance) {
    let restore = Restore::Snapshot(snapshot.into());
    move |db| {
        db.restore = Some(restore.clone());
        db.backup_days = 14;
        db.maintenance_window = Some("sun:03:00-sun:04:00".into());
    }
}

#[tokio::test]
async fn a_database_is_made_from_a_snapshot_and_brought_to_what_the_program_says() {
    let wire = Wire::new("db-restore");
    let snapshot = kept(&wire).await;
    let up = || light(&wire, from(&snapshot));
    let calls = wire.apply(up().await).await;
    let expected = ["CreateDBSubnetGroup", "ModifyDBInstance", "RestoreDBInstanceFromDBSnapshot"];
    assert_eq!(calls, expected);
    let db = find(&wire).await;
    assert_eq!(db.master_username(), Some("keeper"), "as it was");
    assert_eq!(db.backup_retention_period(), Some(14));
    assert_eq!(db.preferred_maintenance_window(), Some("sun:03:00-sun:04:00"));
    assert_eq!(db.publicly_accessible(), Some(false));
    assert!(wire.outputs(DB).await["master_secret"].is_string());
    assert_eq!(wire.plan(up().await).await, [""; 0]);
    // Where it came from is part of what it is.
    let plan = wire.plan(light(&wire, |_| {}).await).await;
    assert!(plan.iter().all(|line| line.starts_with("replace rds.instance/db")), "{plan:?}");
    wire.destroy().await;
}

#[tokio::test]
async fn a_restore_whose_answer_was_lost_made_one_database() {
    let wire = Wire::new("db-restore-lost").limited_to(&["rds.instance", "rds.subnet_group"]).await;
    let snapshot = kept(&wire).await;
    wire.lose_answers(["RestoreDBInstanceFromDBSnapshot"]);
    wire.apply(light(&wire, from(&snapshot)).await).await;
    assert_eq!(wire.plan(light(&wire, from(&snapshot)).await).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_database_is_made_of_another_one_as_it_was() {
    let source = Wire::new("db-source");
    source.apply(light(&source, |_| {}).await).await;
    let wire = Wire::new("db-clone");
    let restore = Restore::PointInTime { source: "db-source-db".into(), time: None };
    let up = || light(&wire, |db| db.restore = Some(restore.clone()));
    let calls = wire.apply(up().await).await;
    // Whoever knew the old password does not know the new one.
    let expected = ["CreateDBSubnetGroup", "ModifyDBInstance", "RestoreDBInstanceToPointInTime"];
    assert_eq!(calls, expected);
    assert!(wire.outputs(DB).await["master_secret"].is_string());
    assert_eq!(wire.plan(up().await).await, [""; 0]);
    // The tags of the one it was made of did not come with it.
    assert_eq!(source.plan(light(&source, |_| {}).await).await, [""; 0]);
    wire.destroy().await;
    source.destroy().await;
}

#[tokio::test]
async fn a_snapshot_that_is_not_there_is_told() {
    let wire = Wire::new("db-no-snapshot");
    let (report, _) = wire.try_apply(light(&wire, from("lost")).await).await;
    let missing = fault(&report);
    assert_eq!(missing.class, Class::NotFound);
    assert!(missing.hint.as_deref().unwrap().contains("describe-db-snapshots"), "{missing:?}");
    wire.destroy().await;
}
