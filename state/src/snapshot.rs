//! Everything recorded of a stack, as one document.

use crate::{Address, Entry, Marker, Realm, Slot};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::{collections::BTreeMap, fmt};

/// The format this version reads and writes. A newer one is refused, never rewritten.
pub const FORMAT: u32 = 1;

/// Tells one infrastructure from another that has the same stack name.
///
/// It is chosen when a state is first made, and is on every object as an ownership tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lineage(pub uuid::Uuid);

impl Lineage {
    /// A lineage that no other state has.
    #[must_use]
    pub fn random() -> Self {
        Self(uuid::Uuid::now_v7())
    }
}

impl fmt::Display for Lineage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The run that last changed a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// `apply` or `destroy`.
    pub command: String,
    /// Who ran it, as the cloud names the caller.
    pub who: String,
    /// When it ended.
    pub at: jiff::Timestamp,
    /// The version of this software.
    pub version: String,
    /// The commit of the program, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The digest of the plan that was carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
}

/// An object that was left in the cloud on purpose. It carries our mark and is not ours to remove.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Left {
    /// The name it was recorded under.
    pub address: Address,
    /// What was recorded of it.
    pub entry: Entry,
    /// The stack that it was handed over to, and its name there; none if it is nobody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Place>,
}

/// A resource of another stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The stack's name.
    pub stack: String,
    /// The resource's name in it.
    pub address: Address,
}

/// An object that another stack is handing over. Nothing is done with it until that one has let go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// The stack that has it still.
    pub from: Marker,
    /// Its name there.
    pub address: Address,
    /// What is recorded of it there.
    pub entry: Entry,
}

/// Everything recorded of a stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The version of this document's form; see [`FORMAT`].
    pub format: u32,
    /// The stack's name.
    pub stack: String,
    /// Which infrastructure this is.
    pub lineage: Lineage,
    /// The number of the last group of changes in here.
    pub serial: u64,
    /// The world the objects live in.
    pub realm: Realm,
    /// The last run that completed its records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<Run>,
    /// What the stack gives to its users, by name.
    #[serde(default)]
    pub outputs: Map<String, Json>,
    /// The objects in use.
    #[serde(default)]
    pub entries: BTreeMap<Address, Entry>,
    /// Replaced objects that are still to be deleted, by generation.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deposed: BTreeMap<Address, BTreeMap<u32, Entry>>,
    /// Objects that were forgotten or retained: known, so that they are never taken for lost ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Left>,
    /// Objects that other stacks are handing over, by the name that they are to have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub expected: BTreeMap<Address, Expected>,
    /// Where objects were made, by kind: inputs of one in each place. What carries our mark is looked
    /// for there also when nothing else of its kind is recorded any more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub places: BTreeMap<String, Vec<Json>>,
    /// How long steps took here, by kind and what was done, as in `eks.cluster create`. Forecasts rest on
    /// it, and nothing else.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub durations: BTreeMap<String, Took>,
}

/// How long something took, the last times that it was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Took {
    /// How often it was done.
    pub times: u64,
    /// The mean, in seconds; of late ones rather than of early ones.
    pub seconds: u64,
}

impl Took {
    /// How many times the mean is of.
    const LATE: u64 = 8;

    pub(crate) fn note(&mut self, seconds: u64) {
        let of = self.times.min(Self::LATE - 1);
        self.seconds = (self.seconds * of + seconds + of.div_ceil(2)) / (of + 1);
        self.times += 1;
    }
}

impl Snapshot {
    /// The state of a stack of which nothing exists yet.
    #[must_use]
    pub fn new(stack: &str, realm: Realm) -> Self {
        Self {
            format: FORMAT,
            stack: stack.to_owned(),
            lineage: Lineage::random(),
            serial: 0,
            realm,
            last_run: None,
            outputs: Map::new(),
            entries: BTreeMap::new(),
            deposed: BTreeMap::new(),
            left: Vec::new(),
            expected: BTreeMap::new(),
            places: BTreeMap::new(),
            durations: BTreeMap::new(),
        }
    }

    /// The record in one slot of an address.
    pub fn get(&self, address: &Address, slot: Slot) -> Option<&Entry> {
        match slot {
            Slot::Current => self.entries.get(address),
            Slot::Deposed(generation) => self.deposed.get(address)?.get(&generation),
        }
    }

    /// Every record with its address and slot, current ones first.
    pub fn all(&self) -> impl Iterator<Item = (&Address, Slot, &Entry)> {
        let current = self.entries.iter().map(|(a, e)| (a, Slot::Current, e));
        let deposed = self
            .deposed
            .iter()
            .flat_map(|(a, all)| all.iter().map(move |(g, e)| (a, Slot::Deposed(*g), e)));
        current.chain(deposed)
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.values_mut().chain(self.deposed.values_mut().flat_map(BTreeMap::values_mut))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_follows_what_changes() {
        let mut took = Took::default();
        (0..20).for_each(|_| took.note(600));
        assert_eq!((took.times, took.seconds), (20, 600));
        took.note(700);
        assert!((605..620).contains(&took.seconds), "{took:?}");
        (0..40).for_each(|_| took.note(60));
        assert!((60..70).contains(&took.seconds), "{took:?}");
    }
}
