//! One writer at a time. The system releases the lock when its process ends, however it ends.

use super::file;
use crate::{Error, Holder, Result};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock and writes into it who has it.
    pub(super) fn take(folder: &Path, stack: &str, holder: &Holder) -> Result<Self> {
        let path = folder.join("lock");
        let mut file =
            file::private(OpenOptions::new().create(true).truncate(false).read(true).write(true))
                .open(&path)
                .map_err(Error::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(locked(&mut file, stack)),
            Err(TryLockError::Error(e)) => return Err(Error::io("lock", &path)(e)),
        }
        let text = serde_json::to_vec(holder).expect("BUG: a holder is JSON");
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(&text))
            .map_err(Error::io("write", &path))?;
        Ok(Self { _file: file })
    }
}

fn locked(file: &mut File, stack: &str) -> Error {
    let mut text = String::new();
    let holder = file.read_to_string(&mut text).ok().and_then(|_| serde_json::from_str(&text).ok());
    // The other process may be between taking the lock and writing its name.
    let holder = holder.unwrap_or(Holder {
        who: "another process".into(),
        host: "this machine".into(),
        pid: 0,
        command: "unknown".into(),
        since: jiff::Timestamp::UNIX_EPOCH,
    });
    Error::Locked { stack: stack.to_owned(), holder: Box::new(holder) }
}
