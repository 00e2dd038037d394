//! A plan, as plain data: what changes and why, and the steps that bring it about.

use super::{
    Settings,
    outlook::{Node, Outlook},
    touch::Touch,
};
use crate::{Danger, FieldChange, Fields, Finding, Preview, StepId, Verb, words::list};
use groundplan_state::{Address, Entry, Options, Slot};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// What a plan is to bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// What the program says.
    Apply,
    /// Nothing: everything recorded is removed.
    Destroy,
}

/// Whether a replacement deletes first or creates first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "first")]
pub enum ReplaceOrder {
    /// The old object goes before the new one is made: the default, as names and addresses collide.
    Delete,
    /// The new object is made first, for this reason.
    Create {
        /// Why.
        why: String,
    },
}

/// What happens to one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum Action {
    /// Nothing.
    Keep,
    /// It is made.
    Create {
        /// Why, if not simply because it is new.
        why: Option<String>,
    },
    /// An object that exists already is taken up: recorded, marked, and brought to what the program says.
    Import {
        /// Its id, as its kind's users know it.
        id: String,
    },
    /// It is changed in place.
    Update,
    /// An interrupted operation is brought to its end.
    Finish,
    /// Another object takes its place.
    Replace {
        /// The fields that cannot change in place.
        because: Vec<String>,
        /// Which goes first.
        order: ReplaceOrder,
    },
    /// It is removed.
    Delete {
        /// Why.
        why: String,
    },
    /// It stays in the cloud and is ours no more.
    Forget,
    /// A derived value is computed when its inputs are known.
    Derive,
    /// Only how it is treated changes, or its name in the stack; nothing happens in the cloud.
    Record,
}

/// One resource that changes, for readers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Change {
    /// Its name.
    #[schemars(with = "String")]
    pub address: Address,
    /// What happens to it.
    #[serde(flatten)]
    pub action: Action,
    /// The fields that change.
    pub fields: Vec<FieldChange>,
    /// What happens inside it.
    pub preview: Option<Preview>,
    /// What else a reader should know.
    pub notes: Vec<String>,
    /// Whether an operation that was cut off goes on.
    pub resumes: bool,
    /// Whether it is about an object that another has replaced already, or that nothing recorded.
    pub deposed: bool,
    /// Which of the objects that have had this name it is about: how often it was replaced before. None if
    /// there is none yet.
    pub generation: Option<u32>,
}

impl Change {
    /// Where its object is recorded.
    pub(crate) fn slot(&self) -> Slot {
        self.generation.filter(|_| self.deposed).map_or(Slot::Current, Slot::Deposed)
    }

    /// What tells its object from others that have or had the name.
    pub fn object(&self) -> String {
        match self.slot() {
            Slot::Deposed(number) => format!("{}~{number}", self.address),
            Slot::Current => self.address.to_string(),
        }
    }

    /// Why it changes, in words; empty where there is nothing to say.
    pub fn reason(&self) -> String {
        match &self.action {
            Action::Create { why: Some(why) } | Action::Delete { why } => format!("because {why}"),
            Action::Replace { because, .. } => self.why_replaced(because),
            Action::Import { id } => {
                format!("{id} exists already and is taken up; nothing is made")
            }
            Action::Finish => "because the last run was interrupted before it was done".into(),
            Action::Record => "nothing happens in the cloud".into(),
            Action::Forget => "it stays in the cloud and is ours no more".into(),
            Action::Create { why: None } | Action::Update | Action::Derive | Action::Keep => {
                String::new()
            }
        }
    }

    /// For fields, for the asking, or for what was seen.
    fn why_replaced(&self, because: &[String]) -> String {
        let is_field = |why: &&String| self.fields.iter().any(|field| field.path == **why);
        let (fixed, other): (Vec<_>, Vec<_>) = because.iter().partition(is_field);
        let fixed: Vec<_> = fixed.into_iter().map(|path| format!("`{path}`")).collect();
        let fixed = (!fixed.is_empty()).then(|| format!("{} cannot change in place", list(&fixed)));
        let other = other.into_iter().map(|why| {
            if why.starts_with("--") { format!("{why} asks for it") } else { why.clone() }
        });
        format!("because {}", list(&fixed.into_iter().chain(other).collect::<Vec<_>>()))
    }
}

