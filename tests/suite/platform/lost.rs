//! A run that loses the network, or the right to call, on its way.

use super::{
    faults::Rule,
    settled::{goes, settles},
    world::{Ended, Folder},
};
use groundplan_sandbox::Mode;
use rustix::process::{Pid, Signal, kill_process};

/// By now something is made, and much is not.
const MIDWAY: usize = 70;

fn folder() -> Folder {
    Folder::paced(Mode::AwsOnly, 0.3)
}

#[test]
fn a_network_that_is_lost_for_a_moment_is_waited_for() {
    let folder = folder();
    folder.arm([Rule::reset("*").nth(MIDWAY).times(40)]);
    let from = folder.requests().len();
    settles(&folder);
    assert_eq!(folder.befallen(from).len(), 40);
}

#[test]
fn a_run_without_a_network_can_be_stopped_and_the_next_goes_on() {
    let folder = folder();
    folder.arm([Rule::reset("*").nth(MIDWAY).for_good()]);
    let from = folder.requests().len();
    let run = folder.command(&["--sandbox=aws", "--yes"]).spawn().expect("the binary");
    folder.until("lost answers", |requests| {
        requests.iter().skip(from).filter(|request| request["fault"].is_string()).count() > 30
    });
    kill_process(Pid::from_child(&run), Signal::INT).expect("it runs");
    let ended = Ended::of(run.wait_with_output().expect("it ends")).with(130);
    assert!(ended.said().contains("run the same command again"), "{}", ended.said());
    folder.disarm();
    settles(&folder);
}

#[test]
#[ignore = "the run waits minutes for the network to come back"]
fn a_run_whose_network_stays_lost_ends_with_a_sentence() {
    let folder = folder();
    folder.arm([Rule::reset("*").nth(MIDWAY).for_good()]);
    let said = folder.run(&["--sandbox=aws", "--yes"]).with(5).said();
    assert!(said.contains("got no answer") && said.contains("hint: check the network"), "{said}");
    assert!(!said.contains("DispatchFailure"), "it speaks of the software's insides: {said}");
    folder.disarm();
    settles(&folder);
}

#[test]
fn expired_or_revoked_credentials_end_a_run_with_what_to_do() {
    let folder = folder();
    let expired = "The security token included in the request is expired";
    let revoked = "You are not authorized to perform this operation.";
    for (rule, hint) in [
        (Rule::error("*", 403, "ExpiredToken", expired), "sign in again"),
        (Rule::error("ec2:*", 403, "UnauthorizedOperation", revoked), "allow ec2:"),
    ] {
        folder.arm([rule.nth(MIDWAY).for_good()]);
        let said = folder.run(&["--sandbox=aws", "--yes"]).with(5).said();
        assert!(said.contains(hint) && said.contains("run the same command again"), "{said}");
        assert!(!folder.records().is_empty());
        folder.disarm();
        settles(&folder);
        goes(&folder);
    }
}
