//! Rebuilds a lost state from the program and from the marks on live objects. Reads, never writes.
//!
//! What the program declares is looked for by its mark, or, where objects carry none, by its name or
//! key. What carries the mark and is not in the program is recorded as left in the cloud: nobody can tell
//! any more whether it was to stay, so nothing here removes it. It is looked for among the kinds, and in the
//! places, that the program uses.

use crate::{
    Cx, Graph, Known, Mark, Marked, Meta, Ownership, PlanError, Registry, Seen,
    expr::{is_known, resolve},
    kind::{NearJson, WantedJson},
    plan::{inputs_of, observe, passing, physical_name, place, record_of},
    stack::Node,
};
use futures::future::try_join_all;
use groundplan_state::{Address, Entry, Left, Snapshot, Status};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// A state that was rebuilt.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// It, ready to be kept.
    pub snapshot: Snapshot,
    /// What was found, with how its service names it where that is known.
    pub found: Vec<(Address, String)>,
    /// What the program declares and is not there: the next apply makes it.
    pub missing: Vec<Address>,
    /// What carries the mark and is not in the program.
    pub left: Vec<(Address, String)>,
}

/// The lineages of a stack's name that live objects carry, each with how many of them. A state that is
/// lost was of one of them.
///
/// Looks only near what the program declares without references, such as a network and its roles: what
/// else there is refers to those.
///
/// # Errors
/// If a read fails.
pub async fn lineages(
    graph: &Graph,
    registry: &Registry,
    cx: &Cx,
) -> Result<BTreeMap<String, usize>, PlanError> {
    let empty = Snapshot::new(graph.stack(), groundplan_state::Realm::Simulation);
    let mut search = Search::new(graph, registry, cx, empty, None);
    search.roots().await?;
    let ready = search.ready();
    search.look(&ready).await?;
    let mut lineages = BTreeMap::new();
    for (_, marked) in search.marked.values().flatten() {
        *lineages.entry(marked.owner.lineage.clone()).or_default() += 1;
    }
    Ok(lineages)
}

/// Rebuilds the state of a stack. `empty` says of which stack, lineage and realm; `cx` has that lineage.
///
/// # Errors
/// If a read fails, or more than one object could be the one of a resource.
pub async fn recover(
    graph: &Graph,
    registry: &Registry,
    cx: &Cx,
    empty: Snapshot,
) -> Result<Recovered, PlanError> {
    let lineage = Some(empty.lineage.to_string());
    let mut search = Search::new(graph, registry, cx, empty, lineage);
    loop {
        search.roots().await?;
        let ready = search.ready();
        if ready.is_empty() {
            break;
        }
        search.look(&ready).await?;
        search.settle(&ready).await?;
    }
    Ok(search.end())
}

struct Search<'a> {
    graph: &'a Graph,
    registry: &'a Registry,
    cx: &'a Cx,
    mark: Mark,
    snapshot: Snapshot,
    known: Known,
    /// Nodes that were found, and those that were not.
    done: BTreeSet<&'a Address>,
    found: Vec<(Address, String)>,
    missing: Vec<Address>,
    /// What carries the mark, by kind, each with what its resource is called in the program now.
    marked: BTreeMap<String, Vec<(Address, Marked<Json>)>>,
    /// Inputs of one resource of each kind.
    beside: BTreeMap<String, Json>,
}

/// A resource of the program whose inputs are known.
struct Ready<'a> {
    node: &'a Node,
    desired: Json,
}

impl<'a> Search<'a> {
    fn new(
        graph: &'a Graph,
        registry: &'a Registry,
        cx: &'a Cx,
        snapshot: Snapshot,
        lineage: Option<String>,
    ) -> Self {
        Self {
            mark: Mark { stack: graph.stack().to_owned(), lineage },
            graph,
            registry,
            cx,
            snapshot,
            known: Known::new(),
            done: BTreeSet::new(),
            found: Vec::new(),
            missing: Vec::new(),
            marked: BTreeMap::new(),
            beside: BTreeMap::new(),
        }
    }

    fn is_derived(&self, address: &Address) -> bool {
        self.registry.deriver(address.kind()).is_some()
    }

