//! What readers of a plan see of it.

use super::{
    decide::Decision,
    model::{Action, Mode, Plan, Refusal, Step},
    planner::Planner,
};
use crate::{Change, Seen, Verb};
use groundplan_state::{Slot, Status};
use std::collections::{BTreeMap, BTreeSet};

impl Planner<'_> {
    pub(super) fn refusal(&self, step: &Step) -> Option<Refusal> {
        let guarded = step.verb == Verb::Delete && !step.options.retain && step.options.protect;
        let absent =
            matches!(self.seen.get(&(step.address.clone(), step.slot)), Some(Seen::Absent));
        if !guarded || absent || self.settings.unprotect.contains(&step.address) {
            return None;
        }
        let verb = if self.decisions.contains_key(&step.address) { "replaced" } else { "deleted" };
        Some(Refusal {
            address: step.address.clone(),
            what: format!("is protected and would be {verb}"),
            lift: format!("--unprotect {}", step.address),
        })
    }

    /// What readers see: one line for each resource that changes.
    pub(super) fn describe(&self, steps: &[Step], plan: &mut Plan) {
        let mut told = BTreeSet::new();
        for step in steps {
            let deposed = matches!(step.slot, Slot::Deposed(_));
            let left_over = deposed && self.state.get(&step.address, step.slot).is_some();
            let replaced_now = deposed && !left_over;
            if replaced_now || !told.insert((&step.address, left_over.then_some(step.slot))) {
                continue;
            }
            let change = match self.decisions.get(&step.address).filter(|_| !left_over) {
                Some(decision) => Change {
                    address: step.address.clone(),
                    action: decision.action.clone(),
                    fields: decision.fields.clone(),
                    preview: self.previews.get(&step.address).cloned().flatten(),
                    notes: notes_of(step, decision),
                    resumes: decision.entry.as_ref().is_some_and(|e| e.status != Status::Ready),
                    deposed: false,
                    generation: decision.entry.as_ref().map(|e| e.generation),
                },
                None => self.removed(step),
            };
            let derived = self.registry.deriver(step.address.kind()).is_some();
            if !derived && !matches!(change.action, Action::Keep) {
                plan.changes.push(change);
            }
        }
        let kept = self.decisions.iter().filter(|(_, d)| matches!(d.action, Action::Keep));
        for (address, decision) in kept {
            plan.unchanged += usize::from(self.registry.deriver(address.kind()).is_none());
            plan.notes.extend(decision.notes.iter().map(|note| format!("{address}: {note}")));
        }
    }

    /// Which objects change: the token of the create that made each.
    pub(super) fn objects(&self, changes: &[Change]) -> BTreeMap<String, String> {
        let token = |change: &Change| {
            let entry = self.state.get(&change.address, change.slot())?;
            Some((change.object(), entry.token.clone()))
        };
        changes.iter().filter_map(token).collect()
    }

    fn removed(&self, step: &Step) -> Change {
        let action = if step.options.retain {
            Action::Forget
        } else {
            Action::Delete { why: self.why_removed(step) }
        };
        Change {
            address: step.address.clone(),
            action,
            fields: Vec::new(),
            preview: None,
            notes: Vec::new(),
            resumes: step.entry.as_ref().is_some_and(|e| e.status != Status::Ready),
            deposed: matches!(step.slot, Slot::Deposed(_)),
            // An object that is still current when it goes has its slot's number from then on.
            generation: Some(match step.slot {
                Slot::Deposed(number) => number,
                Slot::Current => step.generation,
            }),
        }
    }

    fn why_removed(&self, step: &Step) -> String {
        if let Some(id) = self.strays.get(&(step.address.clone(), step.slot)) {
            return format!(
                "{id} carries this stack's mark and was not recorded: a run that was cut off made it"
            );
        }
        match (step.slot, self.settings.mode) {
            (Slot::Deposed(_), _) => "it was replaced before".into(),
            (_, Mode::Destroy) => "the stack is destroyed".into(),
            (_, Mode::Apply) => "it is not in the program any more".into(),
        }
    }
}

fn notes_of(step: &Step, decision: &Decision) -> Vec<String> {
    let mut notes = decision.notes.clone();
    if matches!(decision.action, Action::Replace { .. }) && step.options.retain {
        notes.push("the old object stays in the cloud, and is ours no more: it is retained".into());
    }
    notes
}
