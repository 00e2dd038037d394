//! A store as a process sees it that may die or freeze at any write.

use super::{Moment, Point, Process};
use groundplan_state::{
    BoxFuture, Change, Holder, Loaded, Realm, Result, Run, Session, Snapshot, Store,
};
use std::sync::Arc;

/// Any store, as this process sees it.
#[derive(Clone, Debug)]
pub struct Mortal {
    store: Arc<dyn Store>,
    process: Process,
}

impl Mortal {
    /// The store as this process sees it.
    pub fn new(store: Arc<dyn Store>, process: &Process) -> Self {
        Self { store, process: process.clone() }
    }
}

impl Store for Mortal {
    fn place(&self, stack: &str) -> String {
        self.store.place(stack)
    }

    fn load<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Option<Loaded>>> {
        self.store.load(stack)
    }

    fn open<'a>(
        &'a self,
        stack: &'a str,
        realm: &'a Realm,
        holder: Holder,
    ) -> BoxFuture<'a, Result<Box<dyn Session>>> {
        Box::pin(async move {
            let session = self.store.open(stack, realm, holder).await?;
            let process = self.process.clone();
            Ok(Box::new(MortalSession { session, process }) as Box<dyn Session>)
        })
    }
}

#[derive(Debug)]
struct MortalSession {
    session: Box<dyn Session>,
    process: Process,
}

impl Session for MortalSession {
    fn snapshot(&self) -> &Snapshot {
        self.session.snapshot()
    }

    fn append(&mut self, changes: Vec<Change>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let n = self.process.record().await;
            let written = self.session.append(changes).await;
            self.process.reach(Point::Record(n, Moment::After)).await;
            written
        })
    }

    fn compact(&mut self, run: Run) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let n = self.process.record().await;
            let written = self.session.compact(run).await;
            self.process.reach(Point::Record(n, Moment::After)).await;
            written
        })
    }
}
