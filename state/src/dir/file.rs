//! Files that are whole or not there, for their owner alone, and never behind a link.

use crate::{Error, Put, Result};
use rustix::{fs::OFlags, io::Errno};
use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io::{self, ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// Reads a file; none if it does not exist. A link in its place is refused.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(path);
    match opened.and_then(|mut file| file.read_to_end(&mut bytes)) {
        Ok(_) => Ok(Some(bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) if e.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            Err(Error::Link { path: path.to_owned() })
        }
        Err(e) => Err(Error::io("read", path)(e)),
    }
}

/// Creates a file in one durable step, if there is none.
pub(super) fn create(path: &Path, content: &[u8]) -> Result<Put> {
    let temporary = Temporary::write(path, content, true)?;
    // A hard link is made or not, and never replaces anything.
    match std::fs::hard_link(&temporary.0, path) {
        Ok(()) => {}
        Err(e) if e.kind() == ErrorKind::AlreadyExists => return Ok(Put::Exists),
        Err(e) => return Err(Error::io("write", path)(e)),
    }
    sync_folder_of(path)?;
    Ok(Put::Created)
}

/// Writes a file in one step, which a power failure may undo.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let temporary = Temporary::write(path, content, false)?;
    std::fs::rename(&temporary.0, path).map_err(Error::io("write", path))
}

/// A file under a name of its own, which is removed in the end.
struct Temporary(PathBuf);

impl Temporary {
    fn write(path: &Path, content: &[u8], durable: bool) -> Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (pid, n) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let temporary = Self(path.with_file_name(format!(".{name}.{pid}.{n}.tmp")));
        let write = |mut file: File| {
            file.write_all(content)?;
            if durable { file.sync_all() } else { Ok(()) }
        };
        let _ = std::fs::remove_file(&temporary.0);
        private(OpenOptions::new().create_new(true).write(true))
            .open(&temporary.0)
            .and_then(write)
            .map_err(Error::io("write", path))?;
        Ok(temporary)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Makes a new name in a folder survive a power failure.
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
    sync_folder_of(path)
}

/// What the group and everybody may do.
const OTHERS: u32 = 0o077;

/// Takes from others what rights they have, for instance after a copy.
pub(super) fn keep_private(path: &Path) -> Result<()> {
    let found = match std::fs::symlink_metadata(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        found => found.map_err(Error::io("look at", path))?,
    };
    let mode = found.permissions().mode();
    if found.is_symlink() || mode & OTHERS == 0 {
        return Ok(());
    }
    std::fs::set_permissions(path, Permissions::from_mode(mode & !OTHERS))
        .map_err(Error::io("protect", path))
}

/// Options with which only the owner can open the file that they make.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

/// The entries of a folder; none if it does not exist.
pub(super) fn entries(folder: &Path) -> Result<Vec<std::fs::DirEntry>> {
    match std::fs::read_dir(folder) {
        Ok(found) => found.collect::<io::Result<_>>().map_err(Error::io("read", folder)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(Error::io("read", folder)(e)),
    }
}
