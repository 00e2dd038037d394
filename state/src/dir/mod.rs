//! States in a directory: one folder per stack, one file per value.
//!
//! Files are for their owner alone; rights that others have to a stack's folder are taken from them
//! when it is next written to. Names that begin with a dot are marks and temporary files.

mod file;

use crate::{Alive, Blobs, BoxFuture, Error, LogStore, Put, Result, Timing};
use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    time::Duration,
};

/// After this time, what a write that was cut off left behind belongs to nobody.
const LEFTOVER: Duration = Duration::from_hours(1);

/// A directory costs nothing to ask, so who waits for another hears sooner that it lives.
const BEAT: Duration = Duration::from_secs(1);

/// Keeps states in a directory of the local file system.
pub type DirStore = LogStore<DirBlobs>;

impl DirStore {
    /// A store below `root`, which is made when first written to.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self::over(DirBlobs::new(root)).timing(Timing { beat: BEAT, ..Timing::default() })
    }
}

/// Keeps values in a directory of the local file system.
///
/// Every call blocks for the few milliseconds that the disk takes, which its caller has to wait for
/// anyway.
#[derive(Clone, Debug)]
pub struct DirBlobs {
    root: PathBuf,
}

impl DirBlobs {
    /// Values below `root`, which is made when first written to.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The file of a key, unless a folder on the way is a link.
    fn file(&self, key: &str) -> Result<PathBuf> {
        let mut path = self.root.clone();
        let mut parts = key.split('/').peekable();
        while let Some(part) = parts.next() {
            path.push(part);
            if parts.peek().is_some() && path.is_symlink() {
                return Err(Error::Link { path });
            }
        }
        Ok(path)
    }

    fn writable(&self, key: &str) -> Result<PathBuf> {
        let path = self.file(key)?;
        file::create_private_folder(path.parent().unwrap_or(&self.root))?;
        Ok(path)
    }

    /// Adds the keys of a folder's files that begin with `prefix`.
    fn walk(&self, folder: &str, prefix: &str, found: &mut Vec<String>) -> Result<()> {
        for entry in file::entries(&self.file(folder)?)? {
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name.starts_with('.') {
                continue;
            }
            let key = format!("{folder}{name}");
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                let inner = format!("{key}/");
                if inner.starts_with(prefix) {
                    self.walk(&inner, prefix, found)?;
                }
            } else if key.starts_with(prefix) {
                found.push(key);
            }
        }
        Ok(())
    }

    fn mark_file(&self, stack: &str, name: &str) -> PathBuf {
        self.root.join(stack).join(format!(".alive.{name}"))
    }
}

impl Blobs for DirBlobs {
    fn place(&self, key: &str) -> String {
        self.root.join(key).display().to_string()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>>> {
        Box::pin(async move { file::read(&self.file(key)?) })
    }

    fn put_new<'a>(&'a self, key: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<Put>> {
        Box::pin(async move { file::create(&self.writable(key)?, &value) })
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { file::replace(&self.writable(key)?, &value) })
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let folder = prefix.rfind('/').map_or("", |slash| &prefix[..=slash]);
            let mut found = Vec::new();
            self.walk(folder, prefix, &mut found)?;
            found.retain(|key| after.is_none_or(|after| key.as_str() > after));
            found.sort();
            Ok(found)
        })
    }

    fn folders(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async move {
            let folders = file::entries(&self.root)?.into_iter().filter(|e| e.path().is_dir());
            let mut names: Vec<_> =
                folders.filter_map(|e| e.file_name().into_string().ok()).collect();
            names.sort();
            Ok(names)
        })
    }

    fn delete(&self, keys: Vec<String>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            for key in keys {
                let path = self.file(&key)?;
                match std::fs::remove_file(&path) {
                    Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                        return Err(Error::io("delete", path)(e));
                    }
                    _ => {}
                }
            }
            Ok(())
        })
    }

    fn prepare(&self, stack: &str) -> Result<()> {
        let journal = self.writable(&format!("{stack}/journal/-"))?;
        let journal = journal.parent().unwrap_or(&self.root);
        for folder in [&self.root.join(stack), journal] {
            file::keep_private(folder)?;
            for entry in file::entries(folder)? {
                file::keep_private(&entry.path())?;
                sweep(&entry.path());
            }
        }
        Ok(())
    }

    fn mark(&self, stack: &str, name: &str) -> Result<Option<Alive>> {
        let path = self.mark_file(stack, name);
        let file = file::private(OpenOptions::new().create_new(true).write(true))
            .open(&path)
            .map_err(Error::io("write", &path))?;
        if file.try_lock().is_ok() {
            return Ok(Some(Box::new(file)));
        }
        // A file system without locks: others go by the heartbeat alone.
        self.unmark(stack, name);
        Ok(None)
    }

    fn is_dead(&self, stack: &str, name: &str) -> bool {
        let Ok(file) = OpenOptions::new().read(true).open(self.mark_file(stack, name)) else {
            return false;
        };
        // Shared, so that two who look do not take each other for the one they look for.
        file.try_lock_shared().is_ok()
    }

    fn unmark(&self, stack: &str, name: &str) {
        // What stays is swept up later.
        let _ = std::fs::remove_file(self.mark_file(stack, name));
    }
}

/// Removes a temporary file or a mark that a dead process left.
fn sweep(path: &Path) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ours = name.starts_with(".alive.") || (name.starts_with('.') && name.ends_with(".tmp"));
    let old = || {
        let found = std::fs::symlink_metadata(path).ok()?;
        Some(found.modified().ok()?.elapsed().ok()? > LEFTOVER)
    };
    let in_use = || {
        let file = OpenOptions::new().read(true).open(path);
        file.is_ok_and(|file| file.try_lock_shared().is_err())
    };
    if ours && old() == Some(true) && !in_use() {
        let _ = std::fs::remove_file(path);
    }
}
