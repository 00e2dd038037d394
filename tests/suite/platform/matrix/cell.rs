//! A place where a run is killed: an operation, and before or after it is handled.

use crate::platform::{
    faults::{Moment, Rule},
    world::action,
};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// An operation and a moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    /// Such as `ec2:CreateVpc` or `kubernetes:create deployments`.
    pub(super) operation: String,
    /// Whether it only reads. A read counts when it comes after a change: then it is a poll, or a look
    /// at what was made.
    pub(super) reads: bool,
    pub(super) moment: Moment,
}

impl Cell {
    /// The rule that kills a run there.
    pub(super) fn rule(&self) -> Rule {
        let rule = Rule::kill(&self.operation, self.moment);
        if self.reads { rule.once_changed() } else { rule }
    }
}

/// All places in a run, from its lines in the request log: each operation counts once.
pub(super) fn cells(lines: &[Json]) -> BTreeSet<Cell> {
    let changes = |line: &Json| line["mutating"] == true;
    let first = lines.iter().position(changes).unwrap_or(lines.len());
    let met = lines.iter().enumerate().filter(|(at, line)| changes(line) || *at > first);
    let both = met.flat_map(|(_, line)| {
        let (operation, reads) = (action(line), !changes(line));
        Moment::BOTH.map(|moment| Cell { operation: operation.clone(), reads, moment })
    });
    both.collect()
}
