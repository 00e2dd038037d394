//! What others changed: reads every recorded object and says how it differs from the record, field by
//! field. Changes nothing in the cloud; what is out of date on record can be written down.

use crate::{
    Cx, Meta, PlanError, Registry, Seen,
    plan::{self, Cause},
};
use groundplan_state::{Address, Change, Entry, Run, Session, Slot, Snapshot, Status, Why};
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// An object that others changed: a plan mends it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    /// Of which resource.
    pub address: Address,
    /// Whether it is about an object that another has replaced.
    pub deposed: bool,
    /// What differs.
    pub fields: Vec<DriftField>,
}

/// A field that others changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DriftField {
    /// Where in the inputs, e.g. `scaling.desired`.
    pub path: String,
    /// As it was last brought about.
    pub recorded: Json,
    /// As it is.
    pub live: Json,
}

/// What the cloud assigned is not what is on record any more.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutputChange {
    /// Of which resource.
    pub address: Address,
    /// The output.
    pub output: String,
    /// As on record.
    pub recorded: Json,
    /// As it is.
    pub live: Json,
}

/// How the world differs from what is on record.
#[derive(Clone, Debug, Default)]
pub struct Refreshed {
    /// How many objects were read.
    pub read: usize,
    /// What others changed, which the next plan mends.
    pub drift: Vec<Drift>,
    /// What is gone, though nothing here deleted it: the next apply makes it anew.
    pub gone: Vec<Address>,
    /// Outputs that are others now.
    pub outputs: Vec<OutputChange>,
    /// What else to know.
    pub notes: Vec<String>,
    serial: u64,
    changes: Vec<Change>,
}

impl Refreshed {
    /// Whether all is as it is on record.
    pub fn is_empty(&self) -> bool {
        self.drift.is_empty() && !self.records()
    }

    /// Whether something on record is out of date.
    pub fn records(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Writes down what is out of date on record: outputs, and what is gone. Drift is no part of it.
    ///
    /// # Errors
    /// If the state changed since it was read, or cannot be written.
    pub async fn record(
        self,
        session: &mut dyn Session,
        run: Run,
    ) -> Result<(), crate::ApplyError> {
        let now = session.snapshot().serial;
        if now != self.serial {
            return Err(crate::ApplyError::Stale { planned: self.serial, now });
        }
        if !self.changes.is_empty() {
            session.append(self.changes).await?;
            session.compact(run).await?;
        }
        Ok(())
    }

    fn note(&mut self, address: &Address, note: &str) {
        self.notes.push(format!("{address}: {note}"));
    }

    /// Takes in what a read says of one record.
    fn take(
        &mut self,
        state: &Snapshot,
        of: (&Address, Slot, &Entry),
        seen: &Seen<Json>,
        meta: &Meta,
    ) {
        let (address, slot, entry) = of;
        if entry.status != Status::Ready {
            return self
                .note(address, "the last run was interrupted; the next apply looks into it");
        }
        let live = match seen {
            Seen::Present(live) if live.leaving => {
                return self.note(address, "is being deleted");
            }
            Seen::Present(live) => live,
            Seen::Unverified(why) => return self.note(address, &format!("not verified: {why}")),
            Seen::Ambiguous(found) => {
                return self.note(address, &format!("could be any of {}", found.join(", ")));
            }
            Seen::Absent => {
                self.gone.push(address.clone());
                let (address, why) = (address.clone(), Why::Absent);
                return self.changes.push(Change::Remove { address, slot, why });
            }
        };
        if let Some(whose) = plan::foreign(state, address, entry, live) {
            return self.note(address, &format!("carries the mark of {whose}, and is left alone"));
        }
        let there = plan::before(&entry.inputs, Some(&live.fields));
        let ignore = &entry.options.ignore;
        let mut differs = plan::changes(meta, &entry.inputs, &there, &entry.inputs, ignore);
        let owner = plan::bearer(state, address, entry);
        differs.extend(plan::mark_changes(meta, live.mark.as_ref(), &owner, &Cause::Drift));
        let field = |change: plan::FieldChange| DriftField {
            path: change.path,
            recorded: change.after,
            live: change.before,
        };
        let fields: Vec<_> = differs.into_iter().map(field).collect();
        if !fields.is_empty() {
            let deposed = slot != Slot::Current;
            self.drift.push(Drift { address: address.clone(), deposed, fields });
        }
        let recorded = entry.outputs.as_ref().unwrap_or(&Json::Null);
        if *recorded != live.outputs {
            self.outputs.extend(outputs(address, recorded, &live.outputs));
            let entry = Box::new(Entry { outputs: Some(live.outputs.clone()), ..entry.clone() });
            let (address, why) = (address.clone(), Why::Recorded);
            self.changes.push(Change::Put { address, slot, entry, why });
        }
    }
}

/// Reads every recorded object. Writes nothing.
///
/// # Errors
/// If a read fails, or the record names a kind that the program does not know.
pub async fn refresh(
    state: &Snapshot,
    registry: &Registry,
    cx: &Cx,
) -> Result<Refreshed, PlanError> {
    let (recorded, seen) = plan::read(state, registry, cx).await?;
    let mut refreshed = Refreshed { serial: state.serial, ..Refreshed::default() };
    for (address, slot, entry) in recorded.all() {
        let Some(meta) = registry.meta(address.kind()) else { continue };
        let Some(seen) = seen.get(&(address.clone(), slot)) else { continue };
        refreshed.read += 1;
        refreshed.take(&recorded, (address, slot, entry), seen, meta);
    }
    Ok(refreshed)
}

/// The outputs in which two sets differ.
fn outputs(address: &Address, recorded: &Json, live: &Json) -> Vec<OutputChange> {
    let names =
        |all: &Json| all.as_object().into_iter().flatten().map(|(k, _)| k.clone()).collect();
    let (mut all, more): (BTreeSet<String>, BTreeSet<String>) = (names(recorded), names(live));
    all.extend(more);
    let change = |output: String| {
        let of = |all: &Json| all.get(&output).cloned().unwrap_or(Json::Null);
        let (recorded, live) = (of(recorded), of(live));
        (recorded != live).then(|| OutputChange {
            address: address.clone(),
            output,
            recorded,
            live,
        })
    };
    all.into_iter().filter_map(change).collect()
}
