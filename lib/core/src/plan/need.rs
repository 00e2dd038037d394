//! What a planner must know and cannot find out by itself.

use super::import::{Looked, Taken};
use crate::{
    Mark, Marked, Preview, Seen,
    kind::{NearJson, WantedJson},
};
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
    /// Find what carries the stack's mark, near these objects of one kind and place.
    Search { kind: String, near: NearJson, mark: Mark },
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
    Found { kind: String, near: NearJson, marked: Vec<Marked<Json>> },
    Taken(Address, Taken),
    Derived(Address, Json),
    Rendered(Address, Option<Preview>),
}
