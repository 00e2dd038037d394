//! Records get lost: what they were of is taken up where the program has it, and removed where not.

use super::{stacks, table};
use crate::{harness::Wire, stores};
use futures::future::join_all;
use groundplan::Stack;

#[tokio::test]
async fn an_object_whose_record_is_lost_is_taken_up_and_nothing_is_made() {
    let all = stacks("taken").await;
    join_all(all.iter().map(|(wire, stack)| wire.apply(stack.clone()))).await;
    join_all(all.iter().map(|(wire, stack)| one_of_each_is_taken_up(wire, stack))).await;
    join_all(all.iter().map(|(wire, _)| wire.destroy())).await;
}

async fn one_of_each_is_taken_up(wire: &Wire, stack: &Stack) {
    for kind in table() {
        for (address, entry) in wire.recorded(kind.name).await.into_iter().take(1) {
            wire.forget(&address).await;
            let calls = wire.apply(stack.clone()).await;
            assert_eq!(calls, [""; 0], "{address}");
            let now = &wire.recorded(kind.name).await[&address];
            assert_eq!(now.outputs, entry.outputs, "{address}");
            assert_eq!(now.inputs, entry.inputs, "{address}");
            assert_eq!(now.physical_name, entry.physical_name, "{address}");
        }
        assert_eq!(wire.plan(stack.clone()).await, [""; 0], "after {}", kind.name);
    }
}

#[tokio::test]
async fn what_nothing_wants_and_no_record_knows_is_removed() {
    let all = stacks("orphans").await;
    join_all(all.iter().map(|(wire, stack)| wire.apply(stack.clone()))).await;
    for kind in table() {
        for (wire, _) in &all {
            for address in wire.recorded(kind.name).await.into_keys() {
                wire.forget(&address).await;
            }
        }
    }
    let removed = join_all(all.iter().map(|(wire, _)| wire.destroy())).await;
    let removed = removed.concat();
    for call in ["DeleteVpc", "ReleaseAddress", "DeleteRole", "DeleteDBInstance", "DeleteSecret"] {
        assert!(removed.contains(&call.to_owned()), "no {call}: {removed:#?}");
    }
    // The program said that the data may go. With it nobody says so any more, and it is kept.
    assert_eq!(stores::snapshots(&all[2].0).await.len(), 1);
    // Looked for once more, near what was made once, there is nothing left.
    for (wire, _) in &all {
        assert_eq!(wire.destroy().await, [""; 0], "{}", wire.name());
    }
}
