//! Puts steps in a sequence. Knows steps and edges, and nothing of what they do.

use super::{PlanError, Step};
use crate::StepId;
use petgraph::{
    Direction,
    algo::{has_path_connecting, toposort},
    graph::{DiGraph, NodeIndex},
};
use std::{collections::BTreeMap, time::Duration};

/// All edges, and those soft ones that do not make a circle with them: a change that itself waits for what
/// comes after a removal cannot be waited for. What it lets go of then only was referred to, as a held
/// object is replaced by making the new one first.
pub(super) fn without_circles(
    steps: usize,
    edges: Vec<(usize, usize)>,
    soft: Vec<(usize, usize)>,
) -> impl Iterator<Item = (usize, usize)> {
    let mut graph = DiGraph::<(), ()>::new();
    let nodes: Vec<_> = (0..steps).map(|_| graph.add_node(())).collect();
    for (before, after) in edges.into_iter().filter(|(a, b)| a != b) {
        graph.add_edge(nodes[before], nodes[after], ());
    }
    for (before, after) in soft {
        if !has_path_connecting(&graph, nodes[after], nodes[before], None) {
            graph.add_edge(nodes[before], nodes[after], ());
        }
    }
    graph.into_nodes_edges().1.into_iter().map(|e| (e.source().index(), e.target().index()))
}

/// Puts steps in an order that respects their edges, numbers them, and works out what is longest.
pub(super) fn sort(steps: Vec<Step>) -> Result<Vec<Step>, PlanError> {
    let mut graph = DiGraph::<(), ()>::new();
    for _ in &steps {
        graph.add_node(());
    }
    for (i, step) in steps.iter().enumerate() {
        for before in &step.after {
            graph.add_edge(NodeIndex::new(before.0), NodeIndex::new(i), ());
        }
    }
    let order = toposort(&graph, None).map_err(|cycle| PlanError::Cycle {
        address: steps[cycle.node_id().index()].address.clone(),
    })?;
    let mut remaining = vec![Duration::ZERO; steps.len()];
    for node in order.iter().rev() {
        let longest = graph
            .neighbors_directed(*node, Direction::Outgoing)
            .map(|n| remaining[n.index()])
            .max();
        remaining[node.index()] = longest.unwrap_or_default() + steps[node.index()].typical;
    }
    let place: BTreeMap<_, _> =
        order.iter().enumerate().map(|(place, node)| (node.index(), StepId(place))).collect();
    let mut sorted: Vec<_> = steps
        .into_iter()
        .enumerate()
        .map(|(i, mut step)| {
            step.id = place[&i];
            step.after = step.after.iter().map(|before| place[&before.0]).collect();
            step.remaining = remaining[i];
            step
        })
        .collect();
    sorted.sort_by_key(|step| step.id);
    Ok(sorted)
}
