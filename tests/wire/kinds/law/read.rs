//! Reading many objects costs what their kind declares.

use super::Trial;
use crate::kinds::specimen::{MANY, Specimen};
use groundplan::{ReadCost, Resource};

/// Two numbers of objects; the difference is what more of them cost.
const FEW: u8 = 2;

pub(super) async fn holds<R: Resource>(specimen: &Specimen<R>) {
    let trial = Trial::new(specimen, "read").await;
    let mut costs = Vec::new();
    for count in [FEW, MANY] {
        let Some(program) = specimen.many(&trial.wire, count) else { return };
        trial.wire.apply(program.clone()).await;
        costs.push(trial.wire.calls_of_a_plan(program).await);
    }
    let more = costs[1].len() - costs[0].len();
    let each = match R::META.read_cost {
        ReadCost::Page => 0,
        ReadCost::Object(_) => 1,
        ReadCost::Objects(calls, _) => calls,
    };
    let objects = usize::from(MANY - FEW);
    assert_eq!(more, objects * each, "{}: {objects} more objects: {costs:#?}", R::KIND);
    trial.end().await;
}
