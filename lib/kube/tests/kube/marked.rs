//! What carries a stack's mark is found, whatever is recorded of it, against a real API server.

use crate::{
    cluster::ControlPlane,
    releases::{program, revision},
    world::{STACK, World, access, complete, lines, stack},
};
use groundplan_core::{Json, Mark, Marked, Near, Resource, Stack, json, to_json};
use groundplan_kube::{HelmRelease, KubeObject};
use kube::api::PostParams;

/// The release of the small chart, and a workload beside it.
fn both(world: &World, plane: &ControlPlane) -> Stack {
    let mut stack = program(world, plane, json!({}));
    let cluster = groundplan_core::Val::output(&"eks.access/main".parse().unwrap(), "access");
    for name in ["a", "b"] {
        let manifest = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": name, "namespace": "hub" },
            "data": { "name": name },
        });
        let after = ["kube.object/hub".parse().unwrap()].into();
        let options = groundplan_core::Options { after, ..groundplan_core::Options::default() };
        stack.add_with(name, KubeObject::new(cluster.clone(), manifest), options);
    }
    stack
}

/// What is found near `near`, in the order of addresses.
async fn found<R: Resource>(world: &World, near: &[R], mark: &Mark) -> Vec<Marked<R::Outputs>> {
    let mut found = R::marked(&world.context(), &Near::new(near.to_vec()), mark).await.unwrap();
    found.sort_by_key(|one| one.owner.address.clone());
    found
}

/// Exactly what is recorded of a kind is found near some of it; by another mark nothing.
async fn assert_found<R: Resource>(world: &World, near: &[&str], ids: &[&str]) {
    let snapshot = world.snapshot();
    let inputs = |address: &&str| snapshot.entries[&address.parse().unwrap()].inputs.clone();
    let near: Vec<R> = near.iter().map(|a| serde_json::from_value(inputs(a)).unwrap()).collect();
    let recorded: Vec<_> =
        snapshot.entries.iter().filter(|(address, _)| address.kind() == R::KIND).collect();
    let mark = |stack: &str, lineage: Option<&str>| Mark {
        stack: stack.to_owned(),
        lineage: lineage.map(str::to_owned),
    };
    let lineage = snapshot.lineage.to_string();
    for known in [Some(lineage.as_str()), None] {
        let found = found(world, &near, &mark(STACK, known)).await;
        assert_eq!(found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ids);
        assert_eq!(found.len(), recorded.len());
        for (one, (address, entry)) in found.iter().zip(&recorded) {
            assert_eq!(one.owner.address, **address);
            assert_eq!((&one.owner.lineage, one.owner.generation), (&lineage, entry.generation));
            assert_eq!(Some(to_json(&one.live.outputs)), entry.outputs);
            assert!(!one.live.leaving && one.name.is_none());
            // As the engine reads it: over what is recorded of it, or else of another beside it.
            for beside in [&entry.inputs, &recorded[0].1.inputs] {
                let _: R = serde_json::from_value(over(beside, &one.live.fields)).unwrap();
            }
        }
    }
    assert!(found(world, &near, &mark(STACK, Some("another"))).await.is_empty());
    assert!(found(world, &near, &mark("another", None)).await.is_empty());
}

fn over(inputs: &Json, fields: &Json) -> Json {
    let both = [inputs, fields].into_iter().flat_map(|all| all.as_object().unwrap());
    Json::Object(both.map(|(field, value)| (field.clone(), value.clone())).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_and_releases_are_found_taken_up_and_removed_by_their_marks() {
    let plane = ControlPlane::start().await;
    let world = World::new();
    complete(&world.apply(both(&world, &plane)).await);
    let labels = ["ConfigMap hub/a", "ConfigMap hub/b", "Namespace hub"];
    assert_found::<KubeObject>(&world, &["kube.object/a", "kube.object/hub"], &labels).await;
    assert_found::<HelmRelease>(&world, &["helm.release/web"], &["hub/web"]).await;

    // A copy of an object has its annotations, and is not ours.
    let configs = plane.api("ConfigMap", "hub").await;
    let mut copy = configs.get("a").await.unwrap();
    copy.metadata.name = Some("copy".into());
    (copy.metadata.resource_version, copy.metadata.managed_fields) = (None, None);
    configs.create(&PostParams::default(), &copy).await.unwrap();
    assert_found::<KubeObject>(&world, &["kube.object/a", "kube.object/hub"], &labels).await;

    // Records that are lost are taken up, and nothing is made or changed.
    let before = world.snapshot();
    for lost in ["kube.object/b", "helm.release/web"] {
        world.forget(lost).await;
        complete(&world.apply(both(&world, &plane)).await);
        let address = lost.parse().unwrap();
        let (now, then) = (&world.snapshot().entries[&address], &before.entries[&address]);
        assert_eq!((&now.inputs, &now.outputs), (&then.inputs, &then.outputs));
    }
    assert_eq!(revision(&plane).await.len(), 1);
    assert_eq!(lines(&world.plan(both(&world, &plane)).await), Vec::<String>::new());

    // What nothing wants and no record knows is removed.
    for lost in ["kube.object/a", "helm.release/web"] {
        world.forget(lost).await;
    }
    let mut less = stack();
    let cluster = access(&mut less, &plane).access();
    less.add("hub", KubeObject::namespace(cluster.clone(), "hub"));
    complete(&world.apply(less).await);
    assert_eq!(revision(&plane).await, Vec::<String>::new());
    let left = plane.names("ConfigMap", "hub").await;
    assert!(left.contains(&"copy".to_owned()), "{left:?}");
    assert!(!left.contains(&"a".to_owned()) && !left.contains(&"b".to_owned()), "{left:?}");
    complete(&world.destroy().await);
}
