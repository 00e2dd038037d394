//! Lock files: one process at a time, and a sign of life that no process id can fake.
//!
//! The lock belongs to the open file, so a child process that was given the file keeps it locked for
//! as long as it lives, however its parent ends.

use crate::{Error, Result};
use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

/// How often a wait looks again.
pub(crate) const POLL: Duration = Duration::from_millis(50);

/// A lock, held until dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    pub(crate) file: File,
}

impl Lock {
    /// Takes the lock if nobody has it.
    pub(crate) fn try_take(path: &Path) -> Result<Option<Self>> {
        let file = Self::open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(Error::io("lock", path)(source)),
        }
    }

    /// Takes the lock together with others who share it, waiting for one who does not.
    pub(crate) fn share(path: &Path) -> Result<Self> {
        let file = Self::open(path)?;
        file.lock_shared().map_err(Error::io("lock", path))?;
        Ok(Self { file })
    }

    fn open(path: &Path) -> Result<File> {
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(path)
            .map_err(Error::io("open", path))
    }

    /// Takes the lock, waiting for as long as another process has it. `waiting` is told once.
    pub(crate) async fn take(path: &Path, waiting: impl FnOnce()) -> Result<Self> {
        let mut waiting = Some(waiting);
        loop {
            if let Some(lock) = Self::try_take(path)? {
                return Ok(lock);
            }
            if let Some(tell) = waiting.take() {
                tell();
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// Whether some process has the lock. Looking does not keep others from looking.
pub(crate) fn is_held(path: &Path) -> Result<bool> {
    match File::open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(Error::io("open", path)(e)),
        Ok(file) => match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(source)) => Err(Error::io("lock", path)(source)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_second_taker_waits_until_the_first_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert!(!is_held(&path).unwrap(), "a lock that was never made is free");

        let first = Lock::try_take(&path).unwrap().unwrap();
        assert!(is_held(&path).unwrap());
        assert!(Lock::try_take(&path).unwrap().is_none());

        let (told, hears) = tokio::sync::oneshot::channel();
        let second = Lock::take(&path, move || told.send(()).unwrap());
        let first_ends = async {
            hears.await.unwrap();
            drop(first);
        };
        let (second, ()) = tokio::join!(second, first_ends);
        drop(second.unwrap());
        assert!(!is_held(&path).unwrap());
    }
}
