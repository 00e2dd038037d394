//! A machine that turns hostile: nobody reads what is said, the disk is full, a folder is closed.

use super::{
    settled::{is_settled, settles},
    world::Folder,
};
use groundplan_sandbox::Mode;
use std::{
    io::{BufRead, BufReader},
    process::{Command, Output},
};

fn folder() -> Folder {
    Folder::paced(Mode::AwsOnly, 0.3)
}

#[test]
fn a_run_goes_on_though_nobody_reads_what_it_says() {
    let folder = folder();
    // As with `| head -1`, and as when a terminal is closed.
    let mut run = folder.command(&["--sandbox=aws", "--yes"]).spawn().expect("the binary");
    let mut first = String::new();
    let out = run.stdout.take().expect("it is piped");
    BufReader::new(out).read_line(&mut first).expect("a line");
    drop(run.stderr.take());
    assert!(first.contains("plan") || first.trim().is_empty(), "{first}");
    assert_eq!(run.wait().expect("it ends").code(), Some(0));
    is_settled(&folder);
    let mut run = folder.command(&["--sandbox=aws", "plan"]).spawn().expect("the binary");
    drop(run.stdout.take());
    let output = run.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains("BUG"), "{said}");
}

/// Runs a script with a disk of its own for the states. None, with the reason told, where the machine
/// does not allow that.
fn with_a_disk(folder: &Folder, size: &str, script: &str) -> Option<Output> {
    const AREA: &[&str] = &["--user", "--map-root-user", "--mount"];
    let mut probe = Command::new("unshare");
    let allowed = probe.args(AREA).args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
    if !allowed.as_ref().is_ok_and(|output| output.status.success()) {
        skip(&format!("no disk can be made here: {allowed:?}"));
        return None;
    }
    let run = folder.command(&[]);
    let script = format!(
        "apply={}; mkdir -p .groundplan kept && mount -t tmpfs -o size={size} tmpfs .groundplan || exit 99\n{script}\ncp -r .groundplan/. kept/",
        run.get_program().display()
    );
    let mut area = Command::new("unshare");
    area.args(AREA).args(["sh", "-c", &script]).current_dir(folder.path()).env("NO_COLOR", "1");
    Some(area.output().expect("a shell"))
}

#[expect(clippy::print_stderr, reason = "a test that proves nothing says so")]
fn skip(why: &str) {
    eprintln!("skipped: {why}");
}

/// Brings the states home that were on the disk.
fn come_home(folder: &Folder) {
    let _ = std::fs::remove_dir_all(folder.path().join(".groundplan"));
    std::fs::rename(folder.path().join("kept"), folder.path().join(".groundplan")).expect("states");
}

#[test]
fn a_run_whose_disk_is_full_ends_with_a_sentence_and_the_next_goes_on() {
    let folder = folder();
    let script = "$apply --sandbox=aws --yes >full.txt 2>&1; echo full $?
        $apply --sandbox=aws --yes >again.txt 2>&1; echo again $?
        mount -o remount,size=64m .groundplan
        $apply --sandbox=aws --yes >next.txt 2>&1; echo next $?";
    let Some(output) = with_a_disk(&folder, "64k", script) else { return };
    let codes = String::from_utf8_lossy(&output.stdout);
    let said = |file| std::fs::read_to_string(folder.path().join(file)).expect("what was said");
    let full = said("full.txt");
    assert!(codes.contains("next 0"), "{codes}\n{}", said("next.txt"));
    assert!(codes.contains("full 1") || codes.contains("full 5"), "{codes}\n{full}");
    assert!(full.contains("No space left on device") && full.contains("hint"), "{full}");
    for text in [&full, &said("again.txt")] {
        assert!(!text.contains("BUG") && !text.contains("panicked"), "{text}");
    }
    come_home(&folder);
    is_settled(&folder);
}

#[test]
fn a_closed_state_folder_ends_a_run_before_anything_is_changed() {
    let folder = folder();
    let (_, before) = folder.changes(0);
    let script = "mount -o remount,ro .groundplan
        $apply --sandbox=aws --yes >closed.txt 2>&1; echo closed $?
        mount -o remount,rw .groundplan";
    let Some(output) = with_a_disk(&folder, "64m", script) else { return };
    let codes = String::from_utf8_lossy(&output.stdout);
    let said = std::fs::read_to_string(folder.path().join("closed.txt")).expect("what was said");
    assert!(codes.contains("closed 1"), "{codes}\n{said}");
    assert!(said.contains("Read-only file system") && said.contains("hint"), "{said}");
    let (changes, _) = folder.changes(before);
    assert_eq!(changes, Vec::<String>::new());
    settles(&folder);
}
