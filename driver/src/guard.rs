//! The guard against taking away most of a stack by mistake: an empty settings file, a wrong name.

use crate::render::error::{Failure, REFUSED};
use groundplan::Plan;

/// A stack smaller than this is looked through at a glance.
const SMALL: usize = 10;

/// Refuses a plan that takes away more than half of a stack, unless the number was named.
pub(crate) fn check(plan: &Plan, allowed: Option<usize>) -> Result<(), Failure> {
    let counts = plan.counts();
    let gone = counts.delete + counts.replace;
    let there = plan.unchanged + counts.update + counts.record + gone;
    if there < SMALL || gone * 2 <= there || allowed.is_some_and(|allowed| gone <= allowed) {
        return Ok(());
    }
    let mut causes = Vec::new();
    if let Some(allowed) = allowed {
        causes.push(format!("--allow-deletes allows {allowed}"));
    }
    Err(Failure {
        what: format!(
            "the plan deletes or replaces {gone} of {there} resources; nothing was changed"
        ),
        causes,
        hints: vec![format!("if that is meant, add --allow-deletes {gone}")],
        exit: REFUSED,
    })
}
