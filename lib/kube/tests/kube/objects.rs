//! `kube.object` against a real API server.

use crate::{
    cluster::ControlPlane,
    world::{World, access, complete, lines, stack},
};
use groundplan_core::{SecretSource, Stack, json};
use groundplan_kube::KubeObject;
use kube::api::{Patch, PatchParams};

/// A namespace with a workload that reads a Secret.
fn program(plane: &ControlPlane, replicas: u32) -> Stack {
    let mut stack = stack();
    let cluster = access(&mut stack, plane).access();
    let namespace = stack.add("hub", KubeObject::namespace(cluster.clone(), "hub"));
    let source = SecretSource::Env { name: "PASSWORD".into() };
    let secret = stack.add(
        "mysql",
        KubeObject::secret(cluster.clone(), namespace.name(), "mysql", [("password", source)]),
    );
    let reads = json!({ "name": "PASSWORD", "valueFrom": { "secretKeyRef": {
        "name": secret.name(), "key": "password" } } });
    stack.add(
        "web",
        KubeObject::new(
            cluster,
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": { "name": "web", "namespace": namespace.name() },
                "spec": {
                    "replicas": replicas,
                    "selector": { "matchLabels": { "app": "web" } },
                    "template": {
                        "metadata": { "labels": { "app": "web" } },
                        "spec": { "containers": [{ "name": "web", "image": "web:1", "env": [reads],
                            "resources": { "requests": { "cpu": "0.1" } } }] },
                    },
                },
            }),
        ),
    );
    stack
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_come_change_heal_and_go() {
    let plane = ControlPlane::start().await;
    let world = World::new();
    world.secrets.set("PASSWORD", "hunter2");

    complete(&world.apply(program(&plane, 1)).await);
    assert_eq!(lines(&world.plan(program(&plane, 1)).await), Vec::<String>::new());

    // Somebody scales by hand and edits the Secret; the plan says so, and takes both back.
    let scale = json!({ "spec": { "replicas": 3 } });
    let by_hand =
        PatchParams { field_manager: Some("kubectl-scale".into()), ..PatchParams::default() };
    let deployments = plane.api("Deployment", "hub").await;
    deployments.patch("web", &by_hand, &Patch::Merge(scale)).await.unwrap();
    world.secrets.set("PASSWORD", "hunter2-new");
    let plan = lines(&world.plan(program(&plane, 1)).await);
    assert!(plan.contains(&"  manifest.spec.replicas 3 -> 1".to_owned()), "{plan:#?}");
    assert!(plan.iter().any(|line| line.contains("secret_data.password")), "{plan:#?}");
    assert!(!format!("{plan:?}").contains("hunter"), "{plan:#?}");
    complete(&world.apply(program(&plane, 1)).await);
    assert_eq!(lines(&world.plan(program(&plane, 1)).await), Vec::<String>::new());
    let secret = plane.api("Secret", "hub").await.get("mysql").await.unwrap();
    assert_eq!(secret.data["data"]["password"], "aHVudGVyMi1uZXc=");
    assert!(!serde_json::to_string(&world.snapshot()).unwrap().contains("hunter"));

    complete(&world.destroy().await);
    assert!(world.snapshot().entries.is_empty());
    assert!(!plane.names("Namespace", "").await.contains(&"hub".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ours_is_left_alone() {
    let plane = ControlPlane::start().await;
    let world = World::new();
    let foreign = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "hub" } });
    let foreign = serde_json::from_value(foreign).unwrap();
    plane
        .api("Namespace", "")
        .await
        .create(&kube::api::PostParams::default(), &foreign)
        .await
        .unwrap();

    let mut stack = stack();
    let cluster = access(&mut stack, &plane).access();
    stack.add("hub", KubeObject::namespace(cluster, "hub"));
    let report = world.apply(stack).await;
    let (_, fault) = &report.failed[0];
    assert!(fault.to_string().contains("exists already and is not this stack's"), "{fault}");
    complete(&world.destroy().await);
    assert!(plane.names("Namespace", "").await.contains(&"hub".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_that_does_not_run_says_why() {
    let plane = ControlPlane::start().await;
    let world = World::new();
    let mut stack = stack();
    let cluster = access(&mut stack, &plane).access();
    let namespace = stack.add("hub", KubeObject::namespace(cluster.clone(), "hub"));
    stack.add("job", KubeObject::new(cluster, json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": { "name": "setup", "namespace": namespace.name() },
        "spec": { "backoffLimit": 0, "template": {
            "metadata": { "annotations": { "sandbox.groundplan.dev/outcome": "fail" } },
            "spec": { "restartPolicy": "Never", "containers": [{ "name": "a", "image": "a:1" }] },
        } },
    })));
    let report = world.apply(stack).await;
    let (_, fault) = &report.failed[0];
    assert!(fault.to_string().starts_with("Job hub/setup failed: BackoffLimitExceeded"), "{fault}");
    assert_eq!(fault.hint.as_deref(), Some("kubectl describe Job -n hub setup"));
    complete(&world.destroy().await);
}
