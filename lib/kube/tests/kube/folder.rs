//! The same programs where no cluster is: everything becomes files.

use crate::world::{World, complete, lines, stack};
use groundplan_core::{Json, SecretSource, Stack, json};
use groundplan_kube::{Access, Chart, HelmRelease, KubeObject};
use std::{fs, path::Path};

fn program(version: &str, values: Json) -> Stack {
    let mut stack = stack();
    let access = Access::new("main", "111122223333", "eu-west-1", "https://127.0.0.1:1", "");
    let cluster = stack.derive("main", access).access();
    let namespace = stack.add("hub", KubeObject::namespace(cluster.clone(), "hub"));
    let source = SecretSource::Env { name: "PASSWORD".into() };
    let secret =
        KubeObject::secret(cluster.clone(), namespace.name(), "mysql", [("password", source)]);
    stack.add("mysql", secret);
    let chart = Chart::repository("https://helm.datahubproject.io/", "datahub", version);
    let release =
        HelmRelease { values, ..HelmRelease::new(cluster, "datahub", namespace.name(), chart) };
    let datahub = stack.add("datahub", release);
    stack.output("status", datahub.status());
    stack
}

fn files(root: &Path) -> Vec<String> {
    let read = fs::read_dir(root).into_iter().flatten();
    let mut names: Vec<_> =
        read.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_folder_stands_in_for_a_cluster() {
    let world = World { into_folder: true, ..World::new() };
    world.secrets.set("PASSWORD", "hunter2");
    let report = world.apply(program("1.1.0", json!({}))).await;
    complete(&report);
    assert_eq!(report.outputs["status"], "rendered");
    assert_eq!(lines(&world.plan(program("1.1.0", json!({}))).await), Vec::<String>::new());
    let root = world.folder.path().join("rendered/main");
    let names = files(&root.join("hub"));
    for expected in
        ["deployment-datahub-datahub-gms.yaml", "release-datahub.yaml", "secret-mysql.yaml"]
    {
        assert!(names.contains(&expected.to_owned()), "{names:?}");
    }
    let secret = fs::read_to_string(root.join("hub/secret-mysql.yaml")).unwrap();
    assert!(secret.contains("left out") && !secret.contains("hunter2"), "{secret}");

    let smaller = json!({ "acryl-datahub-actions": { "enabled": false } });
    complete(&world.apply(program("1.1.0", smaller.clone())).await);
    assert_eq!(lines(&world.plan(program("1.1.0", smaller)).await), Vec::<String>::new());
    let names = files(&root.join("hub"));
    assert!(
        !names.contains(&"deployment-datahub-acryl-datahub-actions.yaml".to_owned()),
        "{names:?}"
    );

    complete(&world.destroy().await);
    assert_eq!(files(&world.folder.path().join("rendered")), Vec::<String>::new());
}
