//! What a plan does with objects in the cloud, for whoever works out what that takes.

use super::{
    model::{Mode, Step},
    need::Need,
    planner::Planner,
};
use crate::{Fields, Verb};
use groundplan_state::{Address, Status};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// One thing that is done with an object, in the plan itself or in its apply.
#[derive(Clone, Debug)]
pub struct Touch {
    /// The object's kind.
    pub kind: String,
    /// Whose it is; none where it is searched for what nobody knows of.
    pub address: Option<Address>,
    /// What is done.
    pub act: Act,
    /// The inputs as they are to be, or as recorded where nothing is to change. What is not known yet is a
    /// reference.
    pub inputs: Json,
    /// What the cloud assigned, where there is an object.
    pub outputs: Option<Json>,
    /// The object's own name, where its kind has names.
    pub name: Option<String>,
    /// The inputs that change, in a change.
    pub changed: Fields,
}

/// What is done with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// What carries the stack's mark is looked for, near an object of these inputs.
    Search,
    /// It is read.
    Read,
    /// It is made, and brought to its end.
    Create,
    /// It is changed in place.
    Change,
    /// It is removed.
    Delete,
    /// A derived value is computed.
    Derive,
}

/// Nothing.
fn no_fields() -> Fields {
    Fields::Only(BTreeSet::new())
}

impl Touch {
    fn of_step(step: &Step) -> Option<Self> {
        let (act, changed) = match step.verb {
            Verb::Create => (Act::Create, Fields::All),
            Verb::Update | Verb::Import => (Act::Change, step.approved.clone()),
            Verb::Delete => (Act::Delete, no_fields()),
            // What is derived is told of every derived value, whether a step does it or the plan did.
            Verb::Derive | Verb::Record => return None,
        };
        let recorded = step.entry.as_ref();
        let stays = act != Act::Create;
        let inputs = match (act, recorded) {
            (Act::Delete, Some(entry)) => entry.inputs.clone(),
            _ => step.desired.clone(),
        };
        Some(Self {
            kind: step.address.kind().to_owned(),
            address: Some(step.address.clone()),
            act,
            inputs,
            outputs: recorded.filter(|_| stays).and_then(|entry| entry.outputs.clone()),
            name: step.name.clone(),
            changed,
        })
    }

    fn new(kind: &str, address: Option<&Address>, act: Act, inputs: &Json) -> Self {
        Self {
            kind: kind.to_owned(),
            address: address.cloned(),
            act,
            inputs: inputs.clone(),
            outputs: None,
            name: None,
            changed: no_fields(),
        }
    }

    /// What a search touches; nothing for other needs.
    pub(super) fn of_search(need: &Need) -> Option<Self> {
        let Need::Search { kind, near, .. } = need else { return None };
        Some(Self::new(kind, None, Act::Search, near.inputs.first()?))
    }
}

impl Planner<'_> {
    /// Everything that is done with objects: what the plan read, and what its steps do.
    pub(super) fn touches(&mut self, steps: &[Step]) -> Vec<Touch> {
        let mut touches = std::mem::take(&mut self.searches_made);
        for (address, _, entry) in self.state.all() {
            let is_read = self.settings.refresh || entry.status != Status::Ready;
            if self.registry.resource(address.kind()).is_some() && is_read {
                let touch = Touch::new(address.kind(), Some(address), Act::Read, &entry.inputs);
                let name = entry.physical_name.clone();
                touches.push(Touch { outputs: entry.outputs.clone(), name, ..touch });
            }
        }
        let derive = |address: &Address, inputs: &Json| {
            let derived = self.registry.deriver(address.kind()).is_some();
            derived.then(|| Touch::new(address.kind(), Some(address), Act::Derive, inputs))
        };
        if self.settings.mode == Mode::Apply {
            let nodes = self.graph.nodes.iter();
            touches.extend(nodes.filter_map(|node| {
                derive(&node.address, &crate::resolve(&node.draft, &self.known))
            }));
        } else {
            // Only those that rest on nothing are computed again: the account.
            let roots = self.state.entries.iter().filter(|(_, entry)| entry.needs.is_empty());
            touches.extend(roots.filter_map(|(address, entry)| derive(address, &entry.inputs)));
        }
        touches.extend(steps.iter().filter_map(Touch::of_step));
        touches
    }
}
