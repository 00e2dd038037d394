//! The wrong world, the wrong account, no right to a cluster.

use super::world::Folder;

#[test]
fn a_run_in_the_wrong_account_touches_nothing() {
    let folder = Folder::new();
    folder.edit(
        "groundplan.sandbox.toml",
        "account = \"123456789012\"",
        "account = \"210987654321\"",
    );
    let ended = folder.run(&["--sandbox=aws", "--yes"]).with(3);
    let said = ended.said();
    assert!(said.contains("123456789012") && said.contains("210987654321"), "{said}");
    let (changes, _) = folder.changes(0);
    assert_eq!(changes, Vec::<String>::new());
}

#[test]
fn a_state_of_another_world_is_refused_before_any_read() {
    let folder = Folder::new();
    folder.run(&["--sandbox=aws", "--state", "here", "--yes"]).with(0);
    folder.run(&["sandbox", "down"]).with(0);
    folder.run(&["--sandbox=aws", "sandbox", "up"]).with(0);
    let (_, before) = folder.changes(0);
    let said = folder.run(&["--sandbox=aws", "--state", "here", "--yes"]).with(3).said();
    assert!(said.contains("nothing was read or changed"), "{said}");
    let mut asked = folder.actions(before);
    asked.dedup();
    assert_eq!(asked, ["sts:GetCallerIdentity"]);
}

#[test]
fn without_an_access_entry_the_cluster_refuses() {
    let folder = Folder::new();
    let own = "arn:aws:iam::123456789012:user/groundplan-administrator";
    // A role of the platform itself, which nobody who applies is.
    let other = "arn:aws:iam::123456789012:role/platform-main-cluster";
    folder.edit("groundplan.sandbox.toml", own, other);
    let said = folder.run(&["--sandbox", "--yes"]).with(5).said();
    assert!(said.contains("401") && said.contains("access entry"), "{said}");
    folder.edit("groundplan.sandbox.toml", other, own);
    folder.run(&["--sandbox", "--yes"]).with(0);
}

#[test]
fn a_missing_python_is_named() {
    let folder = Folder::new();
    let nothing = folder.path().to_string_lossy().into_owned();
    let said = folder.run_with(("PATH", &nothing), &["--sandbox=aws", "plan"]).with(1).said();
    assert!(said.contains("python") && said.contains("hint"), "{said}");
}
