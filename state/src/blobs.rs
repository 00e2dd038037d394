//! The little that a place must be able to do to keep states: whole values under keys.
//!
//! Everything that makes a state safe (order, lease, fencing, checksums, history, repair) is in
//! `log` and is the same over every place.

use crate::{BoxFuture, Result};
use std::fmt::Debug;

/// What became of a value that was to be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is there, durably, and nobody else can create it any more.
    Created,
    /// The key had a value already; it is as it was.
    Exists,
}

/// A mark that its process lives. It ends with the process, however that ends.
pub type Alive = Box<dyn Debug + Send + Sync>;

/// A place that keeps whole values under keys such as `stack/journal/000000000001.json`.
///
/// A value is there whole or not at all, and is seen by everybody at once.
pub trait Blobs: Debug + Send + Sync + 'static {
    /// Where a key's value is, for messages.
    fn place(&self, key: &str) -> String;

    /// Reads a value; none if there is none.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>>>;

    /// Creates a value durably, if the key has none. Of any number of writers one succeeds.
    fn put_new<'a>(&'a self, key: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<Put>>;

    /// Writes a value, whatever the key had. Need not be durable.
    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<()>>;

    /// The keys that begin with `prefix` and come after the key `after`, sorted.
    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<String>>>;

    /// The first parts of all keys, each once.
    fn folders(&self) -> BoxFuture<'_, Result<Vec<String>>>;

    /// Deletes values. One that is not there is no mistake.
    fn delete(&self, keys: Vec<String>) -> BoxFuture<'_, Result<()>>;

    /// Makes the place of a stack ready to be written to.
    fn prepare(&self, stack: &str) -> Result<()> {
        let _ = stack;
        Ok(())
    }

    /// Leaves a mark under this name that this process lives, where the place can keep such a mark.
    fn mark(&self, stack: &str, name: &str) -> Result<Option<Alive>> {
        let _ = (stack, name);
        Ok(None)
    }

    /// Whether it is certain that the process that left a mark on this machine is dead.
    fn is_dead(&self, stack: &str, name: &str) -> bool {
        let _ = (stack, name);
        false
    }

    /// Removes what is left of a mark.
    fn unmark(&self, stack: &str, name: &str) {
        let _ = (stack, name);
    }
}
