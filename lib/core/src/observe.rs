//! What is asked of a read, and what it answers.

use crate::{Resource, Risk, meta};
use groundplan_state::Address;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// An object whose live state is wanted.
#[derive(Clone, Debug)]
pub struct Wanted<R: Resource> {
    /// Whose it is.
    pub owner: Owner,
    /// Inputs as recorded: where to look, and the natural key.
    pub inputs: R,
    /// What the cloud assigned, if that was recorded.
    pub outputs: Option<R::Outputs>,
    /// The name given to it, where its kind has names.
    pub name: Option<String>,
    /// Whether it is to be taken up, so that it is wanted whoever's it is: [`Live::mark`] tells.
    pub taking: bool,
}

/// Whose object it is; on the object itself as ownership tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The stack's name.
    pub stack: String,
    /// The lineage of the stack's state.
    pub lineage: String,
    /// The resource's name in the stack.
    pub address: Address,
    /// How often it was replaced.
    pub generation: u32,
}

/// What the ownership tags' names begin with.
pub const TAG_PREFIX: &str = "groundplan:";
/// The tag that holds the lineage of the stack that owns an object.
pub const TAG_LINEAGE: &str = "groundplan:lineage";
/// The tag that holds the name of the stack, for people.
pub const TAG_STACK: &str = "groundplan:stack";
/// The tag that holds the address within the stack.
pub const TAG_ADDRESS: &str = "groundplan:address";
/// The tag that holds the generation.
pub const TAG_GENERATION: &str = "groundplan:generation";

impl Owner {
    /// The ownership tags.
    pub fn tags(&self) -> [(&'static str, String); 4] {
        [
            (TAG_LINEAGE, self.lineage.clone()),
            (TAG_STACK, self.stack.clone()),
            (TAG_ADDRESS, self.address.to_string()),
            (TAG_GENERATION, self.generation.to_string()),
        ]
    }

    /// Whether an object with these tags is the one.
    pub fn owns<'a>(&self, tag: impl Fn(&str) -> Option<&'a str>) -> bool {
        tag(TAG_LINEAGE) == Some(&self.lineage)
            && tag(TAG_ADDRESS) == Some(&self.address.to_string())
            && tag(TAG_GENERATION) == Some(&self.generation.to_string())
    }
}

/// Whose objects are looked for, whatever is recorded of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The stack's name.
    pub stack: String,
    /// The lineage of its state. Unknown when the state is lost: then every lineage of that name fits.
    pub lineage: Option<String>,
}

impl Mark {
    /// Whose an object with these tags is, if it carries this mark and all of it can be read.
    pub fn read<'a>(&self, tag: impl Fn(&str) -> Option<&'a str>) -> Option<Owner> {
        let lineage = tag(TAG_LINEAGE)?;
        let fits = match &self.lineage {
            Some(wanted) => wanted == lineage,
            None => tag(TAG_STACK) == Some(&self.stack),
        };
        fits.then_some(())?;
        Some(Owner {
            stack: self.stack.clone(),
            lineage: lineage.to_owned(),
            address: tag(TAG_ADDRESS)?.parse().ok()?,
            generation: tag(TAG_GENERATION)?.parse().ok()?,
        })
    }
}

/// Where to look for what carries a [`Mark`]: near objects of one kind in one place.
#[derive(Clone, Debug)]
pub struct Near<R: Resource> {
    /// Inputs of what is recorded, declared, or was made there once.
    pub inputs: Vec<R>,
    /// What the cloud assigned to those that are on record. They are read by themselves, so a search need not
    /// ask for more than tells it that it found one of them; it may leave them out.
    pub recorded: Vec<R::Outputs>,
}

impl<R: Resource> Near<R> {
    /// Near these, of which nothing is on record.
    pub fn new(inputs: Vec<R>) -> Self {
        Self { inputs, recorded: Vec::new() }
    }

    /// Whether one of those on record is it.
    pub fn is_recorded(&self, is_it: impl Fn(&R::Outputs) -> bool) -> bool {
        self.recorded.iter().any(is_it)
    }

