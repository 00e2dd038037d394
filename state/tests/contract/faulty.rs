//! A place that fails as places do: it dies between any two operations, is full, or loses beats.

use super::Ground;
use groundplan_state::{Alive, Blobs, BoxFuture, Error, Put, Result, Timing};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
};

/// A place, and how it fails. Clones fail together.
#[derive(Clone, Debug)]
pub(crate) struct Faulty<B> {
    inner: B,
    pub(crate) faults: Arc<Faults>,
}

#[derive(Debug)]
pub(crate) struct Faults {
    /// Operations that are still done; the one after them is the last.
    pub(crate) left: AtomicU64,
    /// Whether the last operation has its effect before the process dies.
    pub(crate) effect: AtomicBool,
    /// Whether nothing more fits.
    pub(crate) full: AtomicBool,
    /// Whether heartbeats get lost, as of a process that is frozen.
    pub(crate) heartless: AtomicBool,
    /// Bytes that were written.
    pub(crate) written: AtomicU64,
    /// Operations, heartbeats left out.
    pub(crate) count: AtomicU64,
}

impl<B: Ground> Ground for Faulty<B> {
    const TIMING: Timing = B::TIMING;
}

impl<B> Faulty<B> {
    pub(crate) fn new(inner: B) -> Self {
        let faults = Faults {
            left: AtomicU64::new(u64::MAX),
            effect: AtomicBool::new(false),
            full: AtomicBool::new(false),
            heartless: AtomicBool::new(false),
            written: AtomicU64::new(0),
            count: AtomicU64::new(0),
        };
        Self { inner, faults: Arc::new(faults) }
    }
}

impl Faults {
    fn failure(kind: io::ErrorKind) -> Error {
        Error::Io { action: "write", path: "there".into(), source: kind.into() }
    }

    /// Counts an operation: whether it is done, and whether its answer comes.
    fn operation(&self) -> (bool, bool) {
        self.count.fetch_add(1, SeqCst);
        let left = self.left.load(SeqCst);
        match left {
            u64::MAX => (true, true),
            0 => (false, false),
            1 => {
                self.left.store(0, SeqCst);
                (self.effect.load(SeqCst), false)
            }
            _ => {
                self.left.store(left - 1, SeqCst);
                (true, true)
            }
        }
    }
}

impl<B: Blobs> Faulty<B> {
    async fn run<T>(&self, operation: impl Future<Output = Result<T>>) -> Result<T> {
        let (done, answered) = self.faults.operation();
        let dead = || Faults::failure(io::ErrorKind::BrokenPipe);
        if !done {
            return Err(dead());
        }
        let result = operation.await;
        if answered { result } else { Err(dead()) }
    }

    fn room(&self, value: &[u8]) -> Result<()> {
        if self.faults.full.load(SeqCst) {
            return Err(Faults::failure(io::ErrorKind::StorageFull));
        }
        self.faults.written.fetch_add(value.len() as u64, SeqCst);
        Ok(())
    }
}

impl<B: Blobs> Blobs for Faulty<B> {
    fn place(&self, key: &str) -> String {
        self.inner.place(key)
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>>> {
        Box::pin(self.run(self.inner.get(key)))
    }

    fn put_new<'a>(&'a self, key: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<Put>> {
        Box::pin(async move {
            self.room(&value)?;
            self.run(self.inner.put_new(key, value)).await
        })
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if self.faults.heartless.load(SeqCst) || self.faults.left.load(SeqCst) == 0 {
                return Err(Faults::failure(io::ErrorKind::TimedOut));
            }
            self.room(&value)?;
            self.inner.put(key, value).await
        })
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(self.run(self.inner.list(prefix, after)))
    }

    fn folders(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(self.run(self.inner.folders()))
    }

    fn delete(&self, keys: Vec<String>) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.run(self.inner.delete(keys)))
    }

    fn prepare(&self, stack: &str) -> Result<()> {
        self.inner.prepare(stack)
    }

    fn mark(&self, stack: &str, name: &str) -> Result<Option<Alive>> {
        self.inner.mark(stack, name)
    }

    fn is_dead(&self, stack: &str, name: &str) -> bool {
        self.inner.is_dead(stack, name)
    }

    fn unmark(&self, stack: &str, name: &str) {
        self.inner.unmark(stack, name);
    }
}
