//! What was approved is what is done: saved plans and digests, through the binary.

use super::{
    faults::{Moment, Rule},
    sweep,
    world::Folder,
};
use serde_json::Value as Json;
use std::fs;

const SETTINGS: &str = "account = \"123456789012\"\nregion = \"eu-west-1\"\nturn = \"one\"\n";

fn plan_as_json(folder: &Folder) -> Json {
    let ended = folder.run(&["--sandbox=aws", "plan", "--format", "json"]);
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}\n{}", ended.said()))
}

#[test]
fn a_saved_plan_is_done_or_refused_with_what_differs() {
    let folder = Folder::small(SETTINGS);
    let plan = &["--sandbox=aws", "plan", "--out", "hub.plan"];
    let apply = &["--sandbox=aws", "apply", "--yes", "hub.plan"];
    folder.run(plan).with(2);
    let file = folder.path().join("hub.plan");
    let saved = fs::read_to_string(&file).unwrap();

    // Somebody who is in a hurry.
    folder.edit("hub.plan", "\"10.0.0.0/24\"", "\"10.0.1.0/24\"");
    let said = folder.run(apply).with(3).said();
    assert!(said.contains("it was changed after it was saved"), "{said}");
    fs::write(&file, &saved[..saved.len() / 2]).unwrap();
    let said = folder.run(apply).with(1).said();
    assert!(said.contains("hint: plan again"), "{said}");
    fs::write(&file, &saved).unwrap();

    // Another program than the one that was planned.
    folder.edit("groundplan.toml", "\"one\"", "\"two\"");
    let said = folder.run(apply).with(3).said();
    assert!(said.contains("`ec2.vpc/main` is another in the program"), "{said}");
    assert!(!said.contains("subnet"), "what does not differ is not named: {said}");
    folder.edit("groundplan.toml", "\"two\"", "\"one\"");
    let (changes, from) = folder.changes(0);
    assert_eq!(changes, Vec::<String>::new(), "nothing was touched");

    // Cut off in the middle, it goes on.
    folder.arm([Rule::kill("ec2:CreateSubnet", Moment::Before)]);
    assert_eq!(folder.run(apply).signal, Some(9));
    folder.disarm();
    folder.run(apply).with(0);
    let (changes, _) = folder.changes(from);
    assert_eq!(changes.iter().filter(|call| *call == "ec2:CreateVpc").count(), 1, "{changes:?}");
    folder.run(apply).with(0);

    // Somebody changes by hand what the plan was about to change.
    folder.edit("groundplan.toml", "\"one\"", "\"two\"");
    folder.run(plan).with(2);
    sweep::tag_vpcs(&folder, "turn", "by hand");
    let (_, from) = folder.changes(0);
    let said = folder.run(apply).with(3).said();
    let differs = "`ec2.vpc/main` `tags.turn` was \"one\" when planned and is \"by hand\"";
    assert!(said.contains(differs), "{said}");
    assert_eq!(folder.changes(from).0, Vec::<String>::new());
    folder.run(plan).with(2);
    folder.run(apply).with(0);
    folder.run(&["--sandbox=aws", "plan"]).with(0);
}

#[test]
fn the_same_commit_gives_the_same_digest_and_only_that_is_applied() {
    let folder = Folder::small(SETTINGS);
    let digest = |plan: &Json| plan["digest"].as_str().expect("a digest").to_owned();
    let (one, two) = (plan_as_json(&folder), plan_as_json(&folder));
    assert_eq!(digest(&one), digest(&two));
    let approved = digest(&one);
    folder.edit("groundplan.toml", "\"one\"", "\"two\"");
    let apply = &["--sandbox=aws", "apply", "--yes", "--approved", &approved];
    let said = folder.run(apply).with(3).said();
    assert!(said.contains("the plan is not the one that was approved"), "{said}");
    assert_eq!(folder.changes(0).0, Vec::<String>::new());
    folder.edit("groundplan.toml", "\"two\"", "\"one\"");
    folder.run(apply).with(0);
    let history = folder.run(&["--sandbox=aws", "--json", "history"]).with(0).said();
    assert!(history.contains(&approved), "the history says which plan it was: {history}");
}
