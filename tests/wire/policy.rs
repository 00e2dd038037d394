//! What a plan is said to need is what it needs: each program comes, changes in all that can change, and
//! goes, as somebody who may do exactly that.

use crate::stacks::{self, Program};
use std::collections::BTreeSet;

/// Made by whichever test is first in the account that all share.
const SHARED: &str = "iam:CreateServiceLinkedRole";

#[tokio::test]
async fn what_a_plan_needs_is_enough_and_nothing_of_it_is_too_much() {
    for Program { mut wire, first, second } in stacks::all("exact").await {
        let programs = [("create", Some(first)), ("change", Some(second)), ("destroy", None)];
        for (phase, program) in programs {
            let used = wire.run_exactly(program).await;
            let more: BTreeSet<_> =
                used.allowed.difference(&used.asked).filter(|action| *action != SHARED).collect();
            assert!(more.is_empty(), "{phase} {}: never asked for: {more:?}", wire.name());
        }
    }
}
