//! Versions of a state, what differs between two, and what a lost one was rebuilt from.

use super::world::{PAINT, World, net};
use crate::{
    history::differences,
    render::{history, recovered},
};
use groundplan::{Recovered, Stack};
use groundplan_state::{Run, Version};
use insta::assert_snapshot;

fn run(command: &str, commit: Option<&str>) -> Run {
    Run {
        command: command.into(),
        who: "deploy@example".into(),
        at: jiff::Timestamp::UNIX_EPOCH,
        version: "0.1.0".into(),
        commit: commit.map(str::to_owned),
        plan: None,
    }
}

#[test]
fn a_version_is_a_line() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let versions = [
        Version { serial: 12, run: None, resources: 7 },
        Version { serial: 42, run: Some(run("apply", Some(commit))), resources: 64 },
        Version { serial: 43, run: Some(run("state forget", None)), resources: 63 },
    ];
    assert_snapshot!(history::list(&versions, &PAINT), @r"
    serial  when                     command       who             commit        resources
    12      -                        -             -               -             7
    42      1970-01-01 00:00:00 UTC  apply         deploy@example  0123456789ab  64
    43      1970-01-01 00:00:00 UTC  state forget  deploy@example  -             63
    ");
}

fn program(names: &[&str], mtu: u32) -> Stack {
    let mut program = Stack::new("test");
    for name in names {
        net(&mut program, name, "10.0.0.0/16", mtu);
    }
    program
}

#[tokio::test(start_paused = true)]
async fn what_differs_is_told_by_record_and_value() {
    let world = World::with(program(&["main", "gone"], 1500)).await;
    let before = world.snapshot();
    assert!(world.apply(program(&["main", "new"], 9000)).await.complete());
    let text = history::differences(&differences(&before, &world.snapshot()), &PAINT);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "- sim.net/gone");
    assert_eq!(lines[1], "~ sim.net/main");
    assert!(lines[2].contains("inputs.mtu  1500 → 9000"), "{text}");
    assert_eq!(lines[3], "+ sim.net/new");
    assert_eq!(history::differences(&[], &PAINT), "no record differs\n");
}

#[tokio::test(start_paused = true)]
async fn a_recovery_tells_what_was_found_what_is_missing_and_what_is_left_alone() {
    let world = World::with(program(&["main"], 1500)).await;
    let named = |name: &str| format!("sim.net/{name}").parse().unwrap();
    let recovered = Recovered {
        snapshot: world.snapshot(),
        found: vec![(named("main"), "net-1".into())],
        missing: vec![named("side")],
        left: vec![(named("old"), "net-9".into())],
    };
    let text = recovered::page(&recovered, &PAINT);
    assert!(text.starts_with("found 1 object of lineage "), "{text}");
    for line in [
        "  +  sim.net/main  net-1",
        "in the program and not found; the next apply makes them:",
        "  sim.net/side",
        "carry the mark and are not in the program; they are recorded as left alone:",
        "  ?  sim.net/old  net-9",
    ] {
        assert!(text.lines().any(|l| l == line), "`{line}` in\n{text}");
    }
    assert_eq!(recovered::json(&recovered)["left"][0]["id"], "net-9");
}
