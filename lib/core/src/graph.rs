//! A program's resources as a checked graph without cycles.

use crate::{
    Registry, Stack, expr,
    stack::{Node, Problem, Take},
};
use groundplan_state::Address;
use petgraph::{algo::toposort, graph::DiGraph, graph::NodeIndex};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// A frozen stack: every reference is to an output that exists, and the order is known.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(crate) stack: String,
    /// In an order in which each comes after all it needs.
    pub(crate) nodes: Vec<Node>,
    pub(crate) outputs: BTreeMap<String, Json>,
    pub(crate) moves: Vec<(Address, Address)>,
    pub(crate) leaving: Vec<(Address, String)>,
    pub(crate) coming: Vec<(Address, String, Address)>,
}

impl Graph {
    /// A graph of nothing, which is what a destroy wants to be there.
    pub fn empty(stack: &str) -> Self {
        Self {
            stack: stack.to_owned(),
            nodes: Vec::new(),
            outputs: BTreeMap::new(),
            moves: Vec::new(),
            leaving: Vec::new(),
            coming: Vec::new(),
        }
    }

    /// The stack's name.
    pub fn stack(&self) -> &str {
        &self.stack
    }

    /// The addresses of all resources, each after all it needs.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.nodes.iter().map(|node| &node.address)
    }

    /// A resource of the program.
    pub(crate) fn node(&self, address: &Address) -> Option<&Node> {
        self.nodes.iter().find(|node| node.address == *address)
    }

    /// A digest of each resource as the program wrote it, with its options.
    pub(crate) fn digests(&self) -> BTreeMap<Address, String> {
        let digest = |node: &Node| {
            let mut both = serde_json::json!([node.draft, node.options]);
            if let (Some(take), Json::Array(parts)) = (&node.take, &mut both) {
                parts.push(crate::to_json(take));
            }
            crate::words::sha256(both.to_string().as_bytes())
        };
        self.nodes.iter().map(|node| (node.address.clone(), digest(node))).collect()
    }

    /// What a resource that once had this address is called in the program now.
    pub(crate) fn present_name<'a>(&'a self, once: &'a Address) -> &'a Address {
        let mut name = once;
        for (from, to) in &self.moves {
            if from == name {
                name = to;
            }
        }
        name
    }

    /// Says of a resource that it is an object that exists already, as the option `import` does.
    ///
    /// # Errors
    /// The addresses of the same kind, if there is no such resource.
    pub fn import(&mut self, address: &Address, id: &str) -> Result<(), Vec<Address>> {
        let alike = |node: &&Node| node.address.kind() == address.kind();
        if let Some(node) = self.nodes.iter_mut().find(|node| node.address == *address) {
            node.take = Some(Take::Id(id.to_owned()));
            return Ok(());
        }
        Err(self.nodes.iter().filter(alike).map(|node| node.address.clone()).collect())
    }

    /// The resources that the program takes up, as they exist already.
    pub fn imports(&self) -> impl Iterator<Item = &Address> {
        self.nodes.iter().filter(|node| node.take.is_some()).map(|node| &node.address)
    }

    /// The id of the object that the program says a resource is.
    pub fn import_of(&self, address: &Address) -> Option<&str> {
        match self.node(address)?.take.as_ref()? {
            Take::Id(id) => Some(id),
            Take::Key => None,
        }
    }

    /// The inputs of a resource as the program wrote them, with references in place.
    pub fn inputs(&self, address: &Address) -> Option<&Json> {
        self.node(address).map(|node| &node.draft)
    }
}

impl Node {
    /// What must be ready before this.
    pub(crate) fn needs(&self) -> BTreeSet<Address> {
        let mut needs = expr::references(&self.draft);
        needs.extend(self.options.after.iter().cloned());
        needs
    }
}

