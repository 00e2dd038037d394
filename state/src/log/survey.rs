//! What is left of a damaged state, and the best state that can be made of it. Writes nothing.

use super::{
    document::{self, Flaw},
    fold::{Held, Log},
    heart::Beat,
    keys,
    load::{numbers, read_all},
    record::{Record, What},
};
use crate::{Address, Blobs, Result, Slot, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is left of a state.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) snapshots: BTreeMap<u64, std::result::Result<Log, Flaw>>,
    pub(super) slots: BTreeMap<u64, std::result::Result<Record, Torn>>,
    /// The last holder that was heard of, by the number of its lease.
    pub(super) beat: Option<(u64, Held)>,
}

/// A slot that is not what was written.
#[derive(Debug)]
pub(super) struct Torn {
    pub(super) why: String,
    /// The resources that can still be read in it.
    pub(super) names: BTreeSet<Address>,
}

/// The best state that can be made of what is left.
#[derive(Debug)]
pub(super) struct Rebuilt {
    pub(super) log: Log,
    /// The snapshot that it was made from.
    pub(super) base: Option<u64>,
    /// Slots that should have been read after it, and could not.
    pub(super) lost: Vec<u64>,
}

pub(super) async fn survey(blobs: &dyn Blobs, stack: &str) -> Result<Survey> {
    let snapshots = numbers(blobs, &keys::snapshots(stack), None).await?;
    let texts =
        read_all(blobs, snapshots.iter().map(|slot| keys::snapshot(stack, *slot)).collect())
            .await?;
    let decode = |(slot, text): (u64, Option<Vec<u8>>)| {
        text.map(|text| (slot, document::decode(stack, slot, &text)))
    };
    let snapshots = snapshots.into_iter().zip(texts).filter_map(decode).collect();
    let slots = numbers(blobs, &keys::journal(stack), None).await?;
    let texts =
        read_all(blobs, slots.iter().map(|slot| keys::slot(stack, *slot)).collect()).await?;
    let decode = |(slot, text): (u64, Option<Vec<u8>>)| {
        let text = text?;
        let torn = |why| Torn { why, names: names(&text) };
        Some((slot, Record::decode(slot, &text).map_err(torn)))
    };
    let slots = slots.into_iter().zip(texts).filter_map(decode).collect();
    let mut beat = None;
    if let Some(epoch) = numbers(blobs, &keys::leases(stack), None).await?.pop() {
        let text = blobs.get(&keys::lease(stack, epoch)).await?;
        let said = text.and_then(|text| serde_json::from_slice::<Beat>(&text).ok());
        beat = said.map(|said| (epoch, Held { holder: said.holder, nonce: said.nonce }));
    }
    Ok(Survey { snapshots, slots, beat })
}

/// The addresses in a text that is otherwise beyond reading.
fn names(text: &[u8]) -> BTreeSet<Address> {
    let text = String::from_utf8_lossy(text);
    let parts = text.split("\"address\":\"").skip(1);
    parts.filter_map(|part| part.split('"').next()?.parse().ok()).collect()
}

impl Survey {
    /// The last slot that is left anything of.
    pub(super) fn last(&self) -> u64 {
        let last = |slot: Option<&u64>| slot.copied().unwrap_or(0);
        last(self.snapshots.keys().next_back()).max(last(self.slots.keys().next_back()))
    }

    /// The newest snapshot, if somebody edited it.
    pub(super) fn edited(&self) -> Option<&Log> {
        match self.snapshots.last_key_value()?.1 {
            Err(Flaw::Edited(log)) => Some(log),
            _ => None,
        }
    }

    /// The state from which unbroken records lead furthest, and every later record that can be read.
    pub(super) fn rebuild(&self, keep_edits: bool) -> Option<Rebuilt> {
        let intact = self.snapshots.iter().filter_map(|(slot, log)| {
            let log = log.as_ref().ok()?;
            Some((Some(*slot), self.follow(log.clone())))
        });
        let edited = || Some((Some(self.edited()?.head.slot), self.edited()?.clone()));
        let kept = if keep_edits { edited() } else { None };
        // Of those that lead as far the last is taken: the newest, and the edited only if it must be.
        let whole = self.first_taken().map(|log| (None, self.follow(log)));
        let furthest =
            || edited().into_iter().chain(whole).chain(intact).max_by_key(|c| c.1.head.slot);
        let (base, mut log) = kept.or_else(furthest)?;
        let mut lost = Vec::new();
        for slot in log.head.slot + 1..=self.last() {
            match self.slots.get(&slot) {
                Some(Ok(record)) => log.apply_loosely(record.clone()),
                _ => lost.push(slot),
            }
        }
        Some(Rebuilt { log, base, lost })
    }

    /// Applies the slots after a state as long as they follow each other.
    fn follow(&self, mut log: Log) -> Log {
        while let Some(Ok(record)) = self.slots.get(&(log.head.slot + 1)) {
            if log.apply(record.clone()).is_err() {
                break;
            }
        }
        log
    }

    /// A journal of nothing, as the first lease that can be read says what it is of.
    fn first_taken(&self) -> Option<Log> {
        self.slots.values().flatten().find_map(|record| match &record.what {
            What::Taken(taken) => Some(Log::before(taken)),
            _ => None,
        })
    }

    /// What differs between an edited snapshot and the one that its journal makes.
    pub(super) fn edits(&self, base: Option<u64>) -> Option<BTreeSet<String>> {
        let edited = self.edited()?;
        let mut log = match base {
            Some(slot) => self.snapshots.get(&slot)?.as_ref().ok()?.clone(),
            None => self.first_taken()?,
        };
        while log.head.slot < edited.head.slot {
            let Some(Ok(record)) = self.slots.get(&(log.head.slot + 1)) else { return None };
            log.apply(record.clone()).ok()?;
        }
        Some(differences(&log.snapshot, &edited.snapshot))
    }
}

fn differences(ours: &Snapshot, theirs: &Snapshot) -> BTreeSet<String> {
    let differs =
        |(address, slot): &(&Address, Slot)| ours.get(address, *slot) != theirs.get(address, *slot);
    let all = ours.all().chain(theirs.all()).map(|(address, slot, _)| (address, slot));
    all.filter(differs).map(|(address, _)| format!("`{address}`")).collect()
}
