//! Files that are whole or not there, readable by their owner only.

use crate::{Error, Result};
use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Reads a file; none if it does not exist.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io("read", path)(e)),
    }
}

/// Replaces a file in one step, durably, and keeps what it held before as `….previous.json`.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = private(OpenOptions::new().create(true).truncate(true).write(true))
        .open(&temporary)
        .map_err(Error::io("write", &temporary))?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .map_err(Error::io("write", &temporary))?;
    if path.exists() {
        let previous = path.with_extension("previous.json");
        std::fs::copy(path, &previous).map_err(Error::io("write", &previous))?;
    }
    std::fs::rename(&temporary, path).map_err(Error::io("replace", path))?;
    sync_folder_of(path)
}

/// Makes a rename or a new file in a folder survive a power failure.
pub(super) fn sync_folder_of(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|f| f.sync_all()).map_err(Error::io("sync", folder))
}

/// Makes a folder and its parents, for the owner alone.
pub(super) fn create_private_folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(Error::io("create", path))?;
    std::fs::set_permissions(path, Permissions::from_mode(0o700))
        .map_err(Error::io("protect", path))
}

/// Options with which only the owner can open the file that they make.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}
