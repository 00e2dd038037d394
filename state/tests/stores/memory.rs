//! A place in memory, for tests of very many states.

use crate::contract::Ground;
use groundplan_state::{Blobs, BoxFuture, Put, Result};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

type Values = BTreeMap<String, Vec<u8>>;

/// Clones are the same place.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemBlobs(Arc<Mutex<Values>>);

impl MemBlobs {
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Values) -> T) -> T {
        act(&mut self.0.lock().expect("no panic"))
    }

    /// Another place with the same content.
    pub(crate) fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.with(|all| all.clone()))))
    }
}

impl Ground for MemBlobs {}

impl Blobs for MemBlobs {
    fn place(&self, key: &str) -> String {
        format!("memory/{key}")
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>>> {
        Box::pin(async move { Ok(self.with(|all| all.get(key).cloned())) })
    }

    fn put_new<'a>(&'a self, key: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<Put>> {
        Box::pin(async move {
            Ok(self.with(|all| {
                if all.contains_key(key) {
                    return Put::Exists;
                }
                all.insert(key.to_owned(), value);
                Put::Created
            }))
        })
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<()>> {
        self.with(|all| all.insert(key.to_owned(), value));
        Box::pin(async { Ok(()) })
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<String>>> {
        let wanted = |key: &&String| {
            key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after)
        };
        let found = self.with(|all| all.keys().filter(wanted).cloned().collect());
        Box::pin(async { Ok(found) })
    }

    fn folders(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        let found = self.with(|all| {
            let mut names: Vec<_> =
                all.keys().filter_map(|key| Some(key.split_once('/')?.0.to_owned())).collect();
            names.dedup();
            names
        });
        Box::pin(async { Ok(found) })
    }

    fn delete(&self, keys: Vec<String>) -> BoxFuture<'_, Result<()>> {
        self.with(|all| all.retain(|key, _| !keys.contains(key)));
        Box::pin(async { Ok(()) })
    }
}