    /// Resources that are not settled and whose needs are.
    fn next(&self) -> Vec<Ready<'a>> {
        let graph = self.graph;
        let undone = graph.nodes.iter().filter(|node| !self.done.contains(&node.address));
        let ready = undone.filter(|node| node.needs().iter().all(|need| self.done.contains(need)));
        let ready = ready.map(|node| Ready { node, desired: resolve(&node.draft, &self.known) });
        ready.collect()
    }

    /// Resources whose needs are settled; those whose inputs stay unknown are missing.
    fn ready(&mut self) -> Vec<Ready<'a>> {
        loop {
            let (ready, lost): (Vec<_>, Vec<_>) =
                self.next().into_iter().partition(|r| is_known(&r.desired));
            let none = lost.is_empty();
            for one in lost {
                self.miss(one.node);
            }
            if none || !ready.is_empty() {
                return ready;
            }
        }
    }

    /// Computes derived values as far as they go.
    async fn roots(&mut self) -> Result<(), PlanError> {
        loop {
            let all = self.next();
            let computable = all
                .into_iter()
                .find(|ready| self.is_derived(&ready.node.address) && is_known(&ready.desired));
            let Some(one) = computable else { return Ok(()) };
            let address = &one.node.address;
            let deriver = self.registry.deriver(address.kind()).expect("BUG: it was just seen");
            let outputs = passing(self.cx, || deriver.derive(self.cx, &one.desired)).await;
            let outputs =
                outputs.map_err(|source| PlanError::Derive { address: address.clone(), source })?;
            let entry = self.entry(&one, outputs);
            self.record(one.node, entry);
        }
    }

    fn record(&mut self, node: &'a Node, entry: Entry) {
        self.known.insert(node.address.clone(), entry.outputs.clone().unwrap_or_default());
        self.snapshot.entries.insert(node.address.clone(), entry);
        self.done.insert(&node.address);
    }

    fn miss(&mut self, node: &'a Node) {
        self.done.insert(&node.address);
        if !self.is_derived(&node.address) {
            self.missing.push(node.address.clone());
        }
    }

    /// Finds what carries the mark near these.
    async fn look(&mut self, ready: &[Ready<'a>]) -> Result<(), PlanError> {
        let mut near: BTreeMap<(&str, String), NearJson> = BTreeMap::new();
        for Ready { node, desired } in ready {
            let kind = node.address.kind();
            let meta = self.meta(kind);
            if meta.ownership == Ownership::Tagged {
                self.beside.entry(kind.to_owned()).or_insert_with(|| desired.clone());
                near.entry((kind, place(meta, desired))).or_default().inputs.push(desired.clone());
            }
        }
        let (registry, cx, mark) = (self.registry, self.cx, &self.mark);
        let searches = near.iter().map(|((kind, _), near)| async move {
            let searched = registry.resource(kind).expect("BUG: freeze checked the kinds");
            let found = passing(cx, || searched.marked(cx, near, mark)).await;
            let found =
                found.map_err(|source| PlanError::Search { kind: (*kind).to_owned(), source })?;
            Ok::<_, PlanError>(((*kind).to_owned(), found))
        });
        for (kind, found) in try_join_all(searches).await? {
            let meta = self.meta(&kind);
            // Each search finds also what an earlier one did.
            let taken: Vec<_> = self.snapshot.all().filter(|(a, ..)| a.kind() == kind).collect();
            let recorded = |m: &Marked<Json>| {
                let mut outputs = taken.iter().filter_map(|(_, _, entry)| entry.outputs.as_ref());
                outputs.any(|o| meta.same_object(o, &m.live.outputs))
            };
            let all = self.marked.entry(kind.clone()).or_default();
            for one in found {
                let known = |(_, m): &(Address, Marked<Json>)| {
                    meta.same_object(&m.live.outputs, &one.live.outputs)
                };
                if !one.live.leaving && !recorded(&one) && !all.iter().any(known) {
                    all.push((self.graph.present_name(&one.owner.address).clone(), one));
                }
            }
        }
        Ok(())
    }

    fn meta(&self, kind: &str) -> &'static Meta {
        self.registry.meta(kind).unwrap_or(&Meta::DEFAULT)
    }

    /// Records these as found or missing.
    async fn settle(&mut self, ready: &[Ready<'a>]) -> Result<(), PlanError> {
        let mut rest: BTreeMap<(&str, String), Vec<&Ready<'a>>> = BTreeMap::new();
        for one in ready {
            let kind = one.node.address.kind();
            match self.by_mark(one)? {
                Some(found) => self.take(one, found),
                None => {
                    rest.entry((kind, place(self.meta(kind), &one.desired))).or_default().push(one);
                }
            }
        }
        let looked = rest.into_iter().map(|((kind, _), all)| self.by_key(kind, all));
        let looked = try_join_all(looked).await?;
        for (one, seen) in looked.into_iter().flatten() {
            match seen {
                Seen::Present(live) if !live.leaving => {
                    let entry = self.entry(one, live.outputs);
                    self.found.push((one.node.address.clone(), String::new()));
                    self.record(one.node, entry);
                }
                Seen::Ambiguous(found) => {
                    return Err(PlanError::Ambiguous { address: one.node.address.clone(), found });
                }
                _ => self.miss(one.node),
            }
        }
        Ok(())
    }

    /// The marked object of a resource: of the highest generation, as others were replaced by it.
    fn by_mark(&mut self, one: &Ready<'a>) -> Result<Option<Marked<Json>>, PlanError> {
        let address = &one.node.address;
        let Some(all) = self.marked.get_mut(address.kind()) else { return Ok(None) };
        let own = all.iter().filter(|(name, _)| name == address).map(|(_, marked)| marked);
        let Some(newest) = own.clone().map(|m| m.owner.generation).max() else { return Ok(None) };
        let ids: Vec<_> =
            own.filter(|m| m.owner.generation == newest).map(|m| m.id.clone()).collect();
        if ids.len() > 1 {
            return Err(PlanError::Ambiguous { address: address.clone(), found: ids });
        }
        let is_it = |(name, marked): &(Address, Marked<Json>)| {
            name == address && marked.owner.generation == newest
        };
        Ok(all.iter().position(is_it).map(|at| all.remove(at).1))
    }

    async fn by_key<'r>(
        &self,
        kind: &str,
        all: Vec<&'r Ready<'a>>,
    ) -> Result<Vec<(&'r Ready<'a>, Seen<Json>)>, PlanError> {
        let wanted = |one: &&Ready<'_>| WantedJson {
            owner: self.cx.owner(&one.node.address, 0),
            inputs: one.desired.clone(),
            outputs: None,
            name: self.name(one.node, &one.desired),
            taking: false,
        };
        let wanted: Vec<_> = all.iter().map(wanted).collect();
        let seen = observe(self.registry, self.cx, kind, &wanted, false)
            .await
            .map_err(|source| PlanError::Read { address: all[0].node.address.clone(), source })?;
        Ok(all.into_iter().zip(seen).collect())
    }

    fn name(&self, node: &Node, desired: &Json) -> Option<String> {
        let address = &node.address;
        physical_name(self.meta(address.kind()), self.graph.stack(), address, 0, desired)
    }

    fn take(&mut self, one: &Ready<'a>, found: Marked<Json>) {
        let address = &one.node.address;
        self.found.push((address.clone(), found.id.clone()));
        let entry = self.marked_entry(one, found);
        self.record(one.node, entry);
        // What it replaced goes with the next apply.
        let all = self.marked.entry(address.kind().to_owned()).or_default();
        let older: Vec<_> = all.extract_if(.., |(name, _)| name == address).collect();
        for (_, marked) in older {
            let generation = marked.owner.generation;
            let entry = self.marked_entry(one, marked);
            self.snapshot.deposed.entry(address.clone()).or_default().insert(generation, entry);
        }
    }

    fn marked_entry(&self, one: &Ready<'_>, marked: Marked<Json>) -> Entry {
        let Marked { owner, name, live, .. } = marked;
        let entry = self.entry(one, live.outputs);
        Entry {
            generation: owner.generation,
            physical_name: name.or(entry.physical_name),
            marked_as: Some(owner.address).filter(|marked| *marked != one.node.address),
            ..entry
        }
    }

    /// The record of a resource that is there. Recorded is what is wanted: what the live object has
    /// otherwise is drift, which a plan shows.
    fn entry(&self, Ready { node, desired }: &Ready<'_>, outputs: Json) -> Entry {
        let kind = self.registry.resource(node.address.kind());
        Entry {
            version: kind.map_or(0, |kind| kind.version()),
            status: Status::Ready,
            inputs: desired.clone(),
            pending: None,
            outputs: Some(outputs),
            needs: node.needs(),
            options: node.options.clone(),
            generation: 0,
            token: String::new(),
            physical_name: self.name(node, desired),
            marked_as: None,
            marked_by: None,
        }
    }

    fn end(mut self) -> Recovered {
        let mut left = Vec::new();
        for (_, marked) in self.marked.into_values().flatten() {
            let address = marked.owner.address.clone();
            let beside = self.beside.get(address.kind()).unwrap_or(&Json::Null);
            let inputs = inputs_of(&marked.live.fields, None, beside);
            let entry = record_of(self.registry, &address, inputs, &marked);
            left.push((address.clone(), marked.id));
            let entry = Entry { status: Status::Ready, ..entry };
            self.snapshot.left.push(Left { address, entry, to: None });
        }
        self.snapshot.outputs = crate::apply::outputs(
            &self.graph.outputs.clone().into_iter().collect(),
            &self.snapshot,
        );
        let Self { snapshot, found, missing, .. } = self;
        Recovered { snapshot, found, missing, left }
    }
}
