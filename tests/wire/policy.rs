//! What a plan is said to need is what it needs: each program comes, changes in all that can change, and
//! goes, as somebody who may do exactly that.

use crate::{
    base,
    harness::Wire,
    stacks::{self, Program},
};

/// What a run asks only where something is found that here is not, each with what.
const SELDOM: [(&str, &str); 6] = [
    ("iam:CreateServiceLinkedRole", "no other test was first in the account that all share"),
    ("iam:DeletePolicyVersion", "a policy that has all the versions that it may have"),
    ("organizations:DescribeCreateAccountStatus", "an account on no record"),
    ("organizations:ListCreateAccountStatus", "an account on no record"),
    ("organizations:ListOrganizationalUnitsForParent", "units on record, to look in"),
    ("ram:ListResourceSharePermissions", "a share on no record"),
];

fn is_seldom(action: &str) -> bool {
    SELDOM.iter().any(|(seldom, _)| *seldom == action)
}

#[tokio::test]
async fn what_a_plan_needs_is_enough_and_nothing_of_it_is_too_much() {
    let mut too_much = Vec::new();
    let wire = Wire::new("base-exact");
    let (first, second) = (base::first(&wire), base::second(&wire));
    let all =
        Box::pin(stacks::every("exact")).await.into_iter().chain([Program { wire, first, second }]);
    for Program { mut wire, first, second } in all {
        let programs = [("create", Some(first)), ("change", Some(second)), ("destroy", None)];
        for (phase, program) in programs {
            let used = wire.run_exactly(program).await;
            let more = used.allowed.difference(&used.asked).filter(|action| !is_seldom(action));
            too_much.extend(more.map(|action| format!("{phase} {}: {action}", wire.name())));
        }
    }
    assert_eq!(too_much, [""; 0], "allowed and never asked for");
}