/// One step of an apply.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) id: StepId,
    pub(crate) address: Address,
    pub(crate) slot: Slot,
    pub(crate) verb: Verb,
    /// The steps that must be done before.
    pub(crate) after: BTreeSet<StepId>,
    /// The inputs, references and all; resolved anew when the step begins.
    pub(crate) draft: Json,
    /// The inputs as far as the plan knew and showed them.
    pub(crate) desired: Json,
    /// What is there, as far as the plan saw: recorded inputs under live fields.
    pub(crate) before: Json,
    /// The fields that the plan showed as changing.
    pub(crate) approved: Fields,
    /// What the state records once the step is done, apart from inputs and outputs.
    pub(crate) needs: BTreeSet<Address>,
    pub(crate) options: Options,
    pub(crate) generation: u32,
    pub(crate) name: Option<String>,
    /// The record the step starts from, with outputs as last read.
    pub(crate) entry: Option<Entry>,
    /// Moves the present object aside before creating.
    pub(crate) depose: bool,
    /// Puts the ownership tags back on the object, or on one that is taken up.
    pub(crate) marks: bool,
    /// Its own typical duration.
    pub(crate) typical: Duration,
    /// Typical duration from here to the end of the longest chain of steps that wait for this one.
    pub(crate) remaining: Duration,
}

/// A step that a guard refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Refusal {
    /// Of which resource.
    #[schemars(with = "String")]
    pub address: Address,
    /// What is refused and why.
    pub what: String,
    /// The flag that lifts the guard.
    pub lift: String,
}

/// A decision about every resource, and the steps that carry it out. Cannot write.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The stack's name.
    pub stack: String,
    /// What it is to bring about.
    pub mode: Mode,
    /// Resources that change, in the order of their steps.
    pub changes: Vec<Change>,
    /// How many resources stay as they are.
    pub unchanged: usize,
    /// What a reviewer must not miss, the most final first.
    pub dangers: Vec<Danger>,
    /// What rules found.
    pub findings: Vec<Finding>,
    /// Every resource, also those that stay as they are; each after what it needs.
    pub nodes: Vec<Node>,
    /// How long it is likely to take.
    pub outlook: Outlook,
    /// What is done with objects in the cloud: to make this plan again, and to carry it out.
    pub touches: Vec<Touch>,
    /// What guards refuse. A plan with refusals cannot be applied.
    pub refusals: Vec<Refusal>,
    /// What a reader should know of the whole.
    pub notes: Vec<String>,
    pub(crate) settings: Settings,
    /// Which objects change, by [`Change::object`]: the token of the create that made each.
    pub(crate) objects: BTreeMap<String, String>,
    pub(crate) realm: groundplan_state::Realm,
    /// The lineage of the state; none where nothing is recorded yet.
    pub(crate) lineage: Option<String>,
    pub(crate) serial: u64,
    pub(crate) steps: Vec<Step>,
    /// Recorded resources whose objects are proven absent and are made anew: forgotten first.
    pub(crate) absent: Vec<Address>,
    /// What is put on record before anything is done: objects found by their mark, or left before.
    pub(crate) taken_up: Vec<groundplan_state::Change>,
    pub(crate) outputs: serde_json::Map<String, Json>,
    /// Records that get another name before anything is done.
    pub(crate) moved: Vec<groundplan_state::Change>,
}

/// How many resources are treated in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Counts {
    /// Made.
    pub create: usize,
    /// Taken up, as they exist already.
    pub import: usize,
    /// Changed in place, or brought to the end of an interrupted operation.
    pub update: usize,
    /// Replaced.
    pub replace: usize,
    /// Removed.
    pub delete: usize,
    /// Changed only in how they are treated.
    pub record: usize,
}

impl Plan {
    /// Whether nothing changes that a reader would want to know of.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many resources are treated in which way.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.changes {
            match change.action {
                Action::Create { .. } => counts.create += 1,
                Action::Import { .. } => counts.import += 1,
                Action::Update | Action::Finish => counts.update += 1,
                Action::Replace { .. } => counts.replace += 1,
                Action::Delete { .. } => counts.delete += 1,
                Action::Forget | Action::Record => counts.record += 1,
                Action::Keep | Action::Derive => {}
            }
        }
        counts
    }

    /// How many steps an apply takes.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// The order in which steps may run, for readers and tests: each step with those it waits for.
    pub fn order(&self) -> impl Iterator<Item = (StepId, &Address, Verb, &BTreeSet<StepId>)> {
        self.steps.iter().map(|s| (s.id, &s.address, s.verb, &s.after))
    }
}
