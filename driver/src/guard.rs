//! The guard against taking away most of a stack by mistake: an empty settings file, a wrong name.

use crate::render::error::{Failure, REFUSED};
use groundplan::Plan;

/// A stack smaller than this is looked through at a glance.
const SMALL: usize = 10;

/// Refuses a plan that takes away more than half of a stack, unless the number was named.
pub(crate) fn check(plan: &Plan, allowed: Option<usize>) -> Result<(), Failure> {
    let counts = plan.counts();
    let gone = counts.delete + counts.replace;
    check_counts(
        gone,
        plan.unchanged + counts.import + counts.update + counts.record + gone,
        allowed,
    )
}

fn check_counts(gone: usize, there: usize, allowed: Option<usize>) -> Result<(), Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_of_a_stack_goes_only_if_the_number_is_named() {
        assert!(check_counts(9, 9, None).is_ok(), "a small stack is looked through at a glance");
        assert!(check_counts(6, 12, None).is_ok(), "half is not most");
        let refused = check_counts(7, 12, None).unwrap_err();
        assert_eq!(refused.exit, 3);
        assert_eq!(
            refused.what,
            "the plan deletes or replaces 7 of 12 resources; nothing was changed"
        );
        assert_eq!(refused.hints, ["if that is meant, add --allow-deletes 7"]);
        assert!(check_counts(7, 12, Some(7)).is_ok());
        assert!(check_counts(7, 12, Some(6)).is_err(), "more than was named");
    }
}
