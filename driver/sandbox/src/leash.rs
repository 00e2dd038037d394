//! Processes that outlive the command, and how they are found again and ended.
//!
//! Such a process gets a locked file as its standard input and its id is written into that file. The
//! lock is held exactly as long as it (or a child that inherited the file) lives, so "is it alive" is
//! a question to the lock, and no signal is ever sent to a stranger that got a dead process's id.

use crate::{
    Error, Result,
    lock::{Lock, POLL, is_held},
};
use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process, kill_process_group},
};
use std::{
    os::unix::fs::FileExt,
    path::Path,
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};

/// After SIGKILL only the kernel is in the way.
const KILL_PATIENCE: Duration = Duration::from_secs(10);

/// The process at the end of a leash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) pid: i32,
    /// For whom it works.
    pub(crate) owner: String,
}

/// Who is told to end first.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Politely {
    /// The process alone: it ends its children itself, in the order they need.
    Leader,
    /// The process and its children, which know nothing of each other.
    Group,
}

/// Starts a process that goes on when this one ends, in a process group of its own, so that an
/// interrupt typed at the terminal does not reach it. The caller has set its output. The command is
/// taken because it keeps the locked file open for as long as it exists.
pub(crate) fn spawn(
    what: &'static str,
    mut command: Command,
    lock: Lock,
    owner: &Path,
) -> Result<Child> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let failed = |source| Error::Spawn { what, program, source };
    let mut start = || {
        lock.file.set_len(0)?;
        let child = command.stdin(lock.file.try_clone()?).process_group(0).spawn()?;
        let pid = child.id().expect("BUG: a child that was not waited for has an id");
        lock.file.write_all_at(format!("{pid}\n{}\n", owner.display()).as_bytes(), 0)?;
        Ok(child)
    };
    start().map_err(failed)
}

/// The process on this leash; none when it has ended.
pub(crate) fn holder(path: &Path) -> Result<Option<Holder>> {
    if !is_held(path)? {
        return Ok(None);
    }
    let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
    // The lock is taken a moment before there is a process to name.
    Ok(text.split_once('\n').and_then(|(pid, owner)| {
        Some(Holder { pid: pid.parse().ok()?, owner: owner.trim_end().to_owned() })
    }))
}

/// Ends the process on this leash and its group: SIGTERM, then SIGKILL when it has not ended after
/// `patience`. Returns whether it ended by itself.
pub(crate) async fn end(path: &Path, politely: Politely, patience: Duration) -> Result<bool> {
    let Some(Holder { pid, .. }) = holder(path)? else { return Ok(true) };
    let Some(process) = Pid::from_raw(pid) else { return Ok(true) };
    let sent = match politely {
        Politely::Leader => kill_process(process, Signal::TERM),
        Politely::Group => kill_process_group(process, Signal::TERM),
    };
    arrived(sent, path)?;
    if freed(path, patience).await? {
        return Ok(true);
    }
    arrived(kill_process_group(process, Signal::KILL), path)?;
    if freed(path, KILL_PATIENCE).await? { Ok(false) } else { Err(Error::Undying { pid }) }
}

/// A process that ended just now needs no signal.
fn arrived(sent: rustix::io::Result<()>, path: &Path) -> Result<()> {
    match sent {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(errno) => Err(Error::io("end the process of", path)(errno.into())),
    }
}

async fn freed(path: &Path, patience: Duration) -> Result<bool> {
    let begun = Instant::now();
    while is_held(path)? {
        if begun.elapsed() > patience {
            return Ok(false);
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn leashed(script: &str) -> (tempfile::TempDir, std::path::PathBuf, Child) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let ready = folder.path().join("ready");
        let lock = Lock::try_take(&path).unwrap().unwrap();
        let mut command = Command::new("sh");
        command.args([
            "-c",
            &format!("{script}\ntouch {}; while :; do sleep 0.02; done", ready.display()),
        ]);
        let mut child = spawn("test", command, lock, Path::new("/owner")).unwrap();
        while !ready.exists() {
            assert_eq!(child.try_wait().unwrap(), None, "it ended before it was ready");
            tokio::time::sleep(POLL).await;
        }
        (folder, path, child)
    }

    #[tokio::test]
    async fn a_process_holds_its_leash_until_it_ends() {
        let (_folder, path, child) = leashed(":").await;
        let pid = child.id().unwrap().cast_signed();
        assert_eq!(holder(&path).unwrap(), Some(Holder { pid, owner: "/owner".into() }));
        assert!(Lock::try_take(&path).unwrap().is_none(), "nobody else can start it");

        assert!(end(&path, Politely::Leader, KILL_PATIENCE).await.unwrap());
        assert_eq!(holder(&path).unwrap(), None);
        assert!(end(&path, Politely::Leader, KILL_PATIENCE).await.unwrap(), "ending twice is fine");
    }

    #[tokio::test]
    async fn what_does_not_end_when_asked_is_killed() {
        let (_folder, path, mut child) = leashed("trap '' TERM").await;
        assert!(!end(&path, Politely::Group, Duration::from_millis(100)).await.unwrap());
        assert!(!child.wait().await.unwrap().success());
    }

    #[tokio::test]
    async fn a_child_that_stays_behind_keeps_the_leash_and_is_ended_too() {
        let (_folder, path, mut child) = leashed("(while :; do sleep 0.02; done) <&0 &").await;
        child.kill().await.unwrap();
        assert!(is_held(&path).unwrap(), "its child still lives");
        assert!(end(&path, Politely::Group, KILL_PATIENCE).await.unwrap());
    }
}
