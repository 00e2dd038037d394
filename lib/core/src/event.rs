//! What happens during a run, in one order. Terminal, log, JSON and tests all read this and only this.

use crate::{Fault, StepId};
use groundplan_state::Address;
use serde::Serialize;
use std::{sync::Arc, time::Duration};

/// What a step does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Makes an object.
    Create,
    /// Takes up one that exists already.
    Import,
    /// Changes one in place.
    Update,
    /// Removes one.
    Delete,
    /// Computes a derived value.
    Derive,
    /// Writes down what is known already; no call that changes anything.
    Record,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// Reading of live objects goes on.
    Refreshing {
        /// Objects answered for.
        done: usize,
        /// Objects asked for.
        total: usize,
    },
    /// A run with this many steps begins.
    RunStarted {
        /// How many.
        steps: usize,
    },
    /// A step's inputs are ready and it begins.
    StepStarted {
        /// Which.
        id: StepId,
        /// Of which resource.
        address: Address,
        /// What it does.
        verb: Verb,
    },
    /// A step waits for the cloud.
    Waiting {
        /// Of which resource.
        address: Address,
        /// For what, e.g. `the cluster to be ACTIVE`.
        what: String,
        /// What the cloud says now, e.g. `CREATING`.
        says: String,
        /// For how long already.
        since: Duration,
    },
    /// A call is repeated after a passing fault.
    Retrying {
        /// Of which resource.
        address: Address,
        /// The fault.
        fault: Fault,
        /// The number of the next attempt.
        attempt: u32,
    },
    /// A step ended well.
    StepDone {
        /// Which.
        id: StepId,
        /// Of which resource.
        address: Address,
        /// What it did.
        verb: Verb,
        /// Found to need nothing after all.
        unneeded: bool,
        /// How long it took.
        took: Duration,
    },
    /// A step failed; what depends on it is not tried.
    StepFailed {
        /// Which.
        id: StepId,
        /// Of which resource.
        address: Address,
        /// What it did.
        verb: Verb,
        /// Why.
        fault: Fault,
    },
    /// A step was not tried because one it needs failed, or because the run was told to stop.
    StepSkipped {
        /// Which.
        id: StepId,
        /// Of which resource.
        address: Address,
        /// What it would have done.
        verb: Verb,
        /// The step that failed, if one did.
        because: Option<Address>,
    },
    /// The run was told to stop: nothing new is started.
    Stopping,
    /// A crashed run's open operation was looked into, or an object from before was taken up again.
    Recovered {
        /// Of which resource.
        address: Address,
        /// What was found, as a sentence.
        found: String,
    },
}

/// Where events go. Called in order; must not block.
#[derive(Clone)]
pub struct Events(Arc<dyn Fn(Event) + Send + Sync>);

impl Events {
    /// Sends events to a function.
    pub fn to(sink: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// Sends events nowhere.
    pub fn none() -> Self {
        Self::to(|_| {})
    }

    pub(crate) fn send(&self, event: Event) {
        (self.0)(event);
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Events")
    }
}