    /// One of them.
    pub fn first(&self) -> Option<&R> {
        self.inputs.first()
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, R> {
        self.inputs.iter()
    }
}

impl<'a, R: Resource> IntoIterator for &'a Near<R> {
    type Item = &'a R;
    type IntoIter = std::slice::Iter<'a, R>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// An object that carries a [`Mark`].
#[derive(Clone, Debug)]
pub struct Marked<O> {
    /// What the mark says.
    pub owner: Owner,
    /// How its service names it, for people: an id, a name or an ARN.
    pub id: String,
    /// The name given to it, where its kind has names.
    pub name: Option<String>,
    /// Its state.
    pub live: Live<O>,
}

/// What a read found.
#[derive(Clone, Debug)]
pub enum Seen<O> {
    /// The right account and region say that there is none.
    Absent,
    /// It is there.
    Present(Box<Live<O>>),
    /// It could not be asked, for this reason; what is recorded stands.
    Unverified(String),
    /// More than one could be it. What was seen, for a person to choose.
    Ambiguous(Vec<String>),
}

/// A live object.
#[derive(Clone, Debug)]
pub struct Live<O> {
    /// What the cloud assigned, as it is now.
    pub outputs: O,
    /// Live values of managed fields, in the form of the inputs. What is left out is not compared.
    pub fields: Json,
    /// Values already asked for that wait for their time, in the form of the inputs.
    pub pending: Json,
    /// Whether it is being deleted.
    pub leaving: bool,
    /// The ownership tags that it carries; none if they were not read, or its kind has no tags.
    pub mark: Option<BTreeMap<String, String>>,
}

impl<O> Live<O> {
    /// A live object that is there to stay.
    pub fn new(outputs: O, fields: Json) -> Self {
        Self { outputs, fields, pending: Json::Null, leaving: false, mark: None }
    }

    /// Says that it is being deleted if `leaving`.
    #[must_use]
    pub fn leaving(mut self, leaving: bool) -> Self {
        self.leaving = leaving;
        self
    }

    /// Adds the ownership tags among all that it carries. A kind that says which tags its objects carry has
    /// them put back where somebody took them off, and can take up objects that nothing here made.
    #[must_use]
    pub fn tagged<'a>(mut self, tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let ours = tags.into_iter().filter(|(key, _)| key.starts_with(TAG_PREFIX));
        self.mark = Some(ours.map(|(k, v)| (k.to_owned(), v.to_owned())).collect());
        self
    }

    /// Adds values that wait for their time.
    #[must_use]
    pub fn pending(mut self, pending: Json) -> Self {
        self.pending = pending;
        self
    }
}

/// What an object that nothing here made is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity<O> {
    /// What the cloud assigned, as far as it can be told from the id; a read completes it.
    pub outputs: O,
    /// The object's own name, where its kind has names.
    pub name: Option<String>,
}

impl<O> Identity<O> {
    /// Of an object without a name of its own.
    pub fn new(outputs: O) -> Self {
        Self { outputs, name: None }
    }

    /// Of an object that has this name.
    pub fn named(outputs: O, name: impl Into<String>) -> Self {
        Self { outputs, name: Some(name.into()) }
    }
}

/// The fields that a converge may bring to their desired value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fields {
    /// All: the object was just made by us.
    All,
    /// Those that the plan showed.
    Only(BTreeSet<String>),
}

impl Fields {
    /// Whether the field at `path`, or something in it, may be changed.
    pub fn has(&self, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(paths) => paths.iter().any(|p| meta::overlaps(p, path)),
        }
    }
}

/// What a change does inside an object that holds many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Preview {
    /// One for each inner object that changes.
    pub objects: Vec<PreviewObject>,
    /// What else a reader should know.
    pub notes: Vec<String>,
}

/// What happens to one inner object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PreviewObject {
    /// `create`, `update`, `delete`, `run` (a hook).
    pub action: String,
    /// As its users name it: `Deployment datahub/datahub-gms`.
    pub object: String,
    /// Changed places with old and new value.
    pub changes: Vec<(String, String, String)>,
    /// What a reviewer must not miss of it. A plan has it among its dangers, so it is not written down here.
    #[serde(skip)]
    pub risks: Vec<Risk>,
}

/// Mistakes found in a resource's fields, with the path to each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<(String, String)>);

impl Problems {
    /// Notes a mistake at a path, such as `subnets[0]`; lower-case, what and what now.
    pub fn add(&mut self, path: impl Into<String>, what: impl Into<String>) {
        self.0.push((path.into(), what.into()));
    }

    /// Notes a mistake unless `holds`.
    pub fn require(&mut self, holds: bool, path: &str, what: impl Into<String>) {
        if !holds {
            self.add(path, what);
        }
    }

    /// Each mistake with its path.
    pub fn into_vec(self) -> Vec<(String, String)> {
        self.0
    }
}
