//! The contract of a place that keeps states durable.

use crate::{Change, Realm, Result, Run, Snapshot};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

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
    /// The state with every journal record applied.
    pub snapshot: Snapshot,
    /// How many groups of changes came after the last run that ended: above 0, a run was cut off.
    pub replayed: usize,
}

/// Who changes a stack at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Who it is.
    pub holder: Holder,
    /// The number of this lease; every one is higher than the one before.
    pub epoch: u64,
    /// When the holder last said that it lives, by its own clock. None if it never did.
    pub beat: Option<jiff::Timestamp>,
}

/// How a wait for somebody else's lease stands.
#[derive(Clone, Debug)]
pub struct Waiting<'a> {
    /// Who has it.
    pub holder: &'a Holder,
    /// How long nothing was heard of the holder, as far as this process has watched.
    pub silent: Duration,
    /// After how long a silence the holder is taken for dead.
    pub ttl: Duration,
    /// How long this wait is.
    pub waited: Duration,
}

/// What to do when somebody else has a stack.
#[derive(Clone, Copy)]
pub struct Wait<'a> {
    /// How long to wait for a holder that lives; none waits for ever.
    pub at_most: Option<Duration>,
    /// Is told, again and again, who has the stack. Also while a silent holder is being watched.
    pub told: &'a (dyn Fn(&Waiting<'_>) + Send + Sync),
}

impl Wait<'static> {
    /// Fail as soon as the holder is known to live.
    pub const NOT: Self = Self { at_most: Some(Duration::ZERO), told: &|_| () };
}

impl fmt::Debug for Wait<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Wait").field("at_most", &self.at_most).finish_non_exhaustive()
    }
}

/// One of the states that a stack has had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// The number of the last group of changes in it.
    pub serial: u64,
    /// The run that ended with it. None: it was kept in the middle of a run.
    pub run: Option<Run>,
    /// How many objects were recorded, those still to be deleted included.
    pub resources: usize,
}

/// How to repair a state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Repair {
    /// Change nothing; say what would be done.
    pub dry: bool,
    /// Take the newest snapshot as somebody edited it, although the journal says otherwise.
    pub keep_edits: bool,
}

/// What a repair found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// Whether anything was wrong.
    pub needed: bool,
    /// What was found, what was done (or would be), and what is lost: a sentence each.
    pub lines: Vec<String>,
}

/// A place that keeps the states of stacks, each under its name: what a run needs of it.
pub trait Store: fmt::Debug + Send + Sync {
    /// Where a stack's state is, for messages.
    fn place(&self, stack: &str) -> String;

    /// Reads a state. Writes nothing and takes no lease.
    fn load<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Option<Loaded>>>;

    /// Takes the exclusive right to change a state, which begins empty if there is none. Fails if
    /// somebody else has it.
    fn open<'a>(
        &'a self,
        stack: &'a str,
        realm: &'a Realm,
        holder: Holder,
    ) -> BoxFuture<'a, Result<Box<dyn Session>>>;
}

/// What people do with the states in a place, beside runs.
pub trait Upkeep: Store {
    /// As [`Store::open`], and says what to do when somebody else has the stack.
    fn open_or_wait<'a>(
        &'a self,
        stack: &'a str,
        realm: &'a Realm,
        holder: Holder,
        wait: Wait<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn Session>>>;

    /// The stacks that have a state here, sorted.
    fn stacks(&self) -> BoxFuture<'_, Result<Vec<String>>>;

    /// Who changes a stack at the moment, if anybody. The holder may be dead: see [`Self::unlock`].
    fn lease<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Option<Lease>>>;

    /// Ends the lease of a holder that is dead, and says whose it was; none if nobody had it.
    /// A holder that lives keeps it: [`Error::Locked`](crate::Error::Locked).
    fn unlock<'a>(
        &'a self,
        stack: &'a str,
        holder: Holder,
        told: &'a (dyn Fn(&Waiting<'_>) + Send + Sync),
    ) -> BoxFuture<'a, Result<Option<Lease>>>;

    /// The kept states of a stack, oldest first. The last is the present one.
    fn history<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Vec<Version>>>;

    /// A kept state, by the number of its last group of changes.
    fn version<'a>(&'a self, stack: &'a str, serial: u64) -> BoxFuture<'a, Result<Snapshot>>;

    /// Makes a damaged state usable again. Nothing is deleted: what cannot be used is moved aside.
    fn repair<'a>(
        &'a self,
        stack: &'a str,
        holder: Holder,
        how: Repair,
    ) -> BoxFuture<'a, Result<Repaired>>;

    /// Writes a recovered state where none can be loaded. What is left there is moved aside; says
    /// what.
    fn begin(&self, snapshot: Snapshot, holder: Holder) -> BoxFuture<'_, Result<Vec<String>>>;
}

/// The exclusive right to change one stack's state.
///
/// Dropping it does not block and gives nothing back by itself: the next one may have to wait until
/// this one is known to be dead. [`Session::close`] gives it back.
pub trait Session: fmt::Debug + Send {
    /// The state as it is recorded now.
    fn snapshot(&self) -> &Snapshot;

    /// Records changes as one group, durable when this returns. A failure leaves the groups before
    /// it intact, may or may not have recorded this one, and is the last that this session records.
    fn append(&mut self, changes: Vec<Change>) -> BoxFuture<'_, Result<()>>;

    /// Records that a run ended, and keeps the state as a version of its own.
    fn compact(&mut self, run: Run) -> BoxFuture<'_, Result<()>>;

    /// Gives the right back, so that the next one need not wait.
    fn close(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        drop(self);
        Box::pin(async { Ok(()) })
    }
}
