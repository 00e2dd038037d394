//! A store in memory that can die between any two records.

use groundplan_state::{
    BoxFuture, Change, Holder, Loaded, Realm, Result, Run, Session, Snapshot, Store, check, fold,
};
use std::sync::{Arc, Mutex, PoisonError};

/// Keeps one state in memory. Clones are the same store; what was appended survives the session.
#[derive(Clone, Debug, Default)]
pub struct MemStore {
    kept: Arc<Mutex<Option<Snapshot>>>,
    died: tokio_util::sync::CancellationToken,
    dies_after: Option<u64>,
}

impl MemStore {
    /// The same store as seen by a process that dies after this many writes.
    #[must_use]
    pub fn dying_after(&self, writes: Option<u64>) -> Self {
        Self {
            kept: self.kept.clone(),
            died: tokio_util::sync::CancellationToken::new(),
            dies_after: writes,
        }
    }

    /// Ends when the process died.
    pub fn died(&self) -> tokio_util::sync::WaitForCancellationFuture<'_> {
        self.died.cancelled()
    }

    /// What is kept.
    pub fn snapshot(&self) -> Option<Snapshot> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
        _: Holder,
    ) -> BoxFuture<'a, Result<Box<dyn Session>>> {
        Box::pin(async move {
            let snapshot = self.snapshot().unwrap_or_else(|| Snapshot::new(stack, realm.clone()));
            Ok(Box::new(MemSession { store: self.clone(), snapshot, writes: 0 })
                as Box<dyn Session>)
        })
    }
}

#[derive(Debug)]
struct MemSession {
    store: MemStore,
    snapshot: Snapshot,
    writes: u64,
}

impl MemSession {
    async fn write(&mut self) {
        if self.store.dies_after == Some(self.writes) {
            self.store.died.cancel();
            std::future::pending::<()>().await;
        }
        self.writes += 1;
        let problems = check(&self.snapshot);
        assert!(problems.is_empty(), "BUG: {problems:?}");
        *self.store.kept.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(self.snapshot.clone());
    }
}

impl Session for MemSession {
    fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    fn append(&mut self, changes: Vec<Change>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            for change in changes {
                fold(&mut self.snapshot, change);
                self.snapshot.serial += 1;
            }
            self.write().await;
            Ok(())
        })
    }

    fn compact(&mut self, run: Run) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.snapshot.last_run = Some(run);
            self.write().await;
            Ok(())
        })
    }
}
