//! A run that is told to stop: it ends soon, with what it did on record, and the next goes on.

use super::{
    faults::Rule,
    settled::settles,
    world::{Ended, Folder},
};
use groundplan_sandbox::Mode;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    process::Child,
    thread,
    time::{Duration, Instant},
};

const PACE: f64 = 0.3;

/// What the program promises, and what a busy machine may add.
const SOON: Duration = Duration::from_secs(7 + 20);

/// Longer than any test waits: what answers after that does not answer.
const FOR_EVER: f64 = 600.0;

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("it runs");
}

/// Starts a run that hangs in a call of this action, and waits until it does.
fn hanging(folder: &Folder, call: &str, made_before: &str) -> Child {
    let from = folder.requests().len();
    // The call is handled, but its answer does not come.
    folder.arm([Rule::delay(call, FOR_EVER).late()]);
    let child = folder.command(&["--sandbox=aws", "--yes"]).spawn().expect("the binary");
    folder.until_called(made_before, from);
    // The one is answered a moment before the other is asked.
    thread::sleep(Duration::from_millis(500));
    child
}

fn ended(child: Child) -> Ended {
    Ended::of(child.wait_with_output().expect("it ends"))
}

#[test]
fn one_signal_ends_a_run_soon_and_the_next_goes_on() {
    let folder = Folder::paced(Mode::AwsOnly, PACE);
    for (signal, call, made_before) in [
        (Signal::INT, "ec2:CreateVpc", "iam:CreateRole"),
        (Signal::TERM, "ec2:CreateNatGateway", "ec2:CreateSubnet"),
        (Signal::HUP, "eks:CreateNodegroup", "eks:CreateAddon"),
    ] {
        let child = hanging(&folder, call, made_before);
        let told = Instant::now();
        send(&child, signal);
        let ended = ended(child).with(130);
        assert!(told.elapsed() < SOON, "{:?} after {signal:?}", told.elapsed());
        let said = ended.said();
        assert!(said.contains("run the same command again"), "{said}");
        assert!(!folder.records().is_empty());
    }
    folder.disarm();
    settles(&folder);
}

#[test]
fn a_second_signal_ends_a_run_at_once() {
    let folder = Folder::paced(Mode::AwsOnly, PACE);
    let child = hanging(&folder, "ec2:CreateVpc", "iam:CreateRole");
    send(&child, Signal::INT);
    thread::sleep(Duration::from_millis(500));
    send(&child, Signal::INT);
    let said = ended(child).with(130).said();
    assert!(said.contains("ended at once") && said.contains("next run"), "{said}");
    folder.disarm();
    settles(&folder);
}
