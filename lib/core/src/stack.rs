//! What a program builds: resources by name, and what it gives to its users.

use crate::{Derived, Outputs, Problems, Resource, Val, expr};
use groundplan_state::{Address, Options};
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A mistake in a program, found before anything is touched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {what}", at.as_deref().unwrap_or("the stack"), path.as_ref().map(|p| format!(" `{p}`")).unwrap_or_default())]
pub struct Problem {
    /// The resource's address; none for the stack itself.
    pub at: Option<String>,
    /// The field.
    pub path: Option<String>,
    /// What is wrong, and what now.
    pub what: String,
}

impl Problem {
    /// A mistake in a resource, or in the stack itself.
    pub fn new(at: Option<String>, path: Option<String>, what: impl Into<String>) -> Self {
        Self { at, path, what: what.into() }
    }
}

/// One resource of a program.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) address: Address,
    /// The inputs, references and all.
    pub(crate) draft: Json,
    /// How it is treated, without how it is first found.
    pub(crate) options: Options,
    /// Which object it is, if there is one already.
    pub(crate) take: Option<Take>,
}

/// Which object that exists already a resource is, until that is on record.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Take {
    /// That of this id.
    Id(String),
    /// That of its own name or natural key, if there is one.
    Key,
}

impl Take {
    fn of(options: &mut Options) -> Option<Self> {
        let adopt = std::mem::take(&mut options.adopt).then_some(Self::Key);
        options.import.take().map(Self::Id).or(adopt)
    }
}

/// The resources of a program, in the order they were added.
///
/// Mistakes are collected and reported together when the stack is frozen.
#[derive(Clone, Debug)]
pub struct Stack {
    pub(crate) name: String,
    pub(crate) nodes: Vec<Node>,
    pub(crate) outputs: BTreeMap<String, Json>,
    pub(crate) moves: Vec<(Address, Address)>,
    pub(crate) defaults: BTreeMap<&'static str, Json>,
    /// Resources that go to other stacks, with their names here.
    pub(crate) leaving: Vec<(Address, String)>,
    /// Resources that come from other stacks: name here, stack, name there.
    pub(crate) coming: Vec<(Address, String, Address)>,
    pub(crate) problems: Vec<Problem>,
}

impl Stack {
    /// An empty stack. Its name is part of physical names: lower-case letters, digits and `-`.
    pub fn new(name: &str) -> Self {
        let mut stack = Self {
            name: name.to_owned(),
            nodes: Vec::new(),
            outputs: BTreeMap::new(),
            moves: Vec::new(),
            defaults: BTreeMap::new(),
            leaving: Vec::new(),
            coming: Vec::new(),
            problems: Vec::new(),
        };
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !name.starts_with(|c: char| c.is_ascii_lowercase())
            || !name.chars().all(letters)
            || name.len() > 30
        {
            stack.problem(None, None, format!(
                "`{name}` is no stack name: up to 30 lower-case letters, digits and `-`, a letter first"
            ));
        }
        stack
    }

    /// The stack's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds a resource, and returns the handle through which others refer to its outputs.
    pub fn add<R: Resource>(&mut self, name: &str, resource: R) -> <R::Outputs as Outputs>::Handle {
        self.add_with(name, resource, Options::default())
    }

    /// Adds a resource that is treated in a special way: protected, retained, …
    pub fn add_with<R: Resource>(
        &mut self,
        name: &str,
        resource: R,
        options: Options,
    ) -> <R::Outputs as Outputs>::Handle {
        let mut problems = Problems::default();
        resource.validate(&mut problems);
        self.push(R::KIND, name, expr::to_json(&resource), options, problems).into()
    }

    /// Adds a resource that is data already: one that was read, and not written by anybody. Its kind checks
    /// it when it is used.
    pub fn declare(&mut self, address: &Address, inputs: Json, options: Options) {
        let problems = Problems::default();
        self.push(address.kind(), address.name(), inputs, options, problems);
    }

    /// Adds a derived value, and returns the handle through which others use it.
    pub fn derive<D: Derived>(
        &mut self,
        name: &str,
        derived: D,
    ) -> <D::Outputs as Outputs>::Handle {
        let mut problems = Problems::default();
        derived.validate(&mut problems);
        self.push(D::KIND, name, expr::to_json(&derived), Options::default(), problems).into()
    }

    /// Gives a value to the stack's users, under a name.
    pub fn output<T: Serialize>(&mut self, name: &str, value: Val<T>) {
        if self.outputs.insert(name.to_owned(), expr::to_json(&value)).is_some() {
            self.problem(None, None, format!("two outputs are called `{name}`"));
        }
    }

    /// Says that a resource was recorded under another name before. Nothing happens in the cloud.
    pub fn moved(&mut self, from: &str, to: &str) {
        match (from.parse(), to.parse()) {
            (Ok(from), Ok(to)) => self.moves.push((from, to)),
            (Err(e), _) | (_, Err(e)) => self.problem(None, None, format!("moved: {e}")),
        }
    }

    /// A value for all resources whose kind takes a default of this name, wherever they were added and
    /// themselves say nothing. Of maps, such as tags, each key counts by itself.
    pub fn default_input(&mut self, name: &'static str, value: impl Serialize) {
        self.defaults.insert(name, expr::to_json(&value));
    }

    /// Says that a resource goes to another stack, where it is declared from now on. Nothing happens to it
    /// here, as it is not in this program any more, until `apply state mv` hands it over.
    pub fn moved_to(&mut self, address: &str, stack: &str) {
        match address.parse() {
            Ok(address) => self.leaving.push((address, stack.to_owned())),
            Err(e) => self.problem(None, None, format!("moved_to: {e}")),
        }
    }

    /// Says that a resource of this program comes from another stack, and its name there. It is not made
    /// here, and waits until `apply state mv` hands it over.
    pub fn moved_from(&mut self, stack: &str, from: &str, to: &str) {
        match (from.parse(), to.parse()) {
            (Ok(from), Ok(to)) => self.coming.push((to, stack.to_owned(), from)),
            (Err(e), _) | (_, Err(e)) => self.problem(None, None, format!("moved_from: {e}")),
        }
    }

    /// Notes a mistake that a component found in its own arguments.
    pub fn problem(&mut self, at: Option<String>, path: Option<String>, what: impl Into<String>) {
        self.problems.push(Problem::new(at, path, what));
    }

    fn push(
        &mut self,
        kind: &str,
        name: &str,
        draft: Json,
        mut options: Options,
        problems: Problems,
    ) -> Address {
        let address = Address::new(kind, name).unwrap_or_else(|error| {
            self.problem(None, None, error.to_string());
            Address::new(kind, "invalid").expect("BUG: kinds have plain names")
        });
        let at = Some(address.to_string());
        for (path, what) in problems.into_vec() {
            self.problem(at.clone(), Some(path), what);
        }
        if self.nodes.iter().any(|node| node.address == address) {
            self.problem(at.clone(), None, "is added twice; give one of them another name");
        }
        if options.adopt && options.import.is_some() {
            let what = "names an id already; leave `adopt` out, which looks for a name or key";
            self.problem(at, Some("options.import".into()), what);
        }
        let take = Take::of(&mut options);
        self.nodes.push(Node { address: address.clone(), draft, options, take });
        address
    }
}
