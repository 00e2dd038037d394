//! Storage of databases, which grows and is fast in ways of its own, and when it does.

use super::rds::{find, light, own};
use crate::harness::{Wire, eventually};
use groundplan::aws::rds::{ApplyTime, Instance};

#[tokio::test]
async fn storage_grows_over_the_line_where_it_is_striped() {
    let wire = Wire::new("db-striped");
    let of = |gib: u32, iops: Option<u32>| {
        move |db: &mut Instance| {
            db.storage_gib = gib;
            db.iops = iops;
        }
    };
    wire.apply(light(&wire, of(100, None)).await).await;
    for (gib, iops) in [(400, None), (600, None), (600, Some(16_000)), (600, None)] {
        let calls = wire.apply(light(&wire, of(gib, iops)).await).await;
        assert_eq!(calls, ["ModifyDBInstance"], "{gib} {iops:?}");
        assert_eq!(wire.plan(light(&wire, of(gib, iops)).await).await, [""; 0], "{gib} {iops:?}");
    }
    wire.destroy().await;
}

#[tokio::test]
async fn storage_that_grew_by_itself_to_its_most_over_the_line_is_no_drift() {
    let wire = Wire::new("db-grown");
    let up = |db: &mut Instance| {
        db.storage_gib = 300;
        db.max_storage_gib = Some(420);
    };
    wire.apply(light(&wire, up).await).await;
    let aws = wire.clients().await;
    let call = aws.rds.modify_db_instance().db_instance_identifier(own(&wire));
    let call = call.allocated_storage(420).iops(12_000).storage_throughput(500);
    call.apply_immediately(true).send().await.unwrap();
    let grown = async || {
        let has = find(&wire).await.allocated_storage();
        if has == Some(420) { Ok(()) } else { Err(has) }
    };
    eventually(grown).await;
    assert_eq!(wire.plan(light(&wire, up).await).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn only_what_interrupts_waits_for_the_window() {
    let wire = Wire::new("db-window");
    let up = |db: &mut Instance| db.apply = ApplyTime::MaintenanceWindow;
    wire.apply(light(&wire, up).await).await;
    let next = |db: &mut Instance| {
        up(db);
        db.class = "db.m7g.xlarge".into();
        db.storage_gib = 200;
    };
    let calls = wire.apply(light(&wire, next).await).await;
    // The one for the window is asked for again while the other is under way.
    assert!(calls.len() >= 2 && calls.iter().all(|call| call == "ModifyDBInstance"), "{calls:?}");
    let there = find(&wire).await;
    assert_eq!(
        (there.allocated_storage(), there.db_instance_class()),
        (Some(200), Some("db.m7g.large"))
    );
    assert_eq!(wire.plan(light(&wire, next).await).await, [""; 0]);
    wire.destroy().await;
}
