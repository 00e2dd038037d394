//! Helm is killed in the middle of each of its operations, and the next run heals what that left.

use crate::{
    cluster::ControlPlane,
    releases::{killed_when, program, revision},
    world::{World, access, complete, lines, stack},
};
use groundplan_core::{Event, Json, Stack, json};
use groundplan_kube::KubeObject;
use std::{
    process::{Command, Stdio},
    time::Duration,
};

/// The program without its release.
fn without(plane: &ControlPlane) -> Stack {
    let mut without = stack();
    let cluster = access(&mut without, plane).access();
    without.add("hub", KubeObject::namespace(cluster, "hub"));
    without
}

/// What the cluster says of the workload; another one has another id.
async fn workload(plane: &ControlPlane) -> String {
    let web = plane.api("Deployment", "hub").await.get("web").await.unwrap();
    web.metadata.uid.unwrap()
}

async fn config(plane: &ControlPlane) -> Json {
    plane.api("ConfigMap", "hub").await.get("web").await.unwrap().data["data"].clone()
}

/// The status of each kept revision, the oldest first.
async fn statuses(plane: &ControlPlane) -> Vec<String> {
    let secrets = plane.api("Secret", "hub").await;
    let mut statuses = Vec::new();
    for name in revision(plane).await {
        let labels = secrets.get(&name).await.unwrap().metadata.labels.unwrap();
        statuses.push(labels["status"].clone());
    }
    statuses
}

