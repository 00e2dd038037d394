//! Turns decisions into steps in an order that works: makes before uses, uses go before deletes.

use super::{
    PlanError,
    decide::{self, Decision},
    model::{Action, Mode, Plan, ReplaceOrder, Step},
    outlook::{Outlook, outlook},
    planner::Planner,
    sequence::{sort, without_circles},
};
use crate::{Fields, Meta, Seen, StepId, Verb, expr};
use groundplan_state::{Address, Entry, Options, Slot, Status};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

impl Planner<'_> {
    /// The plan, once every resource is decided.
    pub(crate) fn assemble(mut self) -> Result<Plan, PlanError> {
        let refused = self.choose_replace_orders();
        let mut plan = Plan {
            stack: self.state.stack.clone(),
            mode: self.settings.mode,
            changes: Vec::new(),
            unchanged: 0,
            dangers: Vec::new(),
            findings: Vec::new(),
            nodes: Vec::new(),
            outlook: Outlook::default(),
            touches: Vec::new(),
            refusals: refused,
            notes: std::mem::take(&mut self.notes),
            settings: self.settings.clone(),
            objects: BTreeMap::new(),
            realm: self.state.realm.clone(),
            lineage: (self.state.serial > 0).then(|| self.state.lineage.to_string()),
            serial: self.state.serial,
            steps: Vec::new(),
            absent: Vec::new(),
            taken_up: std::mem::take(&mut self.taken_up),
            outputs: self.graph.outputs.clone().into_iter().collect(),
            moved: std::mem::take(&mut self.moved),
        };
        let mut steps = Vec::new();
        if self.settings.mode == Mode::Apply {
            let imported = self.settings.only_imports.as_ref().map(|_| self.imported());
            let counts = |address| imported.as_ref().is_none_or(|some| some.contains(address));
            for node in self.graph.nodes.iter().filter(|node| counts(&node.address)) {
                self.steps_of(&node.address, &mut steps);
            }
        }
        if self.settings.only_imports.is_none() {
            for (address, slot) in self.leftovers() {
                steps.push(self.removal(&address, slot));
            }
        }
        self.add_edges(&mut steps);
        let steps = sort(steps)?;
        plan.refusals.extend(steps.iter().filter_map(|s| self.refusal(s)));
        let anew = |s: &&Step| s.verb == Verb::Create && s.entry.is_none() && !s.depose;
        let absent = |s: &&Step| {
            matches!(self.decisions.get(&s.address).map(|d| &d.action), Some(Action::Create { .. }))
        };
        let recorded = |s: &&Step| self.state.entries.contains_key(&s.address);
        plan.absent = steps
            .iter()
            .filter(anew)
            .filter(absent)
            .filter(recorded)
            .map(|s| s.address.clone())
            .collect();
        self.describe(&steps, &mut plan);
        plan.objects = self.objects(&plan.changes);
        plan.dangers = self.dangers(&plan.changes);
        plan.refusals.extend(self.impossible(&plan.changes));
        plan.nodes = self.nodes(&plan.changes);
        plan.outlook = outlook(&steps);
        if self.settings.mode == Mode::Apply {
            let checked = self.settings.checks.check(self.graph);
            plan.findings = checked.findings;
            plan.refusals.extend(checked.refusals);
            plan.notes.extend(checked.notes);
        }
        plan.touches = self.touches(&steps);
        if !self.settings.refresh {
            let note =
                "live objects were not read: this compares the program with the record alone";
            plan.notes.push(note.to_owned());
        }
        plan.steps = steps;
        Ok(plan)
    }

    fn meta(&self, address: &Address) -> &'static Meta {
        self.registry.meta(address.kind()).unwrap_or(&Meta::DEFAULT)
    }

    /// The steps of one resource of the program.
    fn steps_of(&self, address: &Address, steps: &mut Vec<Step>) {
        let Some(decision) = self.decisions.get(address) else { return };
        let current = decision.entry.as_ref();
        let next = current.map_or(0, |e| e.generation + 1);
        let deposed = self.state.deposed.get(address).and_then(|all| all.keys().next_back());
        let same = current.map_or(deposed.map_or(0, |g| g + 1), |e| e.generation);
        // How far such an object came is not known, whether it was being made or being removed.
        let unfinished =
            current.is_some_and(|e| matches!(e.status, Status::Creating | Status::Deleting));
        match &decision.action {
            Action::Keep | Action::Record if decision.record => {
                steps.push(self.step(address, decision, Verb::Record, same));
            }
            Action::Create { .. } => {
                let lost =
                    current.is_some_and(|e| e.status == Status::Creating && e.outputs.is_none());
                let mut step = self.step(address, decision, Verb::Create, same);
                // Only a create whose answer was lost may be repeated with its token.
                step.entry = step
                    .entry
                    .filter(|e| lost && e.inputs == expr::resolve(&step.draft, &self.known));
                steps.push(step);
            }
            Action::Import { .. } => {
                // Without a record it was refused.
                if current.is_some() {
                    steps.push(self.step(address, decision, Verb::Import, 0));
                }
            }
            Action::Update | Action::Finish => {
                let mut step = self.step(address, decision, Verb::Update, same);
                if unfinished {
                    step.approved = Fields::All;
                }
                steps.push(step);
            }
            Action::Replace { order: ReplaceOrder::Delete, .. } => {
                steps.push(self.removal(address, Slot::Current));
                steps
                    .push(Step { entry: None, ..self.step(address, decision, Verb::Create, next) });
            }
            Action::Replace { order: ReplaceOrder::Create { .. }, .. } => {
                let create = self.step(address, decision, Verb::Create, next);
                steps.push(Step { entry: None, depose: true, ..create });
                steps.push(self.removal(address, Slot::Deposed(same)));
            }
            Action::Derive => steps.push(self.step(address, decision, Verb::Derive, same)),
            Action::Keep | Action::Record | Action::Delete { .. } | Action::Forget => {}
        }
    }

    fn step(&self, address: &Address, decision: &Decision, verb: Verb, generation: u32) -> Step {
        let node = self.graph.node(address).expect("BUG: decided nodes are in the graph");
        let meta = self.meta(address);
        let kept_name = decision
            .entry
            .as_ref()
            .filter(|e| e.generation == generation)
            .and_then(|e| e.physical_name.clone());
        let desired = expr::resolve(&node.draft, &self.known);
        Step {
            id: StepId(0),
            address: address.clone(),
            slot: Slot::Current,
            verb,
            after: BTreeSet::new(),
            before: decision.before.clone(),
            approved: Fields::Only(decision.fields.iter().map(|f| f.path.clone()).collect()),
            needs: node.needs(),
            options: node.options.clone(),
            generation,
            name: kept_name
                .or_else(|| decide::name(meta, &self.state.stack, address, generation, &desired)),
            entry: decision.entry.clone(),
            depose: false,
            marks: decision.marks,
            draft: node.draft.clone(),
            desired,
            typical: self.typical(address, verb),
            remaining: Duration::ZERO,
        }
    }

    /// The step that removes what one slot holds. For a slot that this plan fills first, what is
    /// current now.
    fn removal(&self, address: &Address, slot: Slot) -> Step {
        let now = if self.state.get(address, slot).is_some() { slot } else { Slot::Current };
        let mut entry =
            self.state.get(address, now).expect("BUG: only what is recorded is removed").clone();
        // A create whose answer was lost left no identity; the read found it.
        if let Some(Seen::Present(live)) = self.seen.get(&(address.clone(), now)) {
            entry.outputs = Some(live.outputs.clone());
        }
        Step {
            id: StepId(0),
            address: address.clone(),
            slot,
            verb: Verb::Delete,
            after: BTreeSet::new(),
            draft: Json::Null,
            desired: Json::Null,
            before: Json::Null,
            approved: Fields::Only(BTreeSet::new()),
            needs: entry.needs.clone(),
            options: self.options_of_removal(address, slot, &entry),
            generation: entry.generation,
            name: entry.physical_name.clone(),
            entry: Some(entry),
            depose: false,
            marks: false,
            typical: self.typical(address, Verb::Delete),
            remaining: Duration::ZERO,
        }
    }

    /// How what goes is treated: as the program says now, where it has the resource still; else as it said
    /// when that was recorded.
    fn options_of_removal(&self, address: &Address, slot: Slot, entry: &Entry) -> Options {
        let mut options = entry.options.clone();
        let stray = self.strays.contains_key(&(address.clone(), slot));
        let program = self.decisions.get(address).filter(|_| !stray);
        if let Some(node) = program.and(self.graph.node(address)) {
            (options.retain, options.protect) = (node.options.retain, node.options.protect);
        }
        options.retain |= self.meta(address).stays.applies(&entry.inputs);
        options
    }

    /// How long a step takes here, as far as that was seen; else what its kind says.
    fn typical(&self, address: &Address, verb: Verb) -> Duration {
        if let Some(took) = self.state.durations.get(&took(address, verb)) {
            return Duration::from_secs(took.seconds);
        }
        let typical = self.meta(address).typical;
        match verb {
            Verb::Create => typical.create,
            Verb::Update | Verb::Import => typical.update,
            Verb::Delete => typical.delete,
            Verb::Derive | Verb::Record => Duration::ZERO,
        }
    }

    fn add_edges(&self, steps: &mut [Step]) {
        let mut makes: BTreeMap<&Address, usize> = BTreeMap::new();
        let mut removes: BTreeMap<&Address, Vec<usize>> = BTreeMap::new();
        for (i, step) in steps.iter().enumerate() {
            match step.verb {
                Verb::Delete => removes.entry(&step.address).or_default().push(i),
                _ => drop(makes.insert(&step.address, i)),
            }
        }
        let (mut edges, mut soft) = (Vec::new(), Vec::new());
        for (i, step) in steps.iter().enumerate() {
            match step.verb {
                Verb::Delete => {
                    // Whatever was recorded as needing this goes, or lets go of it, before.
                    for (user, slot, _) in
                        self.state.all().filter(|(_, _, e)| e.needs.contains(&step.address))
                    {
                        let gone = removes.get(user).into_iter().flatten().copied();
                        let gone = gone.filter(|j| {
                            steps[*j].slot == slot
                                || steps[*j].generation
                                    == self.state.get(user, slot).map_or(0, |e| e.generation)
                        });
                        edges.extend(gone.map(|before| (before, i)));
                        if self.outlives(step) {
                            soft.extend(self.let_go(user, steps, &makes).map(|before| (before, i)));
                        }
                    }
                    let make = makes.get(&step.address).copied();
                    // A deposed object goes when its successor is there; a current one makes room. So
                    // does a deposed one that is in the way of something its successor needs.
                    let left_over = self.state.get(&step.address, step.slot).is_some();
                    let in_the_way =
                        left_over && step.needs.iter().any(|need| self.goes_first(need));
                    let makes_room = step.slot == Slot::Current || in_the_way;
                    edges.extend(make.map(|make| if makes_room { (i, make) } else { (make, i) }));
                }
                _ => {
                    edges.extend(step.needs.iter().filter_map(|need| Some((*makes.get(need)?, i))));
                }
            }
        }
        for (i, step) in steps.iter_mut().enumerate() {
            step.id = StepId(i);
        }
        for (before, after) in without_circles(steps.len(), edges, soft) {
            steps[after].after.insert(StepId(before));
        }
    }

    /// The steps by which a user lets go of what it needs. Of a derived value, its own users do, as only they
    /// have what it was made of: a database in subnets that were looked up.
    fn let_go<'a>(
        &'a self,
        user: &'a Address,
        steps: &'a [Step],
        makes: &BTreeMap<&Address, usize>,
    ) -> impl Iterator<Item = usize> + use<'a> {
        let (mut found, mut seen, mut next) = (Vec::new(), BTreeSet::new(), vec![user]);
        while let Some(user) = next.pop() {
            let Some(step) = makes.get(user).copied().filter(|_| seen.insert(user)) else {
                continue;
            };
            match steps[step].verb {
                Verb::Update | Verb::Import | Verb::Record => found.push(step),
                Verb::Derive => {
                    found.push(step);
                    let users = self.state.all().filter(|(_, _, entry)| entry.needs.contains(user));
                    next.extend(users.map(|(address, ..)| address));
                }
                Verb::Create | Verb::Delete => {}
            }
        }
        found.into_iter()
    }

    /// Whether a removed object is still there while the changes of this plan happen.
    fn outlives(&self, removal: &Step) -> bool {
        !(self.goes_first(&removal.address) && removal.slot == Slot::Current)
    }

    fn goes_first(&self, address: &Address) -> bool {
        let action = self.decisions.get(address).map(|d| &d.action);
        matches!(action, Some(Action::Replace { order: ReplaceOrder::Delete, .. }))
    }
}

/// What a duration is recorded under.
pub(crate) fn took(address: &Address, verb: Verb) -> String {
    let verb = match verb {
        Verb::Create => "create",
        Verb::Import => "import",
        Verb::Update => "update",
        Verb::Delete => "delete",
        Verb::Derive => "derive",
        Verb::Record => "record",
    };
    format!("{} {verb}", address.kind())
}
