//! Answers get lost and processes die: nothing is made twice, nothing is forgotten.

use super::{FIRST, Version, platform};
use crate::harness::Wire;
use futures::future::join_all;

/// Every call that makes something, as the services' protocols name them.
fn creates(cluster: &str) -> Vec<String> {
    let path = format!("POST /clusters/{cluster}-main");
    let entry = format!("{path}/access-entries");
    vec![
        "CreateRole".into(),
        "PutRolePolicy".into(),
        "AttachRolePolicy".into(),
        "CreateOpenIDConnectProvider".into(),
        "POST /clusters".into(),
        format!("{path}/addons"),
        format!("{path}/node-groups"),
        entry.clone(),
        format!(
            "{entry}/arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2F{cluster}-operator/access-policies"
        ),
    ]
}

#[tokio::test]
async fn a_lost_answer_makes_nothing_twice() {
    let wire = Wire::new("lost");
    let creates = creates("lost");
    wire.lose_answers(&creates.iter().map(String::as_str).collect::<Vec<_>>());
    wire.apply(platform(&wire, FIRST)).await;
    assert_eq!(wire.plan(platform(&wire, FIRST)).await, [""; 0]);
    wire.destroy().await;
}

/// Dies right after a call, and goes on.
async fn dies_after(name: &str, action: &str) {
    let wire = Wire::new(name);
    wire.die_after(action, platform(&wire, FIRST)).await;
    wire.apply(platform(&wire, FIRST)).await;
    assert_eq!(wire.plan(platform(&wire, FIRST)).await, [""; 0], "after {action}");
    wire.destroy().await;
}

#[tokio::test]
async fn a_process_can_die_after_any_create() {
    let names: Vec<_> = (0..creates("").len()).map(|i| format!("dies-{i}")).collect();
    let dies = names.iter().enumerate().map(|(i, name)| async move {
        dies_after(name, &creates(name)[i]).await;
    });
    join_all(dies).await;
}

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
