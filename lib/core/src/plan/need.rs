//! What a planner must know and cannot find out by itself.

use super::import::{Looked, Taken};
use crate::{Mark, Marked, Preview, Seen, kind::WantedJson};
use groundplan_state::{Address, Slot};
use serde_json::Value as Json;

/// A question of the planner.
#[derive(Clone, Debug)]
pub(crate) enum Need {
    /// Read these objects, all of one kind and place.
    Observe {
        kind: String,
        objects: Vec<(Address, Slot, WantedJson)>,
        /// Their create may have been lost: read again before absence is believed.
        lost: bool,
    },
    /// Find what carries the stack's mark, near these objects of one kind and place, so many of which are
    /// on record.
    Search { kind: String, near: Vec<Json>, mark: Mark, recorded: usize },
    /// Find the object that exists already and is to be taken up.
    Take(Box<Looked>),
    /// Compute a derived value; its inputs are known.
    Derive { address: Address, inputs: Json },
    /// Say what a change does inside an object.
    Render { address: Address, before: Option<Json>, draft: Json },
}

/// The answer to a [`Need`].
#[derive(Debug)]
pub(crate) enum Answer {
    Observed(Vec<(Address, Slot, Seen<Json>)>),
    Found(Shown),
    Taken(Address, Taken),
    Derived(Address, Json),
    Rendered(Address, Option<Preview>),
}

/// What carries the stack's mark near some objects of one kind and place.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) kind: String,
    pub(crate) near: Vec<Json>,
    pub(crate) marked: Vec<Marked<Json>>,
}
