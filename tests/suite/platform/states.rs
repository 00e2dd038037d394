//! What is recorded is looked at, compared and mended through the command line.

use super::{mistakes::recorded, world::Folder};
use std::{fs, path::PathBuf};

/// The files of the state, the newest snapshot last.
fn snapshots(folder: &Folder) -> Vec<PathBuf> {
    let stack = folder.path().join(".groundplan/platform");
    let files = fs::read_dir(stack).expect("a state").flatten().map(|entry| entry.path());
    let named = |path: &PathBuf| {
        path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"state."))
    };
    let mut files: Vec<_> = files.filter(named).collect();
    files.sort();
    files
}

#[test]
fn earlier_versions_are_listed_shown_and_compared() {
    let folder = Folder::new();
    recorded(folder.path(), &["ec2.vpc/main", "iam.role/mine"]);
    folder.run(&["state", "forget", "iam.role/mine", "--yes"]).with(0);
    let said = folder.run(&["history"]).with(0).said();
    assert!(said.contains("apply") && said.contains("state forget"), "{said}");
    let listed = folder.run(&["--json", "history"]).with(0).documents();
    let versions = listed[0]["versions"].as_array().expect("versions").clone();
    let serials: Vec<_> = versions.iter().map(|v| v["serial"].to_string()).collect();
    let [.., one, other] = &serials[..] else { panic!("{serials:?}") };
    let said = folder.run(&["history", "show", one]).with(0).said();
    assert!(said.contains("iam.role/mine") && !said.contains("left in the cloud"), "{said}");
    let said = folder.run(&["history", "diff", one, other]).with(0).said();
    assert!(said.contains("- iam.role/mine") && !said.contains("ec2.vpc/main"), "{said}");
    let said = folder.run(&["history", "show", "4711"]).with(1).said();
    assert!(said.contains("`apply history` lists"), "{said}");
    let said = folder.run(&["state", "list"]).with(0).said();
    assert!(said.contains("left in the cloud"), "{said}");
}

#[test]
fn a_damaged_state_is_refused_and_repaired_without_a_loss() {
    let folder = Folder::new();
    recorded(folder.path(), &["ec2.vpc/main", "iam.role/mine"]);
    let whole = folder.run(&["state", "list"]).with(0).stdout;
    let newest = snapshots(&folder).pop().expect("a snapshot");
    let mut bytes = fs::read(&newest).expect("bytes");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&newest, &bytes).expect("damage");
    let refused = folder.run(&["state", "list"]).with(1).said();
    assert!(refused.contains("damaged") && refused.contains("apply state repair"), "{refused}");
    let shown = folder.run(&["state", "repair"]).with(3).said();
    assert!(shown.contains("--yes"), "nobody can be asked: {shown}");
    assert_eq!(fs::read(&newest).expect("bytes"), bytes, "looking changes nothing");
    folder.run(&["state", "repair", "--yes"]).with(0);
    assert_eq!(folder.run(&["state", "list"]).with(0).stdout, whole);
    let aside = folder.path().join(".groundplan/platform/damaged");
    assert!(fs::read_dir(aside).expect("it is kept").next().is_some());
    let said = folder.run(&["state", "repair", "--yes"]).with(0).said();
    assert!(said.contains("is sound"), "{said}");
}

#[test]
fn a_stack_that_nobody_has_needs_no_unlocking() {
    let folder = Folder::new();
    recorded(folder.path(), &["ec2.vpc/main"]);
    let said = folder.run(&["state", "unlock"]).with(0).said();
    assert!(said.contains("nobody has stack `platform`"), "{said}");
}
