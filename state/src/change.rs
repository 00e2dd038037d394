//! The journal's records, and what they do to a snapshot.

use crate::{Address, Entry, Expected, Left, Place, Snapshot};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Which of an address's objects a change speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// The one in use.
    Current,
    /// One that is still to be deleted: an earlier generation, by its number, or one that a run which was
    /// cut off left behind, by a free number.
    Deposed(u32),
}

/// Why a record was written. For people and history; nothing is decided by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Before the call that creates.
    CreateIntent,
    /// Right after it, with the identity that the cloud assigned.
    Identity,
    /// The object has reached its desired settings.
    Ready,
    /// Before the calls that change.
    UpdateIntent,
    /// Before the calls that delete.
    DeleteIntent,
    /// The cloud says that the object is gone.
    Deleted,
    /// The object is proven absent: it was never made, or was deleted by others.
    Absent,
    /// Only what is recorded changed: options, edges, outputs read anew.
    Recorded,
    /// A derived value was computed.
    Derived,
    /// It carries our mark and was not recorded: a run that was cut off made it.
    Found,
    /// It existed before, and the program takes it up.
    Imported,
}

/// One change of the recorded state. Applying it twice is the same as applying it once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Change {
    /// Records an object.
    Put {
        /// Its name.
        address: Address,
        /// Current or deposed.
        slot: Slot,
        /// What is now known of it.
        entry: Box<Entry>,
        /// Why it was written.
        why: Why,
    },
    /// Forgets an object.
    Remove {
        /// Its name.
        address: Address,
        /// Current or deposed.
        slot: Slot,
        /// Why it was written.
        why: Why,
    },
    /// Lets an object go: it stays in the cloud and is ours no more.
    Leave {
        /// Its name.
        address: Address,
        /// Current or deposed.
        slot: Slot,
    },
    /// Names an object that another stack is about to hand over. Nothing is done with it before it arrives.
    Expect {
        /// The name that it is to have.
        address: Address,
        /// What is recorded of it there.
        expected: Box<Expected>,
    },
    /// Hands an object over to another stack, which expects it. From here on it is not ours.
    HandOver {
        /// Its name.
        address: Address,
        /// Where it goes.
        to: Place,
    },
    /// An expected object is ours: the other stack has let go of it.
    Arrive {
        /// Its name.
        address: Address,
    },
    /// An object is expected no more: the other stack has none to hand over.
    Forgo {
        /// The name that it was to have.
        address: Address,
    },
    /// Takes an object that was left on record again.
    TakeUp {
        /// Its name.
        address: Address,
        /// Its generation.
        generation: u32,
    },
    /// Moves the current object aside, so that its replacement can be made first.
    Depose {
        /// Its name.
        address: Address,
    },
    /// Gives a resource another name. Nothing happens in the cloud.
    Move {
        /// The name it was recorded under.
        from: Address,
        /// The name it has from now on.
        to: Address,
    },
    /// Remembers that objects of a kind are made in a place.
    Place {
        /// The kind.
        kind: String,
        /// Inputs of one of them.
        inputs: serde_json::Value,
    },
    /// Remembers how long a step took.
    Took {
        /// The kind and what was done, as in `eks.cluster create`.
        what: String,
        /// How long it took.
        seconds: u64,
    },
    /// Replaces the stack's outputs.
    Outputs {
        /// Their values, by name.
        outputs: serde_json::Map<String, serde_json::Value>,
    },
}

/// Applies a change to a snapshot.
pub fn fold(snapshot: &mut Snapshot, change: Change) {
    match change {
        Change::Put { address, slot: Slot::Current, entry, .. } => {
            snapshot.entries.insert(address, *entry);
        }
        Change::Put { address, slot: Slot::Deposed(generation), entry, .. } => {
            snapshot.deposed.entry(address).or_default().insert(generation, *entry);
        }
        Change::Remove { address, slot: Slot::Current, .. } => {
            snapshot.entries.remove(&address);
        }
        Change::Remove { address, slot: Slot::Deposed(generation), .. } => {
            take_deposed(snapshot, &address, generation);
        }
        Change::Leave { address, slot } => {
            let entry = match slot {
                Slot::Current => snapshot.entries.remove(&address),
                Slot::Deposed(generation) => take_deposed(snapshot, &address, generation),
            };
            snapshot.left.extend(entry.map(|entry| Left { address, entry, to: None }));
        }
        Change::Expect { address, expected } => {
            snapshot.expected.insert(address, *expected);
        }
        Change::HandOver { address, to } => {
            if let Some(entry) = snapshot.entries.remove(&address) {
                snapshot.left.push(Left { address, entry, to: Some(to) });
            }
        }
        Change::Arrive { address } => {
            if let Some(expected) = snapshot.expected.remove(&address) {
                let mut entry = arrived(expected, snapshot);
                entry.marked_as = entry.marked_as.filter(|marked| *marked != address);
                snapshot.entries.insert(address, entry);
            }
        }
        Change::Forgo { address } => drop(snapshot.expected.remove(&address)),
        Change::TakeUp { address, generation } => {
            let is_it = |left: &Left| {
                left.address == address && left.entry.generation == generation && left.to.is_none()
            };
            if let Some(at) = snapshot.left.iter().position(is_it) {
                let Left { address, entry, .. } = snapshot.left.remove(at);
                snapshot.entries.insert(address, entry);
            }
        }
        Change::Depose { address } => {
            if let Some(entry) = snapshot.entries.remove(&address) {
                snapshot.deposed.entry(address).or_default().insert(entry.generation, entry);
            }
        }
        Change::Move { from, to } => {
            if let Some(mut entry) = snapshot.entries.remove(&from) {
                entry.marked_as.get_or_insert_with(|| from.clone());
                snapshot.entries.insert(to.clone(), entry);
            }
            if let Some(mut deposed) = snapshot.deposed.remove(&from) {
                for entry in deposed.values_mut() {
                    entry.marked_as.get_or_insert_with(|| from.clone());
                }
                snapshot.deposed.insert(to.clone(), deposed);
            }
            for entry in snapshot.all_mut() {
                if entry.needs.remove(&from) {
                    entry.needs.insert(to.clone());
                }
            }
        }
        Change::Place { kind, inputs } => {
            let places = snapshot.places.entry(kind).or_default();
            if !places.contains(&inputs) {
                places.push(inputs);
            }
        }
        Change::Took { what, seconds } => snapshot.durations.entry(what).or_default().note(seconds),
        Change::Outputs { outputs } => snapshot.outputs = outputs,
    }
}

/// The record of an object that came from another stack, whose mark it bears still. What it needs there is
/// nothing here; the next plan says what it needs in this stack.
fn arrived(Expected { from, address, entry }: Expected, snapshot: &mut Snapshot) -> Entry {
    let marker = entry.marked_by.clone().unwrap_or(from);
    let back = marker.lineage == snapshot.lineage;
    // What was ours before is in nobody else's hands any more.
    snapshot.left.retain(|left| left.to.is_none() || left.entry.outputs != entry.outputs);
    Entry {
        needs: BTreeSet::new(),
        marked_as: Some(entry.marked_as.clone().unwrap_or(address)),
        marked_by: Some(marker).filter(|_| !back),
        ..entry
    }
}

fn take_deposed(snapshot: &mut Snapshot, address: &Address, generation: u32) -> Option<Entry> {
    let generations = snapshot.deposed.get_mut(address)?;
    let entry = generations.remove(&generation);
    if generations.is_empty() {
        snapshot.deposed.remove(address);
    }
    entry
}
