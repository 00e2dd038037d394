//! Reading many objects costs what their kind declares.

use super::Trial;
use crate::kinds::specimen::{MANY, Specimen};
use groundplan::{Ownership, Resource};

/// Two numbers of objects; the difference is what more of them cost.
const FEW: u8 = 2;

/// How often it is counted: a search that asks each object of an account for its tags also counts those of
/// other tests, which come and go.
const TIMES: usize = 5;

pub(super) async fn holds<R: Resource>(specimen: &Specimen<R>) {
    let trial = Trial::new(specimen, "read").await;
    let each = R::META.read_cost.each();
    let objects = usize::from(MANY - FEW);
    let mut costs = Vec::new();
    for _ in 0..TIMES {
        costs.clear();
        for count in [FEW, MANY] {
            let Some(program) = specimen.many(&trial.wire, count) else { return };
            trial.wire.apply(program.clone()).await;
            let mut calls = trial.wire.calls_of_a_plan(program).await;
            calls.retain(|call| is_of::<R>(call));
            costs.push(calls);
        }
        if costs[1].len() == costs[0].len() + objects * each {
            return trial.end().await;
        }
    }
    panic!("{}: {objects} more objects, {each} calls for each: {costs:#?}", R::KIND);
}

/// Whether a call may be one that reads the kind. One without marks is read by what it declares alone: the
/// rest is of what it stands on. REST calls do not say which action they are.
fn is_of<R: Resource>(call: &str) -> bool {
    let is = |action: &&str| action.split(':').nth(1) == Some(call);
    let declared = R::META.iam.observe.iter().any(is);
    R::META.ownership == Ownership::Tagged || call.contains(' ') || declared
}
