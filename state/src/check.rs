//! What must hold of every snapshot, on load and before each save.

use crate::{Slot, Snapshot, Status};

/// Lists every contradiction in a snapshot; an empty list is a sound state.
pub fn check(snapshot: &Snapshot) -> Vec<String> {
    let mut problems = Vec::new();
    for (address, slot, entry) in snapshot.all() {
        let what = match slot {
            Slot::Current => address.to_string(),
            Slot::Deposed(generation) => format!("{address} (generation {generation})"),
        };
        if entry.outputs.is_none() && entry.status != Status::Creating {
            problems.push(format!("{what} is {:?} but has no outputs", entry.status));
        }
        if entry.pending.is_some() != (entry.status == Status::Updating) {
            problems.push(format!(
                "{what} is {:?}, which does not fit its pending inputs",
                entry.status
            ));
        }
        if entry.needs.contains(address) {
            problems.push(format!("{what} needs itself"));
        }
    }
    problems
}
