//! States in a directory: one folder per stack.
//!
//! ```text
//! DIR/STACK/state.json           the snapshot
//! DIR/STACK/state.previous.json  the one before the last write
//! DIR/STACK/journal.jsonl        records made since, each with a checksum
//! DIR/STACK/lock                 held by the process that may write; says who that is
//! ```

mod file;
mod journal;
mod lock;

use crate::{
    BoxFuture, Change, Error, FORMAT, Holder, Loaded, Numbered, Realm, Result, Run, Session,
    Snapshot, Store, check, fold,
};
use journal::Journal;
use lock::Lock;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Keeps states in a directory of the local file system.
#[derive(Clone, Debug)]
pub struct DirStore {
    root: PathBuf,
}

impl DirStore {
    /// A store below `root`, which is made when first written to.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn folder(&self, stack: &str) -> PathBuf {
        self.root.join(stack)
    }
}

impl Store for DirStore {
    fn place(&self, stack: &str) -> String {
        self.folder(stack).display().to_string()
    }

    fn load<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Option<Loaded>>> {
        Box::pin(async move { Ok(read(&self.folder(stack), stack)?.map(|found| found.loaded)) })
    }

    fn open<'a>(
        &'a self,
        stack: &'a str,
        realm: &'a Realm,
        holder: Holder,
    ) -> BoxFuture<'a, Result<Box<dyn Session>>> {
        Box::pin(async move {
            let folder = self.folder(stack);
            file::create_private_folder(&folder)?;
            let lock = Lock::take(&folder, stack, &holder)?;
            // Read only now: until the lock was ours, somebody else may have been writing.
            let found = read(&folder, stack)?;
            let (snapshot, intact) = match found {
                Some(found) => (found.loaded.snapshot, found.journal_intact),
                None => (Snapshot::new(stack, realm.clone()), 0),
            };
            let journal = Journal::open(&folder, intact)?;
            let mut session = DirSession { folder, snapshot, journal, begun: false, _lock: lock };
            session.begun = session.snapshot_file().exists();
            Ok(Box::new(session) as Box<dyn Session>)
        })
    }
}

struct Found {
    loaded: Loaded,
    /// Bytes of the journal that hold whole records; what follows is a torn tail.
    journal_intact: u64,
}

fn read(folder: &Path, stack: &str) -> Result<Option<Found>> {
    let path = folder.join("state.json");
    let Some(mut snapshot) = read_snapshot(&path)? else {
        // Without this a lost state would look like one of nothing, and all of it be made again.
        let left = path.with_extension("previous.json");
        return if left.exists() { Err(Error::Gone { path, left }) } else { Ok(None) };
    };
    let journal = journal::read(folder)?;
    let mut replayed = 0;
    for Numbered { n, record } in journal.records {
        // A crash between writing the snapshot and emptying the journal leaves records it has.
        if n > snapshot.serial {
            fold(&mut snapshot, record);
            snapshot.serial = n;
            replayed += 1;
        }
    }
    let problems = check(&snapshot);
    if !problems.is_empty() {
        return Err(Error::Inconsistent { stack: stack.to_owned(), problems });
    }
    Ok(Some(Found { loaded: Loaded { snapshot, replayed }, journal_intact: journal.intact }))
}

fn read_snapshot(path: &Path) -> Result<Option<Snapshot>> {
    #[derive(Deserialize)]
    struct Head {
        format: u32,
    }
    let Some(text) = file::read(path)? else { return Ok(None) };
    let unreadable =
        |e: serde_json::Error| Error::Unreadable { path: path.into(), why: e.to_string() };
    let head: Head = serde_json::from_slice(&text).map_err(unreadable)?;
    if head.format > FORMAT {
        return Err(Error::Newer { path: path.into(), found: head.format, ours: FORMAT });
    }
    serde_json::from_slice(&text).map(Some).map_err(unreadable)
}

#[derive(Debug)]
struct DirSession {
    folder: PathBuf,
    snapshot: Snapshot,
    journal: Journal,
    /// Whether a snapshot is on disk for the journal's records to follow.
    begun: bool,
    _lock: Lock,
}

impl DirSession {
    fn snapshot_file(&self) -> PathBuf {
        self.folder.join("state.json")
    }

    fn write_snapshot(&mut self) -> Result<()> {
        let mut text = serde_json::to_vec_pretty(&self.snapshot).expect("BUG: a snapshot is JSON");
        text.push(b'\n');
        file::replace(&self.snapshot_file(), &text)?;
        self.begun = true;
        Ok(())
    }

    /// Blocks for an fsync: a few milliseconds that the caller has to wait for anyway.
    fn record(&mut self, changes: Vec<Change>) -> Result<()> {
        if !self.begun {
            self.write_snapshot()?;
        }
        let first = self.snapshot.serial + 1;
        let records: Vec<_> =
            (first..).zip(changes).map(|(n, record)| Numbered { n, record }).collect();
        self.journal.append(&records)?;
        for Numbered { n, record } in records {
            fold(&mut self.snapshot, record);
            self.snapshot.serial = n;
        }
        Ok(())
    }
}

impl Session for DirSession {
    fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    fn append(&mut self, changes: Vec<Change>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.record(changes) })
    }

    fn compact(&mut self, run: Run) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.snapshot.last_run = Some(run);
            self.write_snapshot()?;
            self.journal.clear()
        })
    }
}
