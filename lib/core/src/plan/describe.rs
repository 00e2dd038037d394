//! What readers of a plan see of it.

use super::{
    model::{Action, Mode, Plan, Refusal, Step},
    planner::Planner,
};
use crate::{Change, Seen, Verb};
use groundplan_state::{Slot, Status};
use std::collections::BTreeSet;

impl Planner<'_> {
    pub(super) fn refusal(&self, step: &Step) -> Option<Refusal> {
        let guarded = step.verb == Verb::Delete && !step.options.retain;
        let kept_by_program = self
            .decisions
            .contains_key(&step.address)
            .then(|| self.graph.nodes.iter().find(|n| n.address == step.address))
            .flatten();
        let protect = kept_by_program.map_or(step.options.protect, |node| node.options.protect);
        let absent =
            matches!(self.seen.get(&(step.address.clone(), step.slot)), Some(Seen::Absent));
        if !guarded || !protect || absent || self.settings.unprotect.contains(&step.address) {
            return None;
        }
        let verb = if kept_by_program.is_some() { "replaced" } else { "deleted" };
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
                    notes: decision.notes.clone(),
                    resumes: decision.entry.as_ref().is_some_and(|e| e.status != Status::Ready),
                    deposed: false,
                },
                None => self.removed(step),
            };
            let derived = self.registry.deriver(step.address.kind()).is_some();
            if !derived && !matches!(change.action, Action::Keep) {
                plan.changes.push(change);
            }
        }
        for (address, decision) in &self.decisions {
            if matches!(decision.action, Action::Keep) {
                plan.unchanged += 1;
                plan.notes.extend(decision.notes.iter().map(|note| format!("{address}: {note}")));
            }
        }
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
