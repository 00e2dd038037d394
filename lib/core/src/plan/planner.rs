//! The planner: a pure state machine over graph and state. It asks, is answered, and decides.
//!
//! It asks in rounds: derived values without references first, so that a wrong account is found before
//! anything is read there; then what carries the stack's mark, a whole kind at once; then the recorded
//! objects that this did not show; then what else the walk in dependency order turns out to need.

use super::{
    PlanError, Settings,
    decide::{self, Decision, Wish},
    import::{Taken, Taking},
    model::{Action, Mode, Refusal},
    need::{Answer, Need, Shown},
    touch::Touch,
};
use crate::{
    Graph, Known, Meta, Preview, Registry, Seen,
    expr::{is_known, resolve},
    kind::WantedJson,
    observe::Owner,
    stack::Node,
};
use groundplan_state::{Address, Change, Entry, Slot, Snapshot, Status, Why, fold};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// The values that say where an object is, as one text.
pub(crate) fn place(meta: &Meta, inputs: &Json) -> String {
    let at: Vec<_> = meta.place.iter().map(|p| inputs.get(p).unwrap_or(&Json::Null)).collect();
    serde_json::to_string(&at).expect("BUG: JSON is JSON")
}

/// Whose mark the object of a record bears: another stack's if it came from there.
pub(crate) fn bearer(state: &Snapshot, address: &Address, entry: &Entry) -> Owner {
    let (stack, lineage) = match &entry.marked_by {
        Some(marker) => (&marker.stack, &marker.lineage),
        None => (&state.stack, &state.lineage),
    };
    Owner {
        stack: stack.clone(),
        lineage: lineage.to_string(),
        address: entry.marked_as.as_ref().unwrap_or(address).clone(),
        generation: entry.generation,
    }
}

/// What a poll comes to.
pub(crate) enum Polled {
    Ask(Vec<Need>),
    Decided,
}

pub(crate) struct Planner<'a> {
    pub(super) graph: &'a Graph,
    pub(super) state: Snapshot,
    pub(super) registry: &'a Registry,
    pub(super) settings: &'a Settings,
    pub(super) seen: BTreeMap<(Address, Slot), Seen<Json>>,
    pub(super) decisions: BTreeMap<Address, Decision>,
    pub(super) previews: BTreeMap<Address, Option<Preview>>,
    pub(super) known: Known,
    /// What came of looking for objects that are to be taken up, and what of it is refused.
    pub(super) taken: BTreeMap<Address, Taken>,
    pub(super) refused: Vec<Refusal>,
    derived: BTreeMap<Address, Json>,
    searched: bool,
    observed: bool,
    /// What searches found and nobody has looked through yet.
    pub(super) shown: Vec<Shown>,
    /// Records that get another name before anything is done.
    pub(super) moved: Vec<Change>,
    /// What is put on record before anything is done.
    pub(super) taken_up: Vec<Change>,
    /// Why a resource was taken up.
    pub(super) reasons: BTreeMap<Address, String>,
    /// Found objects that nothing wants, with what their service calls them.
    pub(super) strays: BTreeMap<(Address, Slot), String>,
    /// What a reader should know of the whole: objects that are left alone, and why.
    pub(super) notes: Vec<String>,
    /// What goes to another stack, and is none of this plan's business.
    pub(super) set_aside: BTreeSet<Address>,
    /// The searches that were asked for, with what was known then.
    pub(super) searches_made: Vec<Touch>,
}

impl<'a> Planner<'a> {
    pub(crate) fn new(
        graph: &'a Graph,
        state: &Snapshot,
        registry: &'a Registry,
        settings: &'a Settings,
    ) -> Result<Self, PlanError> {
        let mut state = state.clone();
        let mut moved = Vec::new();
        for (from, to) in &graph.moves {
            if state.entries.contains_key(from) && !state.entries.contains_key(to) {
                let change = Change::Move { from: from.clone(), to: to.clone() };
                moved.push(change.clone());
                fold(&mut state, change);
            }
        }
        if let Some((address, ..)) = state.all().find(|(a, ..)| registry.get(a.kind()).is_none()) {
            return Err(PlanError::UnknownKind { address: address.clone() });
        }
        for (address, slot) in state.all().map(|(a, s, _)| (a.clone(), s)).collect::<Vec<_>>() {
            let mut entry = state.get(&address, slot).expect("BUG: it was just listed").clone();
            let recorded = entry.clone();
            registry
                .upgrade(&address, &mut entry)
                .map_err(|source| PlanError::Read { address: address.clone(), source })?;
            if entry != recorded {
                let entry = Box::new(entry);
                let why = Why::Recorded;
                fold(&mut state, Change::Put { address, slot, entry, why });
            }
        }
        for (flag, named) in [("replace", &settings.replace), ("unprotect", &settings.unprotect)] {
            let all = || graph.addresses().chain(state.all().map(|(address, ..)| address));
            for address in named {
                if all().any(|known| known == address) {
                    continue;
                }
                let alike: BTreeSet<_> =
                    all().filter(|a| a.kind() == address.kind() && !named.contains(*a)).collect();
                // A destroy that is run again still names what it removed the first time.
                if alike.is_empty() && settings.mode == Mode::Destroy {
                    continue;
                }
                let alike = alike.into_iter().cloned().collect();
                return Err(PlanError::NoSuch { address: address.clone(), flag, alike });
            }
        }
        let mut planner = Self {
            graph,
            state,
            registry,
            settings,
            seen: BTreeMap::new(),
            decisions: BTreeMap::new(),
            previews: BTreeMap::new(),
            known: Known::new(),
            taken: BTreeMap::new(),
            refused: Vec::new(),
            derived: BTreeMap::new(),
            searched: false,
            observed: false,
            shown: Vec::new(),
            moved,
            taken_up: Vec::new(),
            reasons: BTreeMap::new(),
            strays: BTreeMap::new(),
            notes: Vec::new(),
            set_aside: BTreeSet::new(),
            searches_made: Vec::new(),
        };
        planner.set_aside_what_leaves();
        if settings.only_imports.is_none() {
            planner.take_up_what_was_left();
        }
        Ok(planner)
    }

