//! Promises of the directory store that are about files and processes.

use crate::contract::{self, Ground, PATIENT, STACK, holder, load, names, open, put, record};
use groundplan_state::{DirBlobs, DirStore, Error, Holder, LogStore, Realm, Store, Upkeep};
use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant, SystemTime},
};

fn place() -> (tempfile::TempDir, DirBlobs) {
    let folder = tempfile::tempdir().unwrap();
    let blobs = DirBlobs::new(folder.path().join("states"));
    (folder, blobs)
}

impl Ground for DirBlobs {}

crate::contract!(place());

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Every file and folder below one.
fn all(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(all(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[tokio::test]
async fn reading_makes_no_file() {
    let (folder, blobs) = place();
    contract::life::reading_writes_nothing(blobs).await;
    assert!(!folder.path().join("states").exists());
}

#[tokio::test]
async fn files_are_for_their_owner_alone() {
    let (folder, blobs) = place();
    record(&blobs, "a", &["a", "b"]).await.unwrap();
    let mut session = open(&blobs, "b").await.unwrap();
    session.append(vec![put("c", 0)]).await.unwrap();
    for path in all(&folder.path().join("states")) {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
    session.close().await.unwrap();

    // As after a copy, or a checkout.
    let stack = folder.path().join("states").join(STACK);
    for path in all(&stack) {
        fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
    }
    open(&blobs, "c").await.unwrap().close().await.unwrap();
    for path in all(&stack) {
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
    }
}

#[tokio::test]
async fn links_are_not_followed() {
    let (folder, blobs) = place();
    record(&blobs, "a", &["a"]).await.unwrap();
    let stack = folder.path().join("states").join(STACK);
    let elsewhere = folder.path().join("elsewhere");
    for name in ["state.000000000003.json", "journal/000000000004.json", "journal", "."] {
        let path = if name == "." { stack.clone() } else { stack.join(name) };
        fs::rename(&path, &elsewhere).unwrap();
        symlink(&elsewhere, &path).unwrap();
        let error = load(&blobs).await.unwrap_err();
        assert!(matches!(error, Error::Link { .. }), "{name}: {error}");
        assert!(error.to_string().contains("is a symbolic link"), "{error}");
        assert!(matches!(open(&blobs, "b").await, Err(Error::Link { .. })), "{name}");
        fs::remove_file(&path).unwrap();
        fs::rename(&elsewhere, &path).unwrap();
    }
    assert_eq!(names(&load(&blobs).await.unwrap().unwrap()), ["a"]);
}

#[tokio::test]
async fn nothing_is_left_of_writes_that_were_cut_off() {
    let (folder, blobs) = place();
    record(&blobs, "a", &["a"]).await.unwrap();
    let stack = folder.path().join("states").join(STACK);
    let old = SystemTime::now() - Duration::from_hours(2);
    for name in ["journal/.x.1.0.tmp", ".alive.x", ".young.tmp"] {
        let file = fs::File::create(stack.join(name)).unwrap();
        if !name.contains("young") {
            file.set_modified(old).unwrap();
        }
    }
    open(&blobs, "b").await.unwrap().close().await.unwrap();
    let hidden = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with('.');
    let left: Vec<_> = all(&stack).into_iter().filter(hidden).collect();
    assert_eq!(left, [stack.join(".young.tmp")], "which somebody may be writing at this moment");
}

/// The system tells that a process is dead: nobody waits until its heart was silent for long.
#[tokio::test]
async fn a_dead_holder_on_this_machine_is_known_at_once() {
    let (_folder, blobs) = place();
    let store = LogStore::over(blobs.clone());
    let session = store.open(STACK, &Realm::Simulation, holder("a")).await.unwrap();
    drop(session);
    let started = Instant::now();
    let second = store.open(STACK, &Realm::Simulation, holder("b")).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(15), "the rule of silence takes 20");
    drop(second);
    // The mark of a process on another machine says nothing here.
    let elsewhere = Holder { host: "there".into(), ..holder("c") };
    let opened = store.open(STACK, &Realm::Simulation, elsewhere);
    assert!(tokio::time::timeout(Duration::from_secs(1), opened).await.is_err());
}

/// Not for root, whom no permission stops.
#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_told() {
    let (folder, blobs) = place();
    record(&blobs, "a", &["a"]).await.unwrap();
    let journal = folder.path().join("states").join(STACK).join("journal");
    fs::set_permissions(&journal, Permissions::from_mode(0o500)).unwrap();
    if fs::write(journal.join(".probe"), "x").is_ok() {
        return;
    }
    let error = open(&blobs, "b").await.unwrap_err();
    assert!(error.to_string().contains("could not write"), "{error}");
    assert!(error.hint().contains("permissions"), "{}", error.hint());
    assert_eq!(names(&load(&blobs).await.unwrap().unwrap()), ["a"]);
    fs::set_permissions(&journal, Permissions::from_mode(0o700)).unwrap();
}

const STATES: &str = "GROUNDPLAN_TEST_STATES";

/// What the test below runs in processes of their own.
#[tokio::test]
#[ignore = "a part of processes_take_turns_and_follow_the_dead"]
async fn one_of_many_processes() {
    let Some(states) = std::env::var_os(STATES) else { return };
    let store = DirStore::new(states);
    let (realm, who) = (Realm::Simulation, format!("p{}", std::process::id()));
    let mut session = store.open_or_wait(STACK, &realm, holder(&who), PATIENT).await.unwrap();
    session.append(vec![put(&who, 0)]).await.unwrap();
    session.append(vec![put(&who, 1)]).await.unwrap();
    // Some end well, some do not.
    if std::process::id().is_multiple_of(2) {
        session.close().await.unwrap();
    } else {
        std::process::abort();
    }
}

#[tokio::test]
async fn processes_take_turns_and_follow_the_dead() {
    let (folder, blobs) = place();
    let start = |_| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "dir::one_of_many_processes", "--ignored"])
            .env(STATES, folder.path().join("states"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..12).map(start).collect();
    for mut child in children {
        child.wait().unwrap();
    }
    let found = load(&blobs).await.unwrap().unwrap();
    assert_eq!((found.serial, found.entries.len()), (24, 12));
}
