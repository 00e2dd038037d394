//! A bucket for states is made, and used.

use super::{
    sweep::{make_bucket, suspend_versioning},
    world::Folder,
};

const BUCKET: &str = "acme-states";
const PLACE: &str = "s3://acme-states/live";

fn folder() -> Folder {
    Folder::small("account = \"123456789012\"\nregion = \"eu-west-1\"\nturn = \"first\"\n")
}

fn bootstrap(more: &[&'static str]) -> Vec<&'static str> {
    [&["--sandbox=aws", "--state", PLACE, "bootstrap"], more].concat()
}

fn lists(folder: &Folder) -> String {
    folder.run(&["--sandbox=aws", "--state", PLACE, "state", "list"]).said()
}

#[test]
fn a_bucket_for_states_is_made_once_and_states_are_kept_in_it() {
    let folder = folder();
    let said = lists(&folder);
    assert!(said.contains(&format!("apply bootstrap --state {PLACE}/")), "{said}");
    let said = folder.run(&bootstrap(&[])).with(3).said();
    assert!(said.contains("s3.bucket/states") && said.contains("--yes"), "{said}");
    let (made, from) = folder.changes(0);
    assert!(!made.contains(&"s3:CreateBucket".to_owned()), "it asks first: {made:?}");

    let said = folder.run(&bootstrap(&["--yes"])).with(0).said();
    assert!(said.contains(&format!("--state {PLACE}/")), "{said}");
    let (made, from) = folder.changes(from);
    let writes = [
        "s3:CreateBucket",
        "s3:PutBucketVersioning",
        "s3:PutBucketLifecycleConfiguration",
        "s3:PutBucketPolicy",
    ];
    for call in writes {
        assert_eq!(made.iter().filter(|one| *one == call).count(), 1, "{call}: {made:?}");
    }

    // Nobody has to have kept anything: the bucket says of itself what it is.
    assert!(!folder.path().join(".groundplan/buckets").exists());
    folder.run(&bootstrap(&["--yes"])).with(0);
    let (again, from) = folder.changes(from);
    assert_eq!(again, [""; 0], "it is as it should be");

    folder.run(&["--sandbox=aws", "--state", PLACE, "--yes"]).with(0);
    assert!(lists(&folder).contains("ec2.vpc/main"));
    folder.run(&["--sandbox=aws", "--state", PLACE, "plan"]).with(0);
    let (used, _) = folder.changes(from);
    assert!(used.contains(&"s3:PutObject".to_owned()), "{used:?}");
}

#[test]
fn what_somebody_changed_of_the_bucket_is_mended() {
    let folder = folder();
    folder.run(&bootstrap(&["--yes"])).with(0);
    suspend_versioning(&folder, BUCKET);
    let said = folder.run(&bootstrap(&[])).with(3).said();
    assert!(said.contains("versioning"), "{said}");
    let (_, from) = folder.changes(0);
    folder.run(&bootstrap(&["--yes"])).with(0);
    assert_eq!(folder.changes(from).0, ["s3:PutBucketVersioning"]);
}

#[test]
fn a_bucket_of_somebody_else_is_left_alone() {
    let folder = folder();
    make_bucket(&folder, BUCKET);
    let (_, from) = folder.changes(0);
    let said = folder.run(&bootstrap(&["--yes"])).with(3).said();
    assert!(said.contains("`bootstrap` did not make it") && said.contains("hint"), "{said}");
    assert_eq!(folder.changes(from).0, [""; 0]);
    let said = folder.run(&["--sandbox=aws", "bootstrap"]).with(1).said();
    assert!(said.contains("apply bootstrap --state s3://BUCKET/PREFIX"), "{said}");
}
