//! Whether a plan does what was approved and no more. Pure.
//!
//! Less is fine: others did it, or a run that was cut off. Anything else is a difference, in words.

use super::{
    approved::Approved,
    diff::FieldChange,
    model::{Action, Change, Plan},
};
use crate::Graph;
use groundplan_state::Address;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// One way in which a plan is not what was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The resource; none for the plan as a whole.
    pub address: Option<Address>,
    /// What differs, as the rest of a sentence.
    pub what: String,
}

impl Plan {
    /// In which ways this plan of a program does something else, or more, than was approved. Empty: it
    /// may be applied.
    pub fn differences(&self, graph: &Graph, approved: &Approved) -> Vec<Difference> {
        let mut differences = self.other_whole(approved);
        differences.extend(self.other_program(&graph.digests(), approved));
        if differences.is_empty() {
            differences.extend(self.changes.iter().filter_map(|now| {
                let what = compare(approved, now).err()?;
                Some(Difference { address: Some(now.address.clone()), what })
            }));
        }
        differences
    }

    fn other_whole(&self, approved: &Approved) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut differ = |what: String| found.push(Difference { address: None, what });
        if self.stack != approved.stack {
            differ(format!("it is of stack `{}`, and this is `{}`", approved.stack, self.stack));
        }
        if self.mode != approved.mode {
            differ("one of them destroys and the other does not".to_owned());
        }
        let (theirs, ours) = (&approved.lineage, &self.lineage);
        if theirs.is_some() && theirs != ours {
            differ("the state is another one: it has another lineage".to_owned());
        }
        found
    }

    fn other_program(
        &self,
        program: &BTreeMap<Address, String>,
        approved: &Approved,
    ) -> Vec<Difference> {
        let addresses: BTreeSet<_> = program.keys().chain(approved.program.keys()).collect();
        let what = |address: &Address| match (approved.program.get(address), program.get(address)) {
            (None, _) => "is new in the program",
            (_, None) => "is not in the program any more",
            _ => "is another in the program",
        };
        let differs =
            |address: &&&Address| approved.program.get(**address) != program.get(**address);
        let mut found: Vec<_> = addresses
            .iter()
            .filter(differs)
            .map(|address| Difference {
                address: Some((*address).clone()),
                what: what(address).to_owned(),
            })
            .collect();
        if self.outputs != approved.outputs {
            let what = "what the stack gives to its users is another in the program".to_owned();
            found.push(Difference { address: None, what });
        }
        found
    }
}

/// Whether a change is, or is a part of, one that was approved.
fn compare(approved: &Approved, now: &Change) -> Result<(), String> {
    let planned: Vec<_> = approved.changes.iter().filter(|c| c.address == now.address).collect();
    if planned.is_empty() {
        return Err(format!("would be {} and was not planned to change", done(&now.action)));
    }
    let mut why = String::new();
    for change in planned {
        match covers(change, now) {
            Ok(()) => return Ok(()),
            Err(differs) => why = differs,
        }
    }
    Err(why)
}

fn covers(planned: &Change, now: &Change) -> Result<(), String> {
    let goes_on = now.resumes
        && matches!(
            planned.action,
            Action::Create { .. } | Action::Update | Action::Finish | Action::Replace { .. }
        );
    let fits = match (&planned.action, &now.action) {
        (Action::Create { .. }, Action::Create { .. })
        | (Action::Update, Action::Update)
        | (Action::Finish, Action::Finish)
        | (Action::Delete { .. }, Action::Delete { .. })
        | (Action::Forget, Action::Forget)
        | (Action::Record, Action::Record)
        // The old one is gone already, and the new one is still to be made.
        | (Action::Replace { .. }, Action::Create { .. }) => true,
        // The new one is there already, and the old one is still to go.
        (Action::Replace { .. }, Action::Delete { .. }) => now.deposed,
        (Action::Replace { order: theirs, .. }, Action::Replace { order: ours, .. }) => theirs == ours,
        (_, Action::Update | Action::Finish) => goes_on,
        _ => false,
    };
    if !fits {
        let (theirs, ours) = (done(&planned.action), done(&now.action));
        return Err(format!("was to be {theirs} and would be {ours}"));
    }
    let anew = matches!(now.action, Action::Create { .. });
    let was_there = !matches!(planned.action, Action::Create { .. });
    for field in &now.fields {
        // One that is made in place of another has all fields, and the plan showed those that differ.
        let shown = planned.fields.iter().any(|f| f.path == field.path);
        if shown || !(anew && was_there) {
            same_field(planned, field, goes_on || anew)?;
        }
    }
    same_inside(planned, now, goes_on)
}

/// Whether a field changes as it was to. One that was known only after apply may be anything now.
fn same_field(planned: &Change, now: &FieldChange, whatever_was: bool) -> Result<(), String> {
    let path = &now.path;
    let lies_in = |outer: &FieldChange| {
        outer.unknown
            && path.strip_prefix(&outer.path).is_some_and(|rest| rest.starts_with(['.', '[']))
    };
    let Some(field) = planned.fields.iter().find(|field| field.path == *path) else {
        return if planned.fields.iter().any(lies_in) {
            Ok(())
        } else {
            Err(format!(
                "`{path}` would change and was not planned to: {}",
                arrow(&now.before, &now.after)
            ))
        };
    };
    if !field.unknown && field.after != now.after {
        return Err(format!(
            "`{path}` was to become {} and would become {}",
            field.after, now.after
        ));
    }
    // What was there counts where it would be overwritten unseen.
    if !whatever_was && field.before != now.before {
        return Err(format!("`{path}` was {} when planned and is {}", field.before, now.before));
    }
    if now.replaces && !field.replaces {
        return Err(format!("`{path}` would replace it and was not planned to"));
    }
    Ok(())
}

/// Whether no more happens inside than was to.
fn same_inside(planned: &Change, now: &Change, goes_on: bool) -> Result<(), String> {
    let inside = |change: &Change| change.preview.clone().unwrap_or_default().objects;
    let approved = inside(planned);
    for object in inside(now) {
        let same = |other: &crate::PreviewObject| {
            // What a release that was cut off did already is compared with what it was before.
            let alike = other.action == object.action && other.object == object.object;
            alike && (goes_on || other.changes == object.changes)
        };
        if !approved.iter().any(same) {
            let what = if approved.iter().any(|o| o.object == object.object) {
                "would change otherwise than planned"
            } else {
                "was not planned to change"
            };
            return Err(format!("{} inside of it ({}) {what}", object.object, object.action));
        }
    }
    Ok(())
}

fn arrow(before: &Json, after: &Json) -> String {
    format!("{before} → {after}")
}

fn done(action: &Action) -> &'static str {
    match action {
        Action::Keep => "kept",
        Action::Create { .. } => "created",
        Action::Update => "updated",
        Action::Finish => "finished",
        Action::Replace { .. } => "replaced",
        Action::Delete { .. } => "deleted",
        Action::Forget => "forgotten",
        Action::Derive => "derived",
        Action::Record => "recorded",
    }
}
