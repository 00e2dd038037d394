//! A process dies while a cluster is raised over two versions.

use super::{FIRST, Version, platform};
use crate::harness::Wire;

#[tokio::test]
async fn a_process_can_die_in_the_middle_of_a_raise() {
    let wire = Wire::new("dies-raising");
    wire.apply(platform(&wire, FIRST)).await;
    let next = Version { kubernetes: "1.35", scheduler: true, ..FIRST };
    wire.die_after("POST /clusters/dies-raising-main/updates", platform(&wire, next)).await;
    let calls = wire.apply(platform(&wire, next)).await;
    let raises = calls.iter().filter(|call| call.ends_with("/updates")).count();
    assert_eq!(raises, 1, "the first one went on by itself: {calls:#?}");
    assert_eq!(wire.plan(platform(&wire, next)).await, [""; 0]);
    wire.destroy().await;
}
