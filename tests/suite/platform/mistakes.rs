//! What is wrong is said before anything is touched: all of it, with its place and what now.

use super::world::Folder;
use groundplan_state::{
    Change, DirStore, Entry, Holder, Options, Realm, Run, Slot, Status, Store, Why,
};
use serde_json::json;
use std::{collections::BTreeSet, fs, path::Path};

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
    recorded(folder.path(), &["ec2.vpc/main", "iam.role/mine"]);
    let said = folder.run(&["state", "forget", "iam.role/mine"]).with(3).said();
    assert!(said.contains("--yes"), "{said}");
    let said = folder.run(&["state", "forget", "iam.role/min", "--yes"]).with(1).said();
    assert!(said.contains("did you mean `iam.role/mine`?"), "{said}");
    folder.run(&["state", "forget", "iam.role/mine", "--yes"]).with(0);
    let said = folder.run(&["state", "list"]).with(0).said();
    let line = |name: &str| said.lines().find(|line| line.contains(name)).unwrap_or_default();
    assert!(line("ec2.vpc/main").contains("ready"), "{said}");
    assert!(line("iam.role/mine").contains("left in the cloud"), "{said}");
    folder.run(&["state", "show", "iam.role/mine"]).with(1);
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
    recorded(folder.path(), &["ec2.vpc/main"]);
    let state = folder.path().join(".groundplan/platform/state.000000000003.json");
    let sound = fs::read_to_string(&state).expect("a snapshot");
    let write = |text: &str| fs::write(&state, text).expect("a file");
    write("{ this is no state");
    let said = folder.run(&["state", "list"]).with(1).said();
    assert!(said.contains("is damaged") && said.contains("apply state repair"), "{said}");
    write(r#"{ "format": 99, "stack": "platform" }"#);
    let said = folder.run(&["state", "list"]).with(1).said();
    assert!(said.contains("format 99"), "{said}");
    assert!(fs::read_to_string(&state).expect("it stays").contains("99"));
    write(&sound);
    folder.run(&["state", "list"]).with(0);
}

/// A state in which these are recorded.
pub(super) fn recorded(folder: &Path, addresses: &[&str]) {
    let put = |address: &&str| Change::Put {
        address: address.parse().expect("an address"),
        slot: Slot::Current,
        entry: Box::new(Entry {
            version: 0,
            status: Status::Ready,
            inputs: json!({}),
            pending: None,
            outputs: Some(json!({})),
            needs: BTreeSet::new(),
            options: Options::default(),
            generation: 0,
            token: "t".into(),
            physical_name: None,
            marked_as: None,
            marked_by: None,
        }),
        why: Why::Ready,
    };
    let who = "tester".to_owned();
    let since = jiff::Timestamp::UNIX_EPOCH;
    let command = "apply".to_owned();
    let run = Run {
        command: command.clone(),
        who: who.clone(),
        at: since,
        version: "0".into(),
        commit: None,
        plan: None,
    };
    let holder = Holder { who, host: "here".into(), pid: 1, command, since };
    let record = async {
        let store = DirStore::new(folder.join(".groundplan"));
        let realm = Realm::Aws { partition: "aws".into() };
        let mut session = store.open("platform", &realm, holder).await?;
        session.append(addresses.iter().map(put).collect()).await?;
        session.compact(run).await?;
        session.close().await
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(record).expect("recorded");
}
