//! The orphan rule: what carries the stack's mark and is not recorded is taken up where the program
//! wants it, and removed where not. Nothing else is ever touched: not what was left on purpose, not what
//! only copied our tags.

use super::{
    decide,
    model::Mode,
    need::Need,
    planner::{Planner, place},
};
use crate::{
    Mark, Marked, Meta, Ownership, Registry, Seen,
    expr::{is_known, resolve},
    kind::NearJson,
};
use groundplan_state::{Address, Change, Entry, Options, Slot, Status, Why, fold};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

impl Planner<'_> {
    /// A resource of the program that was left in the cloud before is not made a second time.
    pub(super) fn take_up_what_was_left(&mut self) {
        if self.settings.mode == Mode::Destroy {
            return;
        }
        for node in &self.graph.nodes {
            let address = &node.address;
            if self.state.entries.contains_key(address) {
                continue;
            }
            let left = self.state.left.iter();
            let left = left.filter(|left| left.address == *address && left.to.is_none());
            let Some(generation) = left.map(|left| left.entry.generation).max() else { continue };
            let change = Change::TakeUp { address: address.clone(), generation };
            fold(&mut self.state, change.clone());
            self.taken_up.push(change);
            let why = "it was left in the cloud before, and is taken up again".to_owned();
            self.reasons.insert(address.clone(), why);
        }
    }

    /// Where to look for what carries our mark: near everything recorded, declared, or once made.
    pub(super) fn searches(&self) -> Vec<Need> {
        if !self.settings.refresh || self.settings.only_imports.is_some() {
            return Vec::new();
        }
        let mut near: BTreeMap<(String, String), NearJson> = BTreeMap::new();
        let mut add = |kind: &str, inputs: &Json, outputs: Option<&Json>| {
            let Some(meta) = self.registry.meta(kind) else { return };
            if meta.ownership == Ownership::Tagged {
                let all = near.entry((kind.to_owned(), place(meta, inputs))).or_default();
                all.inputs.push(inputs.clone());
                all.recorded.extend(outputs.cloned());
            }
        };
        for (address, _, entry) in self.state.all() {
            add(address.kind(), &entry.inputs, entry.outputs.as_ref());
        }
        for (kind, places) in &self.state.places {
            for inputs in places {
                add(kind, inputs, None);
            }
        }
        for node in self.graph.nodes.iter().filter(|_| self.settings.mode == Mode::Apply) {
            let desired = resolve(&node.draft, &self.known);
            if is_known(&desired) {
                add(node.address.kind(), &desired, None);
            }
        }
        let lineage = Some(self.state.lineage.to_string());
        let mark = Mark { stack: self.state.stack.clone(), lineage };
        near.into_iter()
            .map(|((kind, _), near)| Need::Search { kind, near, mark: mark.clone() })
            .collect()
    }

    /// Puts on record what was found and is not.
    pub(super) fn found(&mut self, kind: &str, near: &NearJson, marked: Vec<Marked<Json>>) {
        let meta = self.registry.meta(kind).expect("BUG: only resources are searched for");
        for marked in marked {
            if marked.live.leaving || self.settles(&marked) || self.is_recorded(kind, meta, &marked)
            {
                continue;
            }
            let address = self.graph.present_name(&marked.owner.address).clone();
            let node = self.graph.node(&address);
            let desired = node
                .filter(|_| self.settings.mode == Mode::Apply)
                .map(|node| resolve(&node.draft, &self.known));
            let recorded = self.state.entries.get(&address);
            let like = desired.as_ref().or(recorded.map(|e| &e.inputs));
            if let Some(copied) = self.copied(meta, &marked, like) {
                self.notes.push(copied);
                continue;
            }
            let inputs = inputs_of(&marked.live.fields, like, &near.inputs[0]);
            let slot = match (recorded, node, self.settings.mode) {
                (None, Some(_), Mode::Apply) => Slot::Current,
                _ => Slot::Deposed(self.free_number(&address, marked.owner.generation)),
            };
            self.put_on_record(meta, (address, slot), inputs, marked);
        }
    }

    /// Whether it is the object of a lost create of which several carry the mark, as one more was made by a
    /// run that had lost its lease: one is as good as another. The first is it, the others are strays.
    fn settles(&mut self, marked: &Marked<Json>) -> bool {
        let Marked { owner, id, live, .. } = marked;
        let lost = self.state.all().find(|(address, slot, entry)| {
            let called = entry.marked_as.as_ref().unwrap_or(address);
            let seen = self.seen.get(&((*address).clone(), *slot));
            *called == owner.address
                && entry.generation == owner.generation
                && entry.outputs.is_none()
                && matches!(seen, Some(Seen::Ambiguous(_)))
        });
        let Some((address, slot, _)) = lost else { return false };
        let address = address.clone();
        self.seen.insert((address.clone(), slot), Seen::Present(Box::new(live.clone())));
        let why =
            format!("its create was cut off, and several objects carry its mark: {id} is taken up");
        self.reasons.insert(address, why);
        true
    }

    fn put_on_record(
        &mut self,
        meta: &Meta,
        (address, slot): (Address, Slot),
        inputs: Json,
        marked: Marked<Json>,
    ) {
        let needs = self.holders_of(meta, &inputs);
        let entry = Entry { needs, ..record_of(self.registry, &address, inputs, &marked) };
        let Marked { id, live, .. } = marked;
        match slot {
            Slot::Current => {
                let why = format!("{id} was found by its mark, and is taken up");
                self.reasons.insert(address.clone(), why);
            }
            Slot::Deposed(_) => drop(self.strays.insert((address.clone(), slot), id)),
        }
        self.seen.insert((address.clone(), slot), Seen::Present(Box::new(live)));
        let entry = Box::new(entry);
        let change = Change::Put { address, slot, entry, why: Why::Found };
        fold(&mut self.state, change.clone());
        self.taken_up.push(change);
    }

    fn is_recorded<'a>(&'a self, kind: &str, meta: &Meta, marked: &Marked<Json>) -> bool {
        let is_it = |outputs: &Json| meta.same_object(outputs, &marked.live.outputs);
        let outputs = |address: &Address, slot, entry: &'a Entry| match self
            .seen
            .get(&(address.clone(), slot))
        {
            Some(Seen::Present(live)) => Some(&live.outputs),
            _ => entry.outputs.as_ref(),
        };
        // Nearly always it is what its mark says, and nothing else has to be looked through.
        let current = self.state.entries.get_key_value(&marked.owner.address);
        if current.and_then(|(a, e)| outputs(a, Slot::Current, e)).is_some_and(is_it) {
            return true;
        }
        let recorded = self.state.all().filter(|(address, ..)| address.kind() == kind);
        let mut outputs = recorded.filter_map(|(a, slot, entry)| outputs(a, slot, entry));
        let left = self.state.left.iter().filter(|left| left.address.kind() == kind);
        outputs.any(is_it) || left.filter_map(|l| l.entry.outputs.as_ref()).any(is_it)
    }

    /// Tags can be copied, as a restored database has those of the original. A name cannot.
    fn copied(&self, meta: &Meta, marked: &Marked<Json>, like: Option<&Json>) -> Option<String> {
        let Marked { owner, id, name, .. } = marked;
        let inputs = like.unwrap_or(&Json::Null);
        let named = |inputs| {
            decide::name(meta, &self.state.stack, &owner.address, owner.generation, inputs)
        };
        let (ours, theirs) = (named(inputs)?, name.as_ref()?);
        (ours != *theirs && named(&Json::Null)? != *theirs).then(|| {
            format!(
                "{id} carries the mark of {} under another name and is left alone: if it is a copy, take its `groundplan:` tags off",
                owner.address
            )
        })
    }

    fn free_number(&self, address: &Address, wanted: u32) -> u32 {
        let taken = |n: &u32| self.state.get(address, Slot::Deposed(*n)).is_some();
        let own = self.state.entries.get(address).map(|e| e.generation);
        let mut numbers = wanted..=u32::MAX;
        numbers.find(|n| !taken(n) && own != Some(*n)).expect("BUG: numbers do not run out")
    }

    /// The recorded resources that the object keeps from going: those whose outputs it refers to.
    fn holders_of(&self, meta: &Meta, inputs: &Json) -> BTreeSet<Address> {
        let mut texts = Vec::new();
        for field in meta.holds {
            collect_texts(inputs.get(field).unwrap_or(&Json::Null), &mut texts);
        }
        let gives = |entry: &Entry| {
            let outputs = entry.outputs.as_ref().and_then(Json::as_object);
            outputs.is_some_and(|all| {
                all.values().any(|v| v.as_str().is_some_and(|v| texts.contains(&v)))
            })
        };
        self.state.all().filter(|(_, _, e)| gives(e)).map(|(address, ..)| address.clone()).collect()
    }
}

