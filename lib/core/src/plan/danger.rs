//! What a reviewer must not miss of a plan, from what each resource goes through.

use super::{
    model::{Action, Change, Mode, Refusal},
    planner::Planner,
};
use crate::{Danger, DangerKind, Json, Risk, Transition, expr};

impl Planner<'_> {
    /// What a reviewer must not miss, the most final first.
    pub(super) fn dangers(&self, changes: &[Change]) -> Vec<Danger> {
        let mut dangers: Vec<_> =
            changes.iter().flat_map(|change| self.dangers_of(change)).collect();
        dangers.sort();
        dangers.dedup();
        dangers
    }

    /// Changes that the cloud does for nobody.
    pub(super) fn impossible(&self, changes: &[Change]) -> Vec<Refusal> {
        let refusal = |change: &Change| {
            let kind = self.registry.resource(change.address.kind())?;
            let (before, after) = self.ends(change);
            let fault = kind.impossible(transition(change, before.as_ref(), after.as_ref())?)?;
            let lift = fault.hint.clone().unwrap_or_else(|| "another change".to_owned());
            Some(Refusal { address: change.address.clone(), what: fault.to_string(), lift })
        };
        changes.iter().filter_map(refusal).collect()
    }

    fn dangers_of(&self, change: &Change) -> Vec<Danger> {
        let danger =
            |kind, object, what| Danger { kind, address: change.address.clone(), object, what };
        let mut dangers = Vec::new();
        match &change.action {
            Action::Delete { .. } => {
                dangers.push(danger(DangerKind::Delete, None, change.reason()));
            }
            Action::Replace { .. } => {
                dangers.push(danger(DangerKind::Replace, None, change.reason()));
            }
            _ => {}
        }
        let inside = change.preview.iter().flat_map(|preview| &preview.objects);
        dangers.extend(inside.clone().flat_map(|object| {
            let risk =
                |risk: &Risk| danger(risk.kind, Some(object.object.clone()), risk.what.clone());
            object.risks.iter().map(risk)
        }));
        dangers.extend(inside.filter_map(|object| {
            let (kind, what) = match object.action.as_str() {
                "delete" => (DangerKind::Delete, "is deleted"),
                "replace" => (DangerKind::Replace, "is replaced"),
                _ => return None,
            };
            Some(danger(kind, Some(object.object.clone()), what.to_owned()))
        }));
        let Some(kind) = self.registry.resource(change.address.kind()) else { return dangers };
        let (before, after) = self.ends(change);
        if let Some(transition) = transition(change, before.as_ref(), after.as_ref()) {
            let told = self.graph.node(&change.address).is_some_and(|n| n.options.retain);
            let stays = before.as_ref().is_some_and(|inputs| kind.meta().stays.applies(inputs));
            let retained = told || stays;
            let mut risks = kind.risks(transition);
            risks.retain(|risk| risk.kind != DangerKind::DataLoss || !retained);
            dangers.extend(risks.into_iter().map(|risk| danger(risk.kind, None, risk.what)));
        }
        dangers
    }

    /// An object's inputs before and after its change; neither where nothing happens to it.
    fn ends(&self, change: &Change) -> (Option<Json>, Option<Json>) {
        let decision =
            self.decisions.get(&change.address).filter(|_| self.settings.mode == Mode::Apply);
        let after = || Some(expr::resolve(&self.graph.node(&change.address)?.draft, &self.known));
        let before = || decision.map(|decision| decision.before.clone()).filter(|b| !b.is_null());
        match change.action {
            Action::Create { .. } => (None, after()),
            Action::Import { .. } | Action::Update | Action::Finish | Action::Replace { .. } => {
                (before(), after())
            }
            Action::Delete { .. } => {
                let entry = self.state.get(&change.address, change.slot());
                (entry.map(|entry| entry.inputs.clone()), None)
            }
            Action::Keep | Action::Forget | Action::Derive | Action::Record => (None, None),
        }
    }
}

/// What an object goes through, if anything happens to it.
fn transition<'a>(
    change: &Change,
    before: Option<&'a Json>,
    after: Option<&'a Json>,
) -> Option<Transition<'a>> {
    let replaced = matches!(change.action, Action::Replace { .. });
    (before.is_some() || after.is_some()).then_some(Transition { before, after, replaced })
}
