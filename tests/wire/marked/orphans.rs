//! Records get lost: what they were of is taken up where the program has it, and removed where not.

use crate::{
    stacks::{self, Program},
    stores,
};
use futures::future::join_all;
use groundplan::{Ownership, aws::registry};

/// All kinds whose objects carry tags.
fn tagged() -> Vec<String> {
    let all = registry();
    let has_tags = |kind: &&str| all.meta(kind).is_some_and(|m| m.ownership == Ownership::Tagged);
    all.kinds().filter(has_tags).map(str::to_owned).collect()
}

#[tokio::test]
async fn an_object_whose_record_is_lost_is_taken_up_and_nothing_is_made() {
    let all = stacks::all("taken").await;
    join_all(all.iter().map(|of| of.wire.apply(of.first.clone()))).await;
    join_all(all.iter().map(one_of_each_is_taken_up)).await;
    join_all(all.iter().map(|of| of.wire.destroy())).await;
}

async fn one_of_each_is_taken_up(program: &Program) {
    let Program { wire, first, .. } = program;
    for kind in &tagged() {
        for (address, entry) in wire.recorded(kind).await.into_iter().take(1) {
            wire.forget(&address).await;
            let calls = wire.apply(first.clone()).await;
            assert_eq!(calls, [""; 0], "{address}");
            let now = &wire.recorded(kind).await[&address];
            assert_eq!(now.outputs, entry.outputs, "{address}");
            assert_eq!(now.inputs, entry.inputs, "{address}");
            assert_eq!(now.physical_name, entry.physical_name, "{address}");
        }
        assert_eq!(wire.plan(first.clone()).await, [""; 0], "after {kind}");
    }
}

#[tokio::test]
async fn what_nothing_wants_and_no_record_knows_is_removed() {
    let all = stacks::all("orphans").await;
    join_all(all.iter().map(|of| of.wire.apply(of.first.clone()))).await;
    for kind in &tagged() {
        for Program { wire, .. } in &all {
            for address in wire.recorded(kind).await.into_keys() {
                wire.forget(&address).await;
            }
        }
    }
    let removed = join_all(all.iter().map(|of| of.wire.destroy())).await;
    let removed = removed.concat();
    for call in ["DeleteVpc", "ReleaseAddress", "DeleteRole", "DeleteDBInstance", "DeleteSecret"] {
        assert!(removed.contains(&call.to_owned()), "no {call}: {removed:#?}");
    }
    // The program said that the data may go. With it nobody says so any more, and it is kept.
    assert_eq!(stores::snapshots(&all[2].wire).await.len(), 1);
    // Looked for once more, near what was made once, there is nothing left.
    for Program { wire, .. } in &all {
        assert_eq!(wire.destroy().await, [""; 0], "{}", wire.name());
    }
}