fn helm(plane: &ControlPlane, args: &[&str]) -> Command {
    let mut command = Command::new(crate::world::helm_program());
    command.args(args).args(["-n", "hub", "--kubeconfig"]).arg(plane.kubeconfig());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_install_and_upgrade_heal() {
    let plane = ControlPlane::start().await;
    let world = World::new();
    let slow = json!({ "hook": { "delay": "30s" }, "config": "early" });
    killed_when(&world, program(&world, &plane, slow), "hook Job hub/setup").await;
    assert_eq!(revision(&plane).await.len(), 1);

    let plan = lines(&world.plan(program(&world, &plane, json!({}))).await);
    assert!(plan.iter().any(|line| line.contains("status \"pending-install\"")), "{plan:#?}");
    complete(&world.apply(program(&world, &plane, json!({}))).await);
    assert_eq!(lines(&world.plan(program(&world, &plane, json!({}))).await), Vec::<String>::new());

    // Killed while its workload is not ready: what the broken revision made goes with the next one.
    let stuck = json!({ "outcome": "never-ready", "config": "stray" });
    killed_when(&world, program(&world, &plane, stuck), "Deployment hub/web").await;
    assert!(plane.names("ConfigMap", "hub").await.contains(&"stray".to_owned()));
    complete(&world.apply(program(&world, &plane, json!({ "image": "web:3" }))).await);
    let configs = plane.names("ConfigMap", "hub").await;
    assert!(!configs.contains(&"stray".to_owned()), "{configs:?}");
    assert!(configs.contains(&"web".to_owned()), "{configs:?}");

    // Killed after helm uninstalled it and before its hooks are gone, which the history still names.
    let by_hand = helm(&plane, &["uninstall", "web", "--keep-history"]).status().unwrap();
    assert!(by_hand.success(), "{by_hand:?}");
    assert_eq!(plane.names("Job", "hub").await, ["setup"]);
    let mut without = stack();
    let cluster = access(&mut without, &plane).access();
    without.add("hub", KubeObject::namespace(cluster, "hub"));
    complete(&world.apply(without).await);
    assert_eq!(plane.names("Job", "hub").await, Vec::<String>::new());
    assert_eq!(revision(&plane).await, Vec::<String>::new());
    complete(&world.destroy().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_failed_or_interrupted_upgrade_no_field_stays() {
    let plane = ControlPlane::start().await;
    let world = World::new();
    complete(&world.apply(program(&world, &plane, json!({}))).await);
    let first = workload(&plane).await;

    let hook = json!({ "hook": "post-upgrade", "outcome": "fail" });
    let fails = json!({ "extra": "stray", "after": hook, "image": "web:2" });
    let report = world.apply(program(&world, &plane, fails)).await;
    assert_eq!(report.failed.len(), 1, "{report:?}");
    assert_eq!(config(&plane).await["extra"], "stray");
    let mended = json!({ "image": "web:3" });
    complete(&world.apply(program(&world, &plane, mended.clone())).await);
    assert_eq!(config(&plane).await, json!({ "size": "1" }));
    assert_eq!(lines(&world.plan(program(&world, &plane, mended)).await), Vec::<String>::new());

    let hook = json!({ "hook": "post-upgrade", "delay": "60s" });
    let slow = json!({ "extra": "stray", "after": hook });
    killed_when(&world, program(&world, &plane, slow), "hook Job hub/after").await;
    assert_eq!(statuses(&plane).await.last().unwrap(), "pending-upgrade");
    assert_eq!(config(&plane).await["extra"], "stray");
    complete(&world.apply(program(&world, &plane, json!({}))).await);
    assert_eq!(config(&plane).await, json!({ "size": "1" }));
    assert_eq!(workload(&plane).await, first, "nothing was made anew");

    // Where no field can stay, nothing goes back.
    let fails = json!({ "size": 2, "after": { "hook": "post-upgrade", "outcome": "fail" } });
    assert_eq!(world.apply(program(&world, &plane, fails)).await.failed.len(), 1);
    let before = revision(&plane).await.len();
    world.events.lock().unwrap().clear();
    complete(&world.apply(program(&world, &plane, json!({ "size": 3 }))).await);
    assert_eq!(revision(&plane).await.len(), before + 1);
    let recovered = |event: &Event| matches!(event, Event::Recovered { .. });
    assert!(!world.events.lock().unwrap().iter().any(recovered));
    complete(&world.destroy().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_rollback_heals() {
    let plane = ControlPlane::start().await;
    let world = World::new();
    let hook = json!({ "hook": "pre-rollback", "delay": "60s" });
    complete(&world.apply(program(&world, &plane, json!({ "after": hook }))).await);
    let first = workload(&plane).await;
    let hook = json!({ "hook": "post-upgrade", "outcome": "fail" });
    let fails = program(&world, &plane, json!({ "extra": "stray", "after": hook }));
    assert_eq!(world.apply(fails).await.failed.len(), 1);
    assert_eq!(config(&plane).await["extra"], "stray");

    let mut by_hand = helm(&plane, &["rollback", "web", "1"]).spawn().unwrap();
    while statuses(&plane).await.last().unwrap() != "pending-rollback" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    by_hand.kill().unwrap();
    by_hand.wait().unwrap();
    let values = json!({ "image": "web:2" });
    let plan = lines(&world.plan(program(&world, &plane, values.clone())).await);
    assert!(!plan[0].starts_with("Replace ") && !plan[0].starts_with("Delete "), "{plan:#?}");
    complete(&world.apply(program(&world, &plane, values.clone())).await);
    assert_eq!(statuses(&plane).await.last().unwrap(), "deployed");
    assert_eq!(config(&plane).await, json!({ "size": "1" }), "of the failed upgrade nothing stays");
    assert_eq!(workload(&plane).await, first, "nothing was made anew");
    assert_eq!(lines(&world.plan(program(&world, &plane, values)).await), Vec::<String>::new());
    complete(&world.destroy().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_uninstall_is_ended_or_the_release_made_anew_as_planned() {
    let plane = ControlPlane::start().await;
    let world = World::new();
    let hook = json!({ "hook": "pre-delete", "delay": "5s" });
    let values = json!({ "after": hook });
    let with = || program(&world, &plane, values.clone());
    complete(&world.apply(with()).await);

    killed_when(&world, without(&plane), "hook Job hub/after").await;
    assert_eq!(statuses(&plane).await, ["uninstalling"]);
    // The program has it again.
    let plan = lines(&world.plan(with()).await);
    assert!(plan[0].starts_with("Replace ") && plan[0].contains("being deleted"), "{plan:#?}");
    complete(&world.apply(with()).await);
    assert_eq!(statuses(&plane).await, ["deployed"]);

    killed_when(&world, without(&plane), "hook Job hub/after").await;
    complete(&world.apply(without(&plane)).await);
    assert_eq!(statuses(&plane).await, Vec::<String>::new());
    assert_eq!(plane.names("Job", "hub").await, Vec::<String>::new());
    complete(&world.destroy().await);
}
