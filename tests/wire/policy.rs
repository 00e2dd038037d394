//! What a plan is said to need is what it needs: each program comes, changes in all that can change, and
//! goes, as somebody who may do exactly that.

use crate::{
    base,
    harness::Wire,
    stacks::{self, Program},
};

/// Made by whichever test is first in the account that all share.
const SHARED: &str = "iam:CreateServiceLinkedRole";

/// What a phase of a program asks only where something is found that is not there here: units on record to look
/// in, an account or a share on no record, and a policy that has all the versions that it may have.
const SELDOM: [&str; 8] = [
    "create organization-exact: organizations:ListOrganizationalUnitsForParent",
    "change organization-exact: organizations:DescribeCreateAccountStatus",
    "change organization-exact: organizations:ListCreateAccountStatus",
    "change organization-exact: ram:ListResourceSharePermissions",
    "destroy organization-exact: organizations:DescribeCreateAccountStatus",
    "destroy organization-exact: organizations:ListCreateAccountStatus",
    "destroy organization-exact: ram:ListResourceSharePermissions",
    "change base-exact: iam:DeletePolicyVersion",
];

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
            let more = used.allowed.difference(&used.asked).filter(|action| *action != SHARED);
            too_much.extend(more.map(|action| format!("{phase} {}: {action}", wire.name())));
        }
    }
    assert_eq!(too_much, SELDOM, "allowed and never asked for");
}
