//! The contract of a place that keeps states durable.

use crate::{Change, Realm, Result, Run, Snapshot};
use serde::{Deserialize, Serialize};
use std::fmt;

pub use futures::future::BoxFuture;

/// Who holds the right to change a stack's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The person or role, as the cloud names the caller, or the local user.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The process on it.
    pub pid: u32,
    /// What it does: `apply`, `destroy`, …
    pub command: String,
    /// Since when.
    pub since: jiff::Timestamp,
}

impl fmt::Display for Holder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} (`{}`, process {} on {}, since {})",
            self.who, self.command, self.pid, self.host, self.since
        )
    }
}

/// What was found when a state was read.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The snapshot with every journal record applied.
    pub snapshot: Snapshot,
    /// How many records the journal held beyond the snapshot: above 0, the last run did not end.
    pub replayed: usize,
}

/// A place that keeps the states of stacks, each under its name.
pub trait Store: fmt::Debug + Send + Sync {
    /// Where a stack's state is, for messages.
    fn place(&self, stack: &str) -> String;

    /// Reads a state. Writes nothing and takes no lock.
    fn load<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Option<Loaded>>>;

    /// Takes the exclusive right to change a state, which begins empty if there is none.
    fn open<'a>(
        &'a self,
        stack: &'a str,
        realm: &'a Realm,
        holder: Holder,
    ) -> BoxFuture<'a, Result<Box<dyn Session>>>;
}

/// The exclusive right to change one stack's state. Dropping it gives the right up.
pub trait Session: fmt::Debug + Send {
    /// The state as it is recorded now.
    fn snapshot(&self) -> &Snapshot;

    /// Records changes, all durable when this returns. A failure leaves the ones before it intact.
    fn append(&mut self, changes: Vec<Change>) -> BoxFuture<'_, Result<()>>;

    /// Rewrites the snapshot and empties the journal.
    fn compact(&mut self, run: Run) -> BoxFuture<'_, Result<()>>;
}
