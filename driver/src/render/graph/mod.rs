//! The graph of a plan, for drawing: which resource needs which, and in which order they stand.
//!
//! Pure functions. [`dot`] and [`mermaid`] write it for other programs, [`layout`] places it for the page.

pub(crate) mod dot;
pub(crate) mod layout;
pub(crate) mod mermaid;

use super::change::sign;
use groundplan::{Action, Address, Node, Plan};
use std::collections::{BTreeMap, BTreeSet};

/// Resources by number, each after what it needs.
#[derive(Debug)]
pub(crate) struct Graph<'a> {
    pub(crate) nodes: Vec<&'a Node>,
    /// The numbers of what each needs.
    pub(crate) needs: Vec<BTreeSet<usize>>,
    /// The numbers of what needs each.
    pub(crate) users: Vec<BTreeSet<usize>>,
}

impl<'a> Graph<'a> {
    /// The graph of a plan. What a record needs that is there no more is left out.
    pub(crate) fn of(plan: &'a Plan) -> Self {
        let nodes = sorted(&plan.nodes);
        let numbers: BTreeMap<_, _> =
            nodes.iter().enumerate().map(|(i, n)| (&n.address, i)).collect();
        let mut needs = Vec::new();
        let mut users = vec![BTreeSet::new(); nodes.len()];
        for (user, node) in nodes.iter().enumerate() {
            let of: BTreeSet<usize> =
                node.needs.iter().filter_map(|need| numbers.get(need).copied()).collect();
            for need in &of {
                users[*need].insert(user);
            }
            needs.push(of);
        }
        Self { nodes, needs, users }
    }

    /// Every edge, from what is needed to what needs it.
    pub(crate) fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        self.needs
            .iter()
            .enumerate()
            .flat_map(|(user, needs)| needs.iter().map(move |n| (*n, user)))
    }

    /// The edges that no longer way says as well: a host that needs a subnet needs its VPC anyway.
    pub(crate) fn essential(&self) -> BTreeSet<(usize, usize)> {
        let mut above: Vec<Vec<bool>> = Vec::new();
        let mut essential = BTreeSet::new();
        for (user, needs) in self.needs.iter().enumerate() {
            // Numbers grow along edges: only a nearer need can lead to a farther one.
            let mut reached = vec![false; self.nodes.len()];
            for &need in needs.iter().rev() {
                if reached[need] || need >= user {
                    continue;
                }
                essential.insert((need, user));
                reached[need] = true;
                for (mark, farther) in reached.iter_mut().zip(&above[need]) {
                    *mark |= farther;
                }
            }
            above.push(reached);
        }
        essential
    }
}

/// Each node after what it needs. Nodes that need each other, which no plan should have, stay as they
/// came.
fn sorted(nodes: &[Node]) -> Vec<&Node> {
    let known: BTreeSet<&Address> = nodes.iter().map(|node| &node.address).collect();
    let mut placed = BTreeSet::new();
    let mut waiting: Vec<&Node> = nodes.iter().collect();
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let (mut ready, mut rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|node| {
            node.needs.iter().all(|need| placed.contains(need) || !known.contains(need))
        });
        if ready.is_empty() {
            ready = std::mem::take(&mut rest);
        }
        placed.extend(ready.iter().map(|node| &node.address));
        order.extend(ready);
        waiting = rest;
    }
    order
}

/// What a drawing says of a resource, line by line: its kind, its name, and what happens to it.
fn label(node: &Node) -> Vec<String> {
    let mut lines = vec![node.address.kind().to_owned(), node.address.name().to_owned()];
    if !matches!(node.action, Action::Keep) {
        lines.push(sign(&node.action).1.to_owned());
    }
    lines
}

/// The family of a resource: the service that its kind belongs to.
pub(crate) fn family(address: &Address) -> &str {
    address.kind().split('.').next().unwrap_or_default()
}
