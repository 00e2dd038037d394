//! A process that read what is there, fell asleep, and wakes up when it writes.

use super::Ground;
use groundplan_state::{Blobs, BoxFuture, Put, Result, Timing};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

/// A place as it was once, until something is written to it.
#[derive(Clone, Debug)]
pub(crate) struct Sleeper<B> {
    inner: B,
    past: BTreeMap<String, Vec<u8>>,
    awake: Arc<AtomicBool>,
}

impl<B: Ground> Ground for Sleeper<B> {
    const TIMING: Timing = B::TIMING;
}

impl<B: Blobs> Sleeper<B> {
    /// Falls asleep.
    pub(crate) async fn over(inner: B) -> Self {
        let mut past = BTreeMap::new();
        for key in inner.list("", None).await.expect("a list") {
            let value = inner.get(&key).await.expect("a read").expect("a value");
            past.insert(key, value);
        }
        Self { inner, past, awake: Arc::default() }
    }

    fn is_awake(&self) -> bool {
        self.awake.load(SeqCst)
    }
}

impl<B: Blobs> Blobs for Sleeper<B> {
    fn place(&self, key: &str) -> String {
        self.inner.place(key)
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>>> {
        if self.is_awake() {
            return self.inner.get(key);
        }
        Box::pin(async move { Ok(self.past.get(key).cloned()) })
    }

    fn put_new<'a>(&'a self, key: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<Put>> {
        self.awake.store(true, SeqCst);
        self.inner.put_new(key, value)
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<()>> {
        self.inner.put(key, value)
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<String>>> {
        if self.is_awake() {
            return self.inner.list(prefix, after);
        }
        let wanted = move |key: &&String| {
            key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after)
        };
        Box::pin(async move { Ok(self.past.keys().filter(wanted).cloned().collect()) })
    }

    fn folders(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        self.inner.folders()
    }

    fn delete(&self, keys: Vec<String>) -> BoxFuture<'_, Result<()>> {
        self.inner.delete(keys)
    }
}
