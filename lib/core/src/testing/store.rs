//! A store in memory.

use groundplan_state::{
    BoxFuture, Change, Error, Holder, Loaded, Realm, Result, Run, Session, Snapshot, Store, check,
    fold,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Keeps the states of stacks in memory. Clones are the same store; what was appended survives the
/// session.
///
/// Who opens a state takes over: a session that was opened earlier cannot write any more.
#[derive(Clone, Debug, Default)]
pub struct MemStore(Arc<Mutex<BTreeMap<String, Kept>>>);

#[derive(Debug, Default)]
struct Kept {
    snapshot: Option<Snapshot>,
    holder: Option<Holder>,
    epoch: u64,
}

impl MemStore {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept of a stack.
    pub fn snapshot(&self, stack: &str) -> Option<Snapshot> {
        self.lock().get(stack).and_then(|kept| kept.snapshot.clone())
    }
}

impl Store for MemStore {
    fn place(&self, _: &str) -> String {
        "memory".into()
    }

    fn load<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Option<Loaded>>> {
        let loaded = self.snapshot(stack).map(|snapshot| Loaded { snapshot, replayed: 0 });
        Box::pin(std::future::ready(Ok(loaded)))
    }

    fn open<'a>(
        &'a self,
        stack: &'a str,
        realm: &'a Realm,
        holder: Holder,
    ) -> BoxFuture<'a, Result<Box<dyn Session>>> {
        Box::pin(async move {
            let mut states = self.lock();
            let kept = states.entry(stack.to_owned()).or_default();
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
        let mut states = self.store.lock();
        let stack = &self.snapshot.stack;
        let kept = states.get_mut(stack).expect("BUG: an open state is kept");
        if kept.epoch != self.epoch {
            let by = kept.holder.clone().expect("BUG: an epoch has a holder");
            return Err(Error::LeaseLost { stack: stack.clone(), by: Box::new(by) });
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
