//! Many runs over one stack at once, and one that is frozen until another has taken over.

use super::{
    faults::Rule,
    sweep::{Found, make_bucket, sweep},
    world::{Ended, Folder, action},
};
use rustix::process::{Pid, Signal, kill_process};
use std::{collections::BTreeSet, fs, process::Child, thread, time::Duration};

/// How many runs are started at once.
const RUNS: usize = 50;

const BUCKET: &str = "groundplan-states";

fn settings(turn: &str) -> String {
    format!("account = \"123456789012\"\nregion = \"eu-west-1\"\nturn = \"{turn}\"\n")
}

/// A folder, and the arguments that say where its states are.
fn in_a_folder() -> (Folder, Vec<String>) {
    (Folder::small(&settings("first")), Vec::new())
}

/// The same with its states in a bucket.
fn in_a_bucket() -> (Folder, Vec<String>) {
    let folder = Folder::small(&settings("first"));
    make_bucket(&folder, BUCKET);
    (folder, vec!["--state".into(), format!("s3://{BUCKET}/live")])
}

fn arguments<'a>(place: &'a [String], command: &[&'a str]) -> Vec<&'a str> {
    let place = place.iter().map(String::as_str);
    ["--sandbox=aws"].into_iter().chain(place).chain(command.iter().copied()).collect()
}

fn ended(child: Child) -> Ended {
    Ended::of(child.wait_with_output().expect("it ends"))
}

/// One of each of what the small program makes.
fn one_of_each(folder: &Folder) {
    let found: Found = sweep(folder);
    let counts: Vec<_> = found.iter().map(|(at, objects)| (at.as_str(), objects.len())).collect();
    assert_eq!(counts, [("ec2.subnet/main", 1), ("ec2.vpc/main", 1)], "{found:?}");
}

fn fifty_at_once((folder, place): (Folder, Vec<String>)) {
    let (_, from) = folder.changes(0);
    let start = |turn: usize| {
        let file = format!("turn-{turn}.toml");
        fs::write(folder.path().join(&file), settings(&turn.to_string())).expect("settings");
        let command = ["--config", &file, "--yes", "--wait-for-lock"];
        folder.command(&arguments(&place, &command)).spawn().expect("the binary")
    };
    let children: Vec<_> = (0..RUNS).map(start).collect();
    // Each has somebody who reads what it says, or it would wait for that.
    let waiting: Vec<_> =
        children.into_iter().map(|child| thread::spawn(move || ended(child))).collect();
    for run in waiting {
        run.join().expect("it is awaited").with(0);
    }
    let calls = folder.actions(from);
    for create in ["ec2:CreateVpc", "ec2:CreateSubnet"] {
        assert_eq!(calls.iter().filter(|call| *call == create).count(), 1, "{create}");
    }
    one_of_each(&folder);
    every_turn_is_recorded(&folder, &place);
}

/// Each run has a version of its own in the history, with its own tag, one after the other.
fn every_turn_is_recorded(folder: &Folder, place: &[String]) {
    let history = folder.run(&arguments(place, &["--json", "history"])).with(0);
    let history = history.documents().pop().expect("a document");
    let versions = history["versions"].as_array().expect("versions");
    let ended = versions.iter().filter(|version| version["run"].is_object());
    let serials: Vec<_> =
        ended.map(|version| version["serial"].as_u64().expect("a number")).collect();
    assert_eq!(serials.len(), RUNS, "{history:#}");
    assert!(serials.is_sorted_by(|one, next| one < next), "{serials:?}");
    let turn = |serial: &u64| {
        let command = ["--json", "history", "show", &serial.to_string()];
        let state = folder.run(&arguments(place, &command)).with(0).documents().pop();
        let state = state.expect("a document");
        let records = state["records"].as_array().expect("records").iter();
        let mut vpc = records.filter(|record| record["address"] == "ec2.vpc/main");
        let turn = vpc.next().expect("a network")["record"]["inputs"]["tags"]["turn"].clone();
        turn.as_str().expect("a turn").to_owned()
    };
    let turns: BTreeSet<_> = serials.iter().map(turn).collect();
    assert_eq!(turns.len(), RUNS, "{turns:?}");
}

#[test]
fn fifty_runs_at_once_take_turns_at_a_state_in_a_folder() {
    fifty_at_once(in_a_folder());
}

#[test]
fn fifty_runs_at_once_take_turns_at_a_state_in_a_bucket() {
    fifty_at_once(in_a_bucket());
}

fn frozen_and_back((folder, place): (Folder, Vec<String>)) {
    folder.arm([Rule::freeze("ec2:CreateVpc")]);
    let first = folder.command(&arguments(&place, &["--yes"])).spawn().expect("the binary");
    until_frozen(&first);
    // Nothing is heard of the first for so long that the second takes over, and finishes.
    folder.run(&arguments(&place, &["--yes", "--wait-for-lock"])).with(0);
    folder.run(&arguments(&place, &["plan"])).with(0);
    let (_, before) = folder.changes(0);
    // Its call was on its way and is handled now; it may not write down what came of it.
    kill_process(Pid::from_child(&first), Signal::CONT).expect("it is there");
    let said = ended(first).with(4).said();
    assert!(said.contains("took over") && said.contains("hint"), "{said}");
    folder.until("the late call", |requests| {
        requests.iter().skip(before).any(|request| action(request) == "ec2:CreateVpc")
    });
    assert_eq!(sweep(&folder)["ec2.vpc/main"].len(), 2, "it made a second network");
    // The next plan finds it, and the next run settles it.
    let said = folder.run(&arguments(&place, &["plan"])).with(2).said();
    assert!(said.contains("ec2.vpc/main"), "{said}");
    folder.run(&arguments(&place, &["--yes"])).with(0);
    folder.run(&arguments(&place, &["plan"])).with(0);
    one_of_each(&folder);
}

fn until_frozen(child: &Child) {
    let stat = format!("/proc/{}/stat", child.id());
    let stopped = || fs::read_to_string(&stat).is_ok_and(|text| text.contains(") T "));
    while !stopped() {
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_frozen_run_that_comes_back_cannot_write_to_a_folder_that_another_took_over() {
    frozen_and_back(in_a_folder());
}

#[test]
fn a_frozen_run_that_comes_back_cannot_write_to_a_bucket_that_another_took_over() {
    frozen_and_back(in_a_bucket());
}
