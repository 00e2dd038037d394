//! A place where a run is killed: an operation, and before or after it is handled.

use crate::platform::{
    faults::{Moment, Rule},
    world::{Folder, action},
};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// An operation and a moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    /// Such as `ec2:CreateVpc` or `kubernetes:create deployments`.
    pub(super) operation: String,
    /// Whether it only reads. A read counts when it comes after a change: then it is a poll, or a look
    /// at what was made.
    pub(super) reads: bool,
    pub(super) moment: Moment,
    /// The kind of what it is about, where one operation serves several kinds.
    pub(super) kind: Option<String>,
}

impl Cell {
    /// The rule that kills a run there.
    pub(super) fn rule(&self, folder: &Folder) -> Rule {
        let rule = Rule::kill(&self.operation, self.moment);
        let rule = if self.reads { rule.once_changed() } else { rule };
        match &self.kind {
            Some(kind) => rule.about(&subject(&folder.records(), kind)),
            None => rule,
        }
    }
}

/// Tags are put on objects of many kinds by one operation: each kind counts.
pub(super) fn each_kind(cell: Cell, folder: &Folder) -> Vec<Cell> {
    if cell.reads || !cell.operation.contains("Tag") {
        return vec![cell];
    }
    let (registry, records) = (groundplan::registry(), folder.records());
    let action = cell.operation.replace("opensearch:", "es:");
    let declares = |kind: &str| {
        registry.meta(kind).is_some_and(|meta| meta.iam.converge.contains(&action.as_str()))
    };
    let kinds: BTreeSet<_> =
        records.keys().filter_map(|address| address.split('/').next()).collect();
    let kinds = kinds.into_iter().filter(|kind| declares(kind));
    kinds.map(|kind| Cell { kind: Some(kind.to_owned()), ..cell.clone() }).collect()
}

/// What a call says that is about the first object of a kind.
fn subject(records: &BTreeMap<String, Json>, kind: &str) -> String {
    let of_kind = |(address, _): &(&String, &Json)| address.split('/').next() == Some(kind);
    let (address, record) = records.iter().find(of_kind).expect("it was there");
    let outputs = &record["record"]["outputs"];
    // IAM's roles go by their names.
    let fields = if kind == "iam.role" { ["name", "id", "arn"] } else { ["id", "arn", "name"] };
    let subject = fields.iter().find_map(|field| outputs[field].as_str());
    subject.unwrap_or_else(|| panic!("{address} has no identity: {outputs:#}")).to_owned()
}

/// All places in a run, from its lines in the request log: each operation counts once.
pub(super) fn cells(lines: &[Json]) -> BTreeSet<Cell> {
    let changes = |line: &Json| line["mutating"] == true;
    let first = lines.iter().position(changes).unwrap_or(lines.len());
    let met = lines.iter().enumerate().filter(|(at, line)| changes(line) || *at > first);
    let both = met.flat_map(|(_, line)| {
        let (operation, reads) = (action(line), !changes(line));
        Moment::BOTH.map(|moment| Cell { operation: operation.clone(), reads, moment, kind: None })
    });
    both.collect()
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Some(kind) => f.pad(&format!("{} of {kind}", self.operation)),
            None => f.pad(&self.operation),
        }
    }
}