    pub(crate) fn poll(&mut self) -> Result<Polled, PlanError> {
        let roots = self.undone_roots();
        if !roots.is_empty() {
            return Ok(Polled::Ask(roots));
        }
        if !self.searched {
            self.searched = true;
            let searches = self.searches();
            self.searches_made = searches.iter().filter_map(Touch::of_search).collect();
            if !searches.is_empty() {
                return Ok(Polled::Ask(searches));
            }
        }
        if !self.observed {
            self.observed = true;
            self.see_what_searches_showed();
            let reads = self.reads();
            if !reads.is_empty() {
                return Ok(Polled::Ask(reads));
            }
        }
        for shown in std::mem::take(&mut self.shown) {
            self.found(shown);
        }
        if let Some(((address, _), found)) = self.seen.iter().find_map(|(k, v)| match v {
            Seen::Ambiguous(found) => Some((k, found)),
            _ => None,
        }) {
            return Err(PlanError::Ambiguous { address: address.clone(), found: found.clone() });
        }
        let asks = self.walk();
        Ok(if asks.is_empty() { Polled::Decided } else { Polled::Ask(asks) })
    }

    pub(crate) fn answer(&mut self, answer: Answer) {
        match answer {
            Answer::Observed(all) => {
                self.seen
                    .extend(all.into_iter().map(|(address, slot, seen)| ((address, slot), seen)));
            }
            Answer::Found(shown) => self.shown.push(shown),
            Answer::Taken(address, taken) => drop(self.taken.insert(address, taken)),
            Answer::Derived(address, outputs) => drop(self.derived.insert(address, outputs)),
            Answer::Rendered(address, preview) => drop(self.previews.insert(address, preview)),
        }
    }

    /// Derived values that rest on nothing: the account among them. A destroy takes them from the
    /// record, as it has no program.
    fn undone_roots(&self) -> Vec<Need> {
        let declared = self.graph.nodes.iter().map(|n| (&n.address, &n.draft));
        let recorded = self.state.entries.iter().map(|(a, e)| (a, &e.inputs));
        let roots: Vec<_> = match self.settings.mode {
            Mode::Apply => declared.filter(|(_, draft)| is_known(draft)).collect(),
            Mode::Destroy => {
                recorded.filter(|(a, _)| self.state.entries[*a].needs.is_empty()).collect()
            }
        };
        roots
            .into_iter()
            .filter(|(a, _)| {
                self.registry.deriver(a.kind()).is_some() && !self.derived.contains_key(*a)
            })
            .map(|(address, inputs)| Need::Derive {
                address: address.clone(),
                inputs: inputs.clone(),
            })
            .collect()
    }

    /// The recorded objects that no search showed, batched by kind and place; those whose create may have
    /// been lost apart.
    fn reads(&self) -> Vec<Need> {
        let mut batches: BTreeMap<(String, String, bool), Vec<_>> = BTreeMap::new();
        let all =
            self.state.all().filter(|(a, slot, _)| !self.seen.contains_key(&((*a).clone(), *slot)));
        for (address, slot, entry) in all {
            let Some(kind) = self.registry.resource(address.kind()) else { continue };
            // Reads may lag behind a create, so a young object is not absent at first sight.
            let lost = entry.status == Status::Creating;
            if !self.settings.refresh && entry.status == Status::Ready {
                continue;
            }
            let place = place(kind.meta(), &entry.inputs);
            let wanted = WantedJson {
                owner: bearer(&self.state, address, entry),
                inputs: entry.inputs.clone(),
                outputs: entry.outputs.clone(),
                name: entry.physical_name.clone(),
                taking: false,
            };
            batches.entry((address.kind().to_owned(), place, lost)).or_default().push((
                address.clone(),
                slot,
                wanted,
            ));
        }
        batches
            .into_iter()
            .map(|((kind, _, lost), objects)| Need::Observe { kind, objects, lost })
            .collect()
    }

