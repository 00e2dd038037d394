//! What is wrong is said before anything is touched: all of it, with its place and what now.

use super::world::Folder;
use std::fs;

#[test]
fn five_mistakes_are_told_at_once() {
    let folder = Folder::new();
    folder.edit(
        "groundplan.toml",
        "region = \"eu-west-1\"",
        "region = \"eu-west-1\"\nregoin = \"x\"",
    );
    folder.edit("groundplan.toml", "nat = \"per_zone\"", "nat = \"per_zon\"");
    folder.edit("groundplan.toml", "max = 6", "max = \"six\"");
    folder.edit("groundplan.toml", "class = \"db.m7g.large\"\n", "");
    folder.edit("groundplan.toml", "cidr = \"10.20.0.0/16\"", "cidr = \"10.20.0.7/16\"");
    let said = folder.run(&["validate"]).with(1).said();
    for part in [
        "regoin",
        "did you mean `region`",
        "network.nat",
        "per_zone",
        "cluster.nodes.max",
        "database",
        "class",
        "network.cidr",
        "10.20.0.0/16",
        "nothing was touched",
    ] {
        assert!(said.contains(part), "`{part}` is not in\n{said}");
    }
    assert!(!folder.path().join(".groundplan").exists());
}

#[test]
fn mistakes_that_only_the_whole_shows_are_told_at_once() {
    let folder = Folder::new();
    folder.edit("groundplan.toml", "account = \"111122223333\"", "account = \"1111\"");
    folder.edit(
        "groundplan.toml",
        "service_cidr = \"172.20.0.0/16\"",
        "service_cidr = \"10.20.0.0/20\"",
    );
    folder.edit("groundplan.toml", "desired = 3", "desired = 9");
    folder.edit(
        "groundplan.toml",
        "[datahub.kafka]\nreplicas = 3",
        "[datahub.kafka]\nreplicas = 2",
    );
    folder.edit(
        "groundplan.toml",
        "url = \"https://datahub.example.com\"",
        "url = \"datahub.example.com\"",
    );
    let said = folder.run(&["validate"]).with(1).said();
    for part in [
        "`account`",
        "`cluster.service_cidr`",
        "`cluster.nodes.desired`",
        "`datahub.kafka.replicas`",
        "`datahub.google.url`",
    ] {
        let part = part.trim_matches('`');
        assert!(said.contains(part), "`{part}` is not in\n{said}");
    }
}

#[test]
fn a_file_that_is_no_toml_is_shown_at_its_place() {
    let folder = Folder::new();
    folder.edit("groundplan.toml", "[network]", "[network");
    let said = folder.run(&["validate"]).with(1).said();
    assert!(said.contains("groundplan.toml") && said.contains("[network"), "{said}");
}

/// The commands that look after a state work when the program's settings do not.
#[test]
fn a_resource_can_be_forgotten() {
    let folder = Folder::new();
    let state = folder.path().join(".groundplan").join("platform");
    fs::create_dir_all(&state).expect("a folder");
    let entry = r#"{ "version": 0, "status": "ready", "inputs": {}, "outputs": {}, "generation": 0, "token": "t" }"#;
    let text = format!(
        r#"{{ "format": 1, "stack": "platform", "lineage": "0198d7f4-6c1e-7b53-9a44-0d8a1b7c2e55", "serial": 3,
            "realm": {{ "kind": "aws", "partition": "aws" }},
            "entries": {{ "ec2.vpc/main": {entry}, "iam.role/mine": {entry} }} }}"#
    );
    fs::write(state.join("state.json"), text).expect("a file");
    let said = folder.run(&["state", "forget", "iam.role/mine"]).with(3).said();
    assert!(said.contains("--yes"), "{said}");
    let said = folder.run(&["state", "forget", "iam.role/min", "--yes"]).with(1).said();
    assert!(said.contains("did you mean `iam.role/mine`?"), "{said}");
    folder.run(&["state", "forget", "iam.role/mine", "--yes"]).with(0);
    let said = folder.run(&["state", "list"]).with(0).said();
    assert!(said.contains("ec2.vpc/main") && !said.contains("iam.role/mine"), "{said}");
}

#[test]
fn the_example_is_sound() {
    let folder = Folder::new();
    folder.run(&["validate"]).with(0);
    folder.run(&["validate", "--env", "sandbox"]).with(0);
}

#[test]
fn a_state_that_cannot_be_used_is_not_touched() {
    let folder = Folder::new();
    let state = folder.path().join(".groundplan").join("platform");
    fs::create_dir_all(&state).expect("a folder");
    let write = |text: &str| fs::write(state.join("state.json"), text).expect("a file");
    write("{ this is no state");
    let said = folder.run(&["state", "list"]).with(1).said();
    assert!(said.contains("state.json") && said.contains("hint"), "{said}");
    write(r#"{ "format": 99, "stack": "platform" }"#);
    let said = folder.run(&["state", "list"]).with(1).said();
    assert!(said.contains("format 99"), "{said}");
    assert!(fs::read_to_string(state.join("state.json")).expect("it stays").contains("99"));
}
