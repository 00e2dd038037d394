//! A bound program ends with whoever wanted it. This test is its own launcher, so it has no harness.

use std::{
    fs,
    process::{Child, Command, ExitCode},
    thread::sleep,
    time::{Duration, Instant},
};

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["bound", parent, program, argument] => {
            let parent = parent.parse().expect("a process id");
            groundplan_kube::exec_bound(parent, program, [argument]);
            ExitCode::FAILURE
        }
        ["wanting", file] => wanting(file),
        _ => {
            a_killed_parent_takes_the_program_along();
            a_program_is_not_started_for_one_that_has_ended();
            ExitCode::SUCCESS
        }
    }
}

fn itself(args: &[&str]) -> Child {
    let program = std::env::current_exe().expect("a path");
    Command::new(program).args(args).spawn().expect("it starts")
}

/// Wants a program, says which process that is, and waits for it.
fn wanting(file: &str) -> ExitCode {
    let me = std::process::id().to_string();
    let mut bound = itself(&["bound", &me, "sleep", "100"]);
    fs::write(file, bound.id().to_string()).expect("a file");
    bound.wait().expect("it ends");
    ExitCode::SUCCESS
}

/// The program that a process runs; none when it has ended, whether or not anybody has noticed.
fn program(process: &str) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (name, rest) = stat.split_once('(')?.1.split_once(')')?;
    (!rest.trim_start().starts_with('Z')).then(|| name.to_owned())
}

fn within_seconds(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{what}");
        sleep(Duration::from_millis(20));
    }
}

fn a_killed_parent_takes_the_program_along() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pid");
    let mut wanting = itself(&["wanting", file.to_str().expect("plain")]);
    let bound = || fs::read_to_string(&file).unwrap_or_default();
    within_seconds("it becomes the program", || program(&bound()).as_deref() == Some("sleep"));
    wanting.kill().expect("it can be killed");
    wanting.wait().expect("it ends");
    within_seconds("the program ends", || program(&bound()).is_none());
}

fn a_program_is_not_started_for_one_that_has_ended() {
    let ended = itself(&["bound", "1", "sleep", "100"]).wait().expect("it ends");
    assert_eq!(ended.code(), Some(1));
}