impl Stack {
    /// Checks everything that can be checked without a cloud, and fixes the order.
    ///
    /// # Errors
    /// Every mistake in the program, not only the first.
    ///
    /// # Panics
    /// Never: each node has one place in the order.
    pub fn freeze(mut self, registry: &Registry) -> Result<Graph, Vec<Problem>> {
        self.fill_in(registry);
        let mut problems = std::mem::take(&mut self.problems);
        let index: BTreeMap<_, _> =
            self.nodes.iter().enumerate().map(|(i, n)| (n.address.clone(), i)).collect();
        let known = |address: &Address| index.contains_key(address);
        for node in &self.nodes {
            let at = || Some(node.address.to_string());
            if registry.get(node.address.kind()).is_none() {
                problems.push(Problem::new(
                    at(),
                    None,
                    "its kind is not registered; add it to the registry",
                ));
            }
            check_uses(&node.draft, at(), known, registry, &mut problems);
            for after in node.options.after.iter().filter(|a| !known(a)) {
                problems.push(Problem::new(
                    at(),
                    Some("options.after".into()),
                    format!("{after} is not in the stack"),
                ));
            }
        }
        for (name, value) in &self.outputs {
            check_uses(value, Some(format!("output {name}")), known, registry, &mut problems);
        }
        for (from, to) in &self.moves {
            if known(from) || !known(to) {
                problems.push(Problem::new(
                    None,
                    None,
                    format!("moved: {from} must not be in the stack any more and {to} must be"),
                ));
            }
        }
        let stays = self.leaving.iter().map(|(address, _)| address).filter(|a| known(a));
        problems.extend(stays.map(|address| {
            Problem::new(
                None,
                None,
                format!("moved_to: {address} must not be in the stack any more"),
            )
        }));
        let lacks = self.coming.iter().map(|(address, ..)| address).filter(|a| !known(a));
        problems.extend(lacks.map(|address| {
            Problem::new(None, None, format!("moved_from: {address} must be in the stack"))
        }));
        if !problems.is_empty() {
            return Err(problems);
        }
        let order = order(&self.nodes, &index).map_err(|address| {
            vec![Problem::new(
                Some(address),
                Some("options.after".into()),
                "waits for something that waits for it",
            )]
        })?;
        let mut nodes: Vec<_> = self.nodes.into_iter().map(Some).collect();
        let nodes = order
            .into_iter()
            .map(|i| nodes[i].take().expect("BUG: each node has one place"))
            .collect();
        Ok(Graph {
            stack: self.name,
            nodes,
            outputs: self.outputs,
            moves: self.moves,
            leaving: self.leaving,
            coming: self.coming,
        })
    }
}

impl Stack {
    /// Gives every resource the program's defaults for what it does not say itself.
    fn fill_in(&mut self, registry: &Registry) {
        for node in &mut self.nodes {
            let Some(meta) = registry.meta(node.address.kind()) else { continue };
            for (name, input) in meta.defaults {
                if let Some(default) = self.defaults.get(name) {
                    fill(&mut node.draft[*input], default);
                }
            }
        }
    }
}

/// Puts a default under a value: in its place if there is none, beside what it has if both are maps.
fn fill(value: &mut Json, default: &Json) {
    match (value, default) {
        (value @ Json::Null, _) => *value = default.clone(),
        (Json::Object(own), Json::Object(default)) => {
            for (key, default) in default {
                own.entry(key.clone()).or_insert_with(|| default.clone());
            }
        }
        _ => {}
    }
}

fn check_uses(
    tree: &Json,
    at: Option<String>,
    known: impl Fn(&Address) -> bool,
    registry: &Registry,
    problems: &mut Vec<Problem>,
) {
    for found in expr::uses(tree) {
        match found {
            Err(what) => problems.push(Problem::new(at.clone(), None, what)),
            Ok(used) if !known(&used.address) => {
                let what = format!("refers to {}, which is not in the stack", used.address);
                problems.push(Problem::new(at.clone(), Some(used.at), what));
            }
            Ok(used) => {
                let outputs = registry.get(used.address.kind()).map(|kind| kind.outputs);
                if outputs.is_some_and(|outputs| !outputs.contains(&used.field.as_str())) {
                    let what = format!("{} has no output `{}`", used.address, used.field);
                    problems.push(Problem::new(at.clone(), Some(used.at), what));
                }
            }
        }
    }
}

/// The places of the nodes in an order that respects all needs; the address of one in a cycle if
/// there is none. References alone cannot make a cycle, `options.after` can.
fn order(nodes: &[Node], index: &BTreeMap<Address, usize>) -> Result<Vec<usize>, String> {
    let mut graph = DiGraph::<(), ()>::with_capacity(nodes.len(), nodes.len());
    for _ in nodes {
        graph.add_node(());
    }
    for (i, node) in nodes.iter().enumerate() {
        for need in node.needs() {
            graph.add_edge(NodeIndex::new(index[&need]), NodeIndex::new(i), ());
        }
    }
    match toposort(&graph, None) {
        Ok(order) => Ok(order.into_iter().map(NodeIndex::index).collect()),
        Err(cycle) => Err(nodes[cycle.node_id().index()].address.to_string()),
    }
}
