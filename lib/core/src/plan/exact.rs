//! Whether a plan does what was approved and no more. Pure.
//!
//! Less is fine: others did it, or a run that was cut off. Anything else is a difference, in words.

use super::{
    approved::Approved,
    diff::FieldChange,
    model::{Action, Change, Plan},
};
use crate::{Graph, PreviewObject};
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
                let what = compare(approved, self, now).err()?;
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
        if self.realm != approved.realm {
            differ(format!("it is of {}, and this is {}", approved.realm, self.realm));
        }
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
fn compare(approved: &Approved, plan: &Plan, now: &Change) -> Result<(), String> {
    let planned: Vec<_> = approved.changes.iter().filter(|c| c.address == now.address).collect();
    if planned.is_empty() {
        return Err(format!("would be {} and was not planned to change", done(&now.action)));
    }
    let mut why = String::new();
    for change in planned {
        match covers(approved, change, plan, now) {
            Ok(()) => return Ok(()),
            Err(differs) => why = differs,
        }
    }
    Err(why)
}

/// Whether what happens now is what was planned, or what is left of it.
fn covers(approved: &Approved, planned: &Change, plan: &Plan, now: &Change) -> Result<(), String> {
    let is_there = approved.objects.get(&planned.object());
    let same_object = is_there == plan.objects.get(&now.object());
    let makes = matches!(
        planned.action,
        Action::Create { .. } | Action::Replace { .. } | Action::Import { .. }
    );
    let goes_on = now.resumes && (makes || same_object);
    let fits = match (&planned.action, &now.action) {
        (Action::Update, Action::Update)
        | (Action::Finish, Action::Finish)
        | (Action::Forget, Action::Forget)
        | (Action::Record, Action::Record) => same_object,
        (Action::Delete { why: theirs }, Action::Delete { why: ours }) => {
            same_object && planned.deposed == now.deposed && theirs == ours
        }
        (Action::Import { id: theirs }, Action::Import { id: ours }) => theirs == ours,
        (Action::Create { .. }, Action::Create { .. })
        // The old one is gone already, and the new one is still to be made.
        | (Action::Replace { .. }, Action::Create { .. }) => true,
        // The new one is there already, and the old one is still to go.
        (Action::Replace { .. }, Action::Delete { .. } | Action::Forget) => {
            now.deposed && same_object
        }
        (Action::Replace { order: theirs, .. }, Action::Replace { order: ours, .. }) => {
            same_object && theirs == ours
        }
        (
            Action::Create { .. }
            | Action::Import { .. }
            | Action::Update
            | Action::Finish
            | Action::Replace { .. },
            Action::Update | Action::Finish,
        ) => goes_on,
        _ => false,
    };
    if !fits {
        let (theirs, ours) = (done(&planned.action), done(&now.action));
        return Err(if theirs == ours {
            format!("was to be {theirs}, and it is another object now")
        } else {
            format!("was to be {theirs} and would be {ours}")
        });
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
    for object in inside(now) {
        let named = |other: &&PreviewObject| same_name(&other.object, &object.object);
        // What a release that was cut off did already is compared with what it was before.
        let alike = |other: &PreviewObject| {
            other.action == object.action && (goes_on || same_rows(&other.changes, &object.changes))
        };
        let others: Vec<_> = inside(planned).filter(named).collect();
        if !others.iter().any(|other| alike(other)) {
            let what = if others.is_empty() {
                "was not planned to change"
            } else {
                "would change otherwise than planned"
            };
            return Err(format!("{} inside of it ({}) {what}", object.object, object.action));
        }
    }
    Ok(())
}

fn inside(change: &Change) -> impl Iterator<Item = &PreviewObject> {
    change.preview.iter().flat_map(|preview| &preview.objects)
}

/// Whether two names are of one object. A plan that did not know the namespace yet left it away.
fn same_name(planned: &str, now: &str) -> bool {
    match (planned.split_once(' '), now.split_once(' ')) {
        (Some((kind, name)), Some((other, full))) if !name.contains('/') => {
            kind == other && full.split_once('/').map_or(full, |(_, name)| name) == name
        }
        _ => planned == now,
    }
}

type Row = (String, String, String);

/// Whether the places that change are among those that were to, and become what they were to. A value that
/// names its source was not known then, and may be anything now.
fn same_rows(planned: &[Row], now: &[Row]) -> bool {
    let pending = |value: &str| {
        value.contains("(known after apply)") || value.contains('#') && value.contains('(')
    };
    let same = |one: &str, other: &str| one == other || pending(one);
    now.iter().all(|(path, before, after)| {
        let mut rows = planned.iter().filter(|(p, ..)| p == path);
        rows.any(|(_, b, a)| same(b, before) && same(a, after))
    })
}

fn arrow(before: &Json, after: &Json) -> String {
    format!("{before} → {after}")
}

fn done(action: &Action) -> &'static str {
    match action {
        Action::Keep => "kept",
        Action::Create { .. } => "created",
        Action::Import { .. } => "imported",
        Action::Update => "updated",
        Action::Finish => "finished",
        Action::Replace { .. } => "replaced",
        Action::Delete { .. } => "deleted",
        Action::Forget => "forgotten",
        Action::Derive => "derived",
        Action::Record => "recorded",
    }
}
