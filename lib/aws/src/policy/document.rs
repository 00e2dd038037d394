//! Writes rights down as IAM policy documents: merged without allowing more, sorted, within IAM's limits.

use crate::glob::covers;
use groundplan_core::{Json, json, to_json};
use std::collections::{BTreeMap, BTreeSet};

/// The longest managed policy, in characters without white space.
pub const LONGEST: usize = 6144;

/// The most managed policies that one role or user can have, unless AWS raised that.
pub const MOST: usize = 10;

/// A policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document(Json);

/// One action on one resource, under conditions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Right {
    pub(super) action: String,
    resource: String,
    /// Values by operator and key.
    conditions: Conditions,
}

type Conditions = BTreeMap<String, BTreeMap<String, String>>;

/// Actions, resources and conditions that belong together.
type Statement = (BTreeSet<String>, BTreeSet<String>, Conditions);

impl Right {
    pub(super) fn new(action: impl Into<String>, resource: String) -> Self {
        Self { action: action.into(), resource, conditions: Conditions::new() }
    }

    /// The same on an object of IAM of that name under no path, if it is under one.
    pub(super) fn without_path(&self) -> Option<Self> {
        let (head, rest) = self.resource.split_once('/')?;
        let (_, name) = rest.rsplit_once('/')?;
        Some(Self { resource: format!("{head}/{name}"), ..self.clone() })
    }

    /// Only under one more condition.
    pub(super) fn when(mut self, operator: &str, key: &str, value: String) -> Self {
        self.conditions.entry(operator.to_owned()).or_default().insert(key.to_owned(), value);
        self
    }

    /// Whether it is on everything, or on all of a type, and nothing narrows it.
    pub(super) fn is_wide(&self) -> bool {
        let all_of_type = || match self.resource.splitn(6, ':').collect::<Vec<_>>()[..] {
            [.., account, what] if !account.is_empty() => {
                what.split_once('/').is_some_and(|(_, id)| id == "*")
            }
            _ => false,
        };
        self.conditions.is_empty() && (self.resource == "*" || all_of_type())
    }

    /// Whether this allows all that another does.
    fn covers(&self, other: &Self) -> bool {
        let wider = self.conditions.iter().all(|(operator, keys)| {
            other.conditions.get(operator).is_some_and(|others| {
                keys.iter().all(|(key, value)| others.get(key) == Some(value))
            })
        });
        self.action == other.action && wider && covers(&self.resource, &other.resource)
    }
}

impl Document {
    fn of(statements: &[Statement]) -> Self {
        let statements: Vec<_> = statements.iter().map(statement).collect();
        Self(json!({ "Version": "2012-10-17", "Statement": statements }))
    }

    /// The document.
    pub fn json(&self) -> &Json {
        &self.0
    }

    /// How long IAM takes it to be: without white space.
    pub fn length(&self) -> usize {
        self.0.to_string().chars().filter(|c| !c.is_whitespace()).count()
    }
}

/// The documents that together allow these rights and no others.
pub(super) fn write(rights: BTreeSet<Right>) -> Vec<Document> {
    let mut documents: Vec<Vec<Statement>> = vec![Vec::new()];
    for statement in merged(narrowest(rights)) {
        for part in halves(statement) {
            let last = documents.last_mut().expect("BUG: there is one from the start");
            last.push(part);
            if last.len() > 1 && Document::of(last).length() > LONGEST {
                let part = last.pop().expect("BUG: it was just put there");
                documents.push(vec![part]);
            }
        }
    }
    documents.iter().map(|statements| Document::of(statements)).collect()
}

/// Without what others allow already.
fn narrowest(rights: BTreeSet<Right>) -> BTreeSet<Right> {
    let covered = |one: &Right| rights.iter().any(|other| other != one && other.covers(one));
    let kept: BTreeSet<_> = rights.iter().filter(|one| !covered(one)).cloned().collect();
    kept
}

/// Rights that differ in one part alone share a statement: every action in it is wanted on every resource.
fn merged(rights: BTreeSet<Right>) -> Vec<Statement> {
    let mut by_resource: BTreeMap<(Conditions, String), BTreeSet<String>> = BTreeMap::new();
    for Right { action, resource, conditions } in rights {
        by_resource.entry((conditions, resource)).or_default().insert(action);
    }
    let mut by_actions: BTreeMap<(BTreeSet<String>, Conditions), BTreeSet<String>> =
        BTreeMap::new();
    for ((conditions, resource), actions) in by_resource {
        by_actions.entry((actions, conditions)).or_default().insert(resource);
    }
    by_actions
        .into_iter()
        .map(|((actions, conditions), resources)| (actions, resources, conditions))
        .collect()
}

/// A statement that is too long for any document as two, and so on.
fn halves(statement: Statement) -> Vec<Statement> {
    let (actions, resources, conditions) = statement;
    let whole = (actions.clone(), resources.clone(), conditions.clone());
    if Document::of(std::slice::from_ref(&whole)).length() <= LONGEST {
        return vec![whole];
    }
    let half = |all: &BTreeSet<String>| {
        let all: Vec<_> = all.iter().cloned().collect();
        let (one, other) = all.split_at(all.len() / 2);
        [one, other].map(|half| half.iter().cloned().collect::<BTreeSet<_>>())
    };
    let parts = if resources.len() > 1 {
        half(&resources).map(|resources| (actions.clone(), resources, conditions.clone()))
    } else {
        half(&actions).map(|actions| (actions, resources.clone(), conditions.clone()))
    };
    parts.into_iter().flat_map(halves).collect()
}

fn statement((actions, resources, conditions): &Statement) -> Json {
    let mut statement = json!({
        "Effect": "Allow",
        "Action": one_or_all(actions),
        "Resource": one_or_all(resources),
    });
    if !conditions.is_empty() {
        statement["Condition"] = to_json(conditions);
    }
    statement
}

fn one_or_all(all: &BTreeSet<String>) -> Json {
    match all.first() {
        Some(one) if all.len() == 1 => one.as_str().into(),
        _ => to_json(all),
    }
}

#[cfg(test)]
mod tests;
