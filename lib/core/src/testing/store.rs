//! A store in memory.

use groundplan_state::{
    BoxFuture, Change, Error, Holder, Loaded, Realm, Result, Run, Session, Snapshot, Store, check,
    fold,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps one state in memory. Clones are the same store; what was appended survives the session.
///
/// Who opens it takes over: a session that was opened earlier cannot write any more.
#[derive(Clone, Debug, Default)]
pub struct MemStore(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    snapshot: Option<Snapshot>,
    holder: Option<Holder>,
    epoch: u64,
}

impl MemStore {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept.
    pub fn snapshot(&self) -> Option<Snapshot> {
        self.lock().snapshot.clone()
    }
}

impl Store for MemStore {
    fn place(&self, _: &str) -> String {
        "memory".into()
    }

    fn load<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Loaded>>> {
        Box::pin(
            async move { Ok(self.snapshot().map(|snapshot| Loaded { snapshot, replayed: 0 })) },
        )
    }

    fn open<'a>(
        &'a self,
        stack: &'a str,
        realm: &'a Realm,
        holder: Holder,
    ) -> BoxFuture<'a, Result<Box<dyn Session>>> {
        Box::pin(async move {
            let mut kept = self.lock();
            kept.epoch += 1;
            kept.holder = Some(holder);
            let snapshot =
                kept.snapshot.clone().unwrap_or_else(|| Snapshot::new(stack, realm.clone()));
            let session = MemSession { store: self.clone(), snapshot, epoch: kept.epoch };
            Ok(Box::new(session) as Box<dyn Session>)
        })
    }
}

#[derive(Debug)]
struct MemSession {
    store: MemStore,
    snapshot: Snapshot,
    epoch: u64,
}

impl MemSession {
    /// Does the same to the session's own copy and to what is kept.
    fn write(&mut self, change: impl Fn(&mut Snapshot)) -> Result<()> {
        let mut kept = self.store.lock();
        if kept.epoch != self.epoch {
            let by = kept.holder.clone().expect("BUG: an epoch has a holder");
            let stack = self.snapshot.stack.clone();
            return Err(Error::LeaseLost { stack, by: Box::new(by) });
        }
        let before = &self.snapshot;
        change(kept.snapshot.get_or_insert_with(|| before.clone()));
        change(&mut self.snapshot);
        let problems = check(&self.snapshot);
        assert!(problems.is_empty(), "BUG: {problems:?}");
        Ok(())
    }
}

impl Session for MemSession {
    fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    fn append(&mut self, changes: Vec<Change>) -> BoxFuture<'_, Result<()>> {
        let written = self.write(|snapshot| {
            for change in &changes {
                fold(snapshot, change.clone());
                snapshot.serial += 1;
            }
        });
        Box::pin(std::future::ready(written))
    }

    fn compact(&mut self, run: Run) -> BoxFuture<'_, Result<()>> {
        let written = self.write(|snapshot| snapshot.last_run = Some(run.clone()));
        Box::pin(std::future::ready(written))
    }
}