/// The record of a found object. How far its run came is not known.
pub(crate) fn record_of(
    registry: &Registry,
    address: &Address,
    inputs: Json,
    marked: &Marked<Json>,
) -> Entry {
    let Marked { owner, name, live, .. } = marked;
    Entry {
        version: registry.resource(address.kind()).map_or(0, |kind| kind.version()),
        status: Status::Creating,
        inputs,
        pending: None,
        outputs: Some(live.outputs.clone()),
        needs: BTreeSet::new(),
        options: Options::default(),
        generation: owner.generation,
        token: String::new(),
        physical_name: name.clone(),
        marked_as: Some(&owner.address).filter(|marked| *marked != address).cloned(),
        marked_by: None,
    }
}

/// The inputs of a found object: as read; what was not read is as wanted, or as beside it.
pub(crate) fn inputs_of(read: &Json, wanted: Option<&Json>, beside: &Json) -> Json {
    let mut inputs = beside.clone();
    let known = wanted.and_then(Json::as_object).into_iter().flatten().filter(|(_, v)| is_known(v));
    let read = read.as_object().into_iter().flatten();
    if let Some(map) = inputs.as_object_mut() {
        if let Some(wanted) = wanted {
            // An optional field that is not wanted is not taken from another object either.
            map.retain(|field, _| wanted.get(field).is_some());
        }
        for (field, value) in known.chain(read) {
            map.insert(field.clone(), value.clone());
        }
        // A field that was read and is not there is left out, as a program leaves it out.
        map.retain(|_, value| !value.is_null());
    }
    inputs
}

fn collect_texts<'a>(value: &'a Json, texts: &mut Vec<&'a str>) {
    match value {
        Json::String(text) => texts.push(text),
        Json::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Json::Object(map) => map.values().for_each(|item| collect_texts(item, texts)),
        _ => {}
    }
}
