//! The whole of a plan as a graph, and how long it is likely to take.

use super::{
    model::{Action, Change, Mode, Step},
    planner::Planner,
};
use groundplan_state::Address;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// One resource in the graph of a plan, whether it changes or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its name.
    pub address: Address,
    /// What happens to it.
    pub action: Action,
    /// What it needs: what is there before it, and goes after it.
    pub needs: BTreeSet<Address>,
    /// Whether it is a derived value, which is no object in the cloud.
    pub derived: bool,
}

/// How long a plan is likely to take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outlook {
    /// From the first step to the last, if nothing waits for anything but what it needs.
    pub likely: Duration,
    /// The chain of steps that takes that long, and how long each takes.
    pub longest: Vec<(Address, Duration)>,
}

/// The chain of steps that takes longest. Steps are sorted and know what remains after each.
pub(super) fn outlook(steps: &[Step]) -> Outlook {
    let mut waiting: BTreeMap<_, Vec<&Step>> = BTreeMap::new();
    for step in steps {
        for before in &step.after {
            waiting.entry(*before).or_default().push(step);
        }
    }
    let mut next = first_of_longest(steps.iter().filter(|step| step.after.is_empty()));
    let likely = next.map_or(Duration::ZERO, |step| step.remaining);
    let mut longest = Vec::new();
    while let Some(step) = next {
        if !step.typical.is_zero() {
            longest.push((step.address.clone(), step.typical));
        }
        next = first_of_longest(waiting.remove(&step.id).into_iter().flatten());
    }
    Outlook { likely, longest }
}

/// Of several steps the one that the longest chain begins with; of equals the first.
fn first_of_longest<'a>(among: impl Iterator<Item = &'a Step>) -> Option<&'a Step> {
    among.max_by(|a, b| a.remaining.cmp(&b.remaining).then(b.id.cmp(&a.id)))
}

impl Planner<'_> {
    /// Every resource that there is or is to be, each after what it needs.
    pub(super) fn nodes(&self, changes: &[Change]) -> Vec<Node> {
        let actions: BTreeMap<_, _> =
            changes.iter().filter(|c| !c.deposed).map(|c| (&c.address, &c.action)).collect();
        let node = |address: &Address, needs: BTreeSet<Address>, otherwise: Action| Node {
            action: actions.get(address).map_or(otherwise, |action| (*action).clone()),
            derived: self.registry.deriver(address.kind()).is_some(),
            address: address.clone(),
            needs,
        };
        let mut nodes = Vec::new();
        let mut told = BTreeSet::new();
        if self.settings.mode == Mode::Apply {
            for declared in &self.graph.nodes {
                let decided = self.decisions.get(&declared.address).map(|d| d.action.clone());
                nodes.push(node(
                    &declared.address,
                    declared.needs(),
                    decided.unwrap_or(Action::Keep),
                ));
                told.insert(declared.address.clone());
            }
        }
        for (address, _, entry) in self.state.all() {
            if told.insert(address.clone()) {
                let why = "it is not in the program any more".to_owned();
                let stays = self.set_aside.contains(address);
                let action = if stays { Action::Keep } else { Action::Delete { why } };
                nodes.push(node(address, entry.needs.clone(), action));
            }
        }
        nodes
    }
}
