//! Up, nothing to do, changes in place, a replacement, destroy, up again; and killed on the way.

use super::{
    sweep::{Found, sweep, take_access},
    world::Folder,
};
use serde_json::Value as Json;
use std::{collections::BTreeMap, thread, time::Duration};

#[test]
fn the_platform_comes_up_changes_goes_and_comes_back() {
    let folder = Folder::new();
    comes_up(&folder);
    has_nothing_to_do(&folder);
    changes_in_place(&folder);
    mends_access_that_somebody_took(&folder);
    rebuilds_a_state_that_is_lost(&folder);
    shows_what_a_new_block_replaces(&folder);
    shows_all_that_cannot_move_to_a_new_network(&folder);
    shows_the_objects_of_a_new_version(&folder);
    goes_when_its_protection_is_lifted(&folder);
    folder.run(&["--sandbox", "--yes"]).with(0);
    has_nothing_to_do(&folder);
}

fn comes_up(folder: &Folder) {
    let ended = folder.run(&["--sandbox", "--yes"]).with(0);
    for output in ["cluster_endpoint", "database", "search", "datahub"] {
        assert!(ended.said().contains(output), "{}", ended.said());
    }
    let pods = folder.kubectl(&["get", "pods", "-n", "datahub"]);
    let pods = pods["items"].as_array().expect("pods");
    assert!(pods.len() >= 4, "{} pods", pods.len());
    for pod in pods {
        let phase = pod["status"]["phase"].as_str().unwrap_or_default();
        assert!(phase == "Running" || phase == "Succeeded", "{pod:#}");
    }
    let account = folder.kubectl(&["get", "serviceaccount", "datahub-app-sa", "-n", "datahub"]);
    let role = folder.output("iam.role/datahub", "arn");
    assert_eq!(account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"], role);
    let host = folder.output("rds.instance/main", "host");
    let gms = folder.kubectl(&["get", "deployments", "-n", "datahub"]).to_string();
    assert!(!host.is_empty() && gms.contains(&host), "{host}");
}

fn has_nothing_to_do(folder: &Folder) {
    let (_, before) = folder.changes(0);
    let ended = folder.run(&["--sandbox", "--yes"]).with(0);
    assert!(ended.said().contains("no changes"), "{}", ended.said());
    let (changes, _) = folder.changes(before);
    assert_eq!(changes, Vec::<String>::new());
    folder.run(&["--sandbox", "plan"]).with(0);
}

/// The plan as JSON, and how it ended.
fn plan(folder: &Folder, code: i32) -> Json {
    // A plan that takes most of all away is refused unless that is allowed.
    let ended = folder.run(&["--sandbox", "--json", "plan", "--allow-deletes", "60"]).with(code);
    let plan = ended.documents().into_iter().find(|d| d["changes"].is_array());
    plan.unwrap_or_else(|| panic!("no plan: {}", ended.stdout))
}

fn actions(plan: &Json) -> BTreeMap<String, String> {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let changes = plan["changes"].as_array().expect("changes");
    changes.iter().map(|c| (text(&c["address"]), text(&c["action"]))).collect()
}

fn changes_in_place(folder: &Folder) {
    folder.edit("groundplan.toml", "team = \"data-platform\"", "team = \"data\"");
    let tags = plan(folder, 2);
    let all = actions(&tags);
    assert!(all.len() > 20 && all.values().all(|action| action == "update"), "{all:?}");
    let (_, before) = folder.changes(0);
    folder.run(&["--sandbox", "--yes"]).with(0);
    let (changes, before) = folder.changes(before);
    assert!(changes.len() >= all.len(), "{changes:?}");
    for call in &changes {
        assert!(call.contains("Tag"), "{call}: tags alone changed");
    }

    folder.edit("groundplan.sandbox.toml", "desired = 2", "desired = 3");
    let nodes = plan(folder, 2);
    assert_eq!(actions(&nodes), BTreeMap::from([("eks.node_group/main".into(), "update".into())]));
    assert_eq!(nodes["changes"][0]["fields"][0]["path"], "scaling.desired");
    folder.run(&["--sandbox", "--yes"]).with(0);
    let (changes, _) = folder.changes(before);
    assert_eq!(changes, ["eks:UpdateNodegroupConfig"]);
}

/// Without its entry nothing in the cluster can be read; the plan says so, and mends what it is about.
fn mends_access_that_somebody_took(folder: &Folder) {
    take_access(folder);
    let ended = folder.run(&["--sandbox", "plan"]).with(2);
    assert!(ended.said().contains("not verified"), "{}", ended.said());
    let entry = "main-groundplan-administrator";
    let both = ["access_entry", "access_policy"].map(|kind| format!("eks.{kind}/{entry}"));
    assert_eq!(actions(&plan(folder, 2)), both.map(|address| (address, "create".into())).into());
    folder.run(&["--sandbox", "--yes"]).with(0);
    has_nothing_to_do(folder);
}

/// The state is deleted, and with it every earlier version.
fn rebuilds_a_state_that_is_lost(folder: &Folder) {
    let before = folder.records();
    let refused = folder.run(&["--sandbox", "state", "recover", "--yes"]).with(3).said();
    assert!(refused.contains("is not lost"), "{refused}");
    let states = folder.path().join(".groundplan/sandbox");
    let world = std::fs::read_dir(states).expect("states").flatten().next().expect("a sandbox");
    std::fs::remove_dir_all(world.path().join("platform")).expect("it is lost");
    let (_, calls) = folder.changes(0);
    let said = folder.run(&["--sandbox", "state", "recover", "--yes"]).with(0).said();
    assert!(!said.contains("not found") && !said.contains("left alone"), "{said}");
    has_nothing_to_do(folder);
    assert_eq!(folder.changes(calls).0, Vec::<String>::new());
    let after = folder.records();
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    for (address, record) in &before {
        let outputs = |record: &Json| record["record"]["outputs"].clone();
        assert_eq!(outputs(record), outputs(&after[address]), "{address}");
    }
}

fn shows_what_a_new_block_replaces(folder: &Folder) {
    let blocks = "nat = \"one\"\nprivate_cidrs = [\"10.20.96.0/19\", \"10.20.32.0/19\"]";
    folder.edit("groundplan.sandbox.toml", "nat = \"one\"", blocks);
    let plan = plan(folder, 2);
    let all = actions(&plan);
    assert_eq!(all["ec2.subnet/main-private-eu-west-1a"], "replace", "{all:?}");
    assert!(!all.contains_key("ec2.subnet/main-private-eu-west-1b"), "{all:?}");
    let changes = plan["changes"].as_array().expect("changes");
    let of = |address: &str| changes.iter().find(|c| c["address"] == address).expect("a change");
    assert_eq!(of("ec2.subnet/main-private-eu-west-1a")["because"][0], "cidr");
    // Its dependents, each with the subnet as the reason.
    let group = of("eks.node_group/main");
    assert_eq!(group["action"], "replace");
    let why = group["fields"].to_string();
    assert!(why.contains("ec2.subnet/main-private-eu-west-1a#id"), "{why}");
    folder.edit("groundplan.sandbox.toml", blocks, "nat = \"one\"");
}

fn shows_all_that_cannot_move_to_a_new_network(folder: &Folder) {
    folder.edit("groundplan.toml", "10.20.0.0/16", "10.30.0.0/16");
    let refused = folder.run(&["--sandbox", "plan"]).with(3).said();
    assert!(refused.contains("--allow-deletes"), "{refused}");
    let all = actions(&plan(folder, 2));
    for address in [
        "ec2.vpc/main",
        "eks.cluster/main",
        "rds.instance/main",
        "opensearch.domain/main",
        "kube.object/datahub",
        "helm.release/datahub",
    ] {
        assert_eq!(all.get(address).map(String::as_str), Some("replace"), "{address} in {all:?}");
    }
    folder.edit("groundplan.toml", "10.30.0.0/16", "10.20.0.0/16");
}

fn shows_the_objects_of_a_new_version(folder: &Folder) {
    folder.edit("groundplan.toml", "version = \"v1.7.0\"", "version = \"v1.7.1\"");
    let plan = plan(folder, 2);
    assert_eq!(actions(&plan), BTreeMap::from([("helm.release/datahub".into(), "update".into())]));
    let objects = plan["changes"][0]["preview"]["objects"].as_array().expect("objects").clone();
    let named = |name: &str| objects.iter().any(|o| o["object"].as_str() == Some(name));
    assert!(objects.iter().any(|o| o["object"].as_str().unwrap_or_default().contains("gms")));
    assert!(
        !named("Service datahub/datahub-gms") && !named("ServiceAccount datahub/datahub-app-sa")
    );
    folder.edit("groundplan.toml", "version = \"v1.7.1\"", "version = \"v1.7.0\"");
}

const PROTECTED: [&str; 3] = ["eks.cluster/main", "opensearch.domain/main", "rds.instance/main"];

fn goes_when_its_protection_is_lifted(folder: &Folder) {
    folder.edit("groundplan.sandbox.toml", "protect = false", "protect = true");
    // A protected database needs backups, which the sandbox's profile keeps short.
    folder.run(&["--sandbox", "--yes"]).with(0);
    let refused = folder.run(&["--sandbox", "destroy", "--yes"]).with(3);
    for address in PROTECTED {
        assert!(refused.said().contains(&format!("--unprotect {address}")), "{}", refused.said());
    }
    let lifted = PROTECTED.map(|address| ["--unprotect", address]).concat();
    let destroy = [&["--sandbox", "destroy", "--yes"][..], &lifted].concat();
    let said = folder.run(&destroy).with(0).said();
    assert_eq!(folder.records().len(), 0);
    assert_eq!(sweep(folder), Found::new());
    // What AWS itself keeps is named: the last snapshot, and the secret in its recovery window.
    assert!(
        said.contains("keeps") && said.contains("snapshot") && said.contains("secret"),
        "{said}"
    );
    folder.edit("groundplan.sandbox.toml", "protect = true", "protect = false");
}

#[test]
fn a_killed_run_is_finished_by_the_next() {
    let folder = Folder::new();
    // Whatever the machine's speed: early, in the middle, and late.
    for seconds in [fastrand::u64(4..15), fastrand::u64(10..30), fastrand::u64(5..45)] {
        let mut run = folder.start(&["--sandbox", "--yes"]);
        thread::sleep(Duration::from_secs(seconds));
        run.kill().expect("it can be killed");
        run.wait().expect("it ends");
    }
    folder.run(&["--sandbox", "--yes"]).with(0);
    has_nothing_to_do(&folder);
    let (found, records) = (sweep(&folder), folder.records());
    assert!(found.len() > 20, "{found:?}");
    for (address, objects) in found {
        assert!(records.contains_key(&address), "orphaned: {address} {objects:?}");
        assert_eq!(objects.len(), 1, "doubled: {address} {objects:?}");
    }
    folder.run(&["--sandbox", "destroy", "--yes"]).with(0);
    assert_eq!(folder.records().len(), 0);
    assert_eq!(sweep(&folder), Found::new());
}