    /// Decides every resource whose needs are decided; what that takes and is not answered yet.
    fn walk(&mut self) -> Vec<Need> {
        let mut asks = Vec::new();
        let graph = self.graph;
        for node in &graph.nodes {
            let waits = node.needs().iter().any(|need| !self.decisions.contains_key(need));
            if waits || self.decisions.contains_key(&node.address) {
                continue;
            }
            asks.extend(self.node(node));
        }
        asks
    }

    /// Decides one resource, or says what that takes.
    fn node(&mut self, node: &Node) -> Option<Need> {
        let address = &node.address;
        let desired = resolve(&node.draft, &self.known);
        if self.registry.deriver(address.kind()).is_some() {
            return self.derived_node(node, desired);
        }
        let kind = self.registry.resource(address.kind()).expect("BUG: freeze checked the kinds");
        let needs = node.needs();
        if self.settings.only_imports.is_none()
            && let Some(refusal) = self.on_its_way(address)
            && !self.refused.contains(&refusal)
        {
            self.refused.push(refusal);
        }
        let owner = self.owner(address);
        let wish = Wish {
            desired: &desired,
            options: &node.options,
            needs: &needs,
            owner: &owner,
            version: kind.version(),
            force_replace: self.settings.replace.contains(address),
        };
        let mut decision = match self.taking(node, &wish) {
            Some(Taking::Decided(taken_up)) => *taken_up,
            Some(Taking::Asks(need)) => return Some(need),
            None => {
                let entry = self.state.entries.get(address);
                let seen = self.seen.get(&(address.clone(), Slot::Current));
                decide::decide(kind.meta(), &wish, entry, seen)
            }
        };
        let plain =
            matches!(decision.action, Action::Keep | Action::Record | Action::Import { .. });
        let shows_inside = kind.meta().previews && !plain;
        if shows_inside && !self.previews.contains_key(address) {
            let exists = !matches!(decision.action, Action::Create { .. });
            let before = decision.entry.as_ref().filter(|_| exists).map(|e| e.inputs.clone());
            return Some(Need::Render { address: address.clone(), before, draft: desired });
        }
        decision.notes.extend(self.reasons.get(address).cloned());
        decide::outputs_after(kind.meta(), &decision, address, &mut self.known);
        self.decisions.insert(address.clone(), decision);
        None
    }

    /// Whose a resource's object is to be: of a renamed one it bears the old name.
    fn owner(&self, address: &Address) -> Owner {
        let Some(entry) = self.state.entries.get(address) else {
            return Owner {
                stack: self.state.stack.clone(),
                lineage: self.state.lineage.to_string(),
                address: address.clone(),
                generation: 0,
            };
        };
        let (marked_by, marked_as) = match entry.marked_by {
            // What came from another stack gets a mark of this one, with its present name.
            Some(_) => (None, None),
            None => (None, entry.marked_as.clone()),
        };
        bearer(&self.state, address, &Entry { marked_by, marked_as, ..entry.clone() })
    }

    fn derived_node(&mut self, node: &Node, desired: Json) -> Option<Need> {
        let address = &node.address;
        let entry = self.state.entries.get(address).cloned();
        let mut decision = Decision { entry, ..Decision::new(Action::Derive) };
        if is_known(&desired) {
            let Some(outputs) = self.derived.get(address) else {
                return Some(Need::Derive { address: address.clone(), inputs: desired });
            };
            let unchanged = decision.entry.as_ref().is_some_and(|e| {
                e.outputs.as_ref() == Some(outputs)
                    && e.inputs == desired
                    && e.needs == node.needs()
                    && e.status == Status::Ready
            });
            self.known.insert(address.clone(), outputs.clone());
            if unchanged {
                decision.action = Action::Keep;
            }
        } else if let Some(deriver) = self.registry.deriver(address.kind())
            && let Some(outputs) = deriver.foresee(&desired)
        {
            self.known.insert(address.clone(), outputs);
        }
        self.decisions.insert(address.clone(), decision);
        None
    }

    /// What is recorded and not in the program; everything, when destroying.
    pub(super) fn leftovers(&self) -> Vec<(Address, Slot)> {
        let declared: BTreeSet<_> = match self.settings.mode {
            Mode::Apply => self.graph.addresses().collect(),
            Mode::Destroy => BTreeSet::new(),
        };
        let leftover = |a: &Address, slot| {
            !self.set_aside.contains(a) && (slot != Slot::Current || !declared.contains(a))
        };
        self.state
            .all()
            .filter(|(a, slot, _)| leftover(a, *slot))
            .map(|(a, slot, _)| (a.clone(), slot))
            .collect()
    }
}
