//! The state of a stack as its journal says: what is recorded, and who may record.

use super::record::{Record, Taken, What};
use crate::{Holder, Snapshot, fold};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How many slots with which a holder was shut out are kept. A holder that slept through more
/// take-overs than this is not shut out by them any more.
const FENCES: usize = 1000;

/// Everything that the journal says up to one of its slots.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Log {
    pub(super) snapshot: Snapshot,
    pub(super) head: Head,
}

/// Where the journal stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    /// The last slot.
    pub(super) slot: u64,
    /// The number of the last lease.
    pub(super) epoch: u64,
    /// Who has the lease, unless it was given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lease: Option<Held>,
    /// Groups of changes since the last run ended.
    #[serde(default)]
    pub(super) unended: usize,
    /// Slots with which a lease was taken over from a holder that had not given it back. It would
    /// write there next, so they stay for ever: its write collides, however late it comes.
    #[serde(default)]
    pub(super) fences: Vec<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) holder: Holder,
    pub(super) nonce: Uuid,
}

impl Log {
    /// The journal before its first slot.
    pub(super) fn begin(snapshot: Snapshot) -> Self {
        Self { snapshot, head: Head::default() }
    }

    /// The journal before a first slot that is known.
    pub(super) fn before(first: &Taken) -> Self {
        let mut snapshot = Snapshot::new(&first.stack, first.realm.clone());
        snapshot.lineage = first.lineage.clone();
        Self::begin(snapshot)
    }

    /// Applies the next slot. Fails with what contradicts the slots before it.
    pub(super) fn apply(&mut self, record: Record) -> Result<(), String> {
        let head = &self.head;
        let next = match &record.what {
            What::Taken(taken) => {
                if taken.stack != self.snapshot.stack || taken.lineage != self.snapshot.lineage {
                    return Err(format!("it is of stack `{}`, {}", taken.stack, taken.lineage));
                }
                record.epoch == head.epoch + 1
            }
            _ => {
                record.epoch == head.epoch
                    && head.lease.as_ref().is_some_and(|held| held.nonce == record.nonce)
            }
        };
        if record.slot != head.slot + 1 || !next {
            return Err("it does not follow the record before it".into());
        }
        if let What::Changes { serial, .. } = record.what
            && serial != self.snapshot.serial + 1
        {
            return Err(format!("it is change {serial}, after {}", self.snapshot.serial));
        }
        self.apply_loosely(record);
        Ok(())
    }

    /// Applies a later slot, although slots between may be missing.
    pub(super) fn apply_loosely(&mut self, record: Record) {
        let (slot, nonce) = (record.slot, record.nonce);
        self.head.slot = slot;
        self.head.epoch = record.epoch;
        match record.what {
            What::Taken(taken) => {
                let holder = taken.holder;
                if self.head.lease.replace(Held { holder, nonce }).is_some() {
                    self.head.fences.push(slot);
                    let old = self.head.fences.len().saturating_sub(FENCES);
                    self.head.fences.drain(..old);
                }
            }
            What::Changes { serial, changes } => {
                for change in changes {
                    fold(&mut self.snapshot, change);
                }
                self.snapshot.serial = serial;
                self.head.unended += 1;
            }
            What::Ran(run) => {
                self.snapshot.last_run = Some(run);
                self.head.unended = 0;
            }
            What::Released => self.head.lease = None,
        }
    }
}
