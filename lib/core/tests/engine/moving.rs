//! A resource goes from one stack to another: never in none, never acted on by both.

use super::{
    programs::net,
    world::{address, new, planned},
};
use futures::FutureExt;
use groundplan_core::{
    Action, HandoverError, Stack, can_go, json,
    testing::{End, Moment, NetHandle, Point, Process, Rule, Weather, World},
};
use groundplan_state::Snapshot;
use std::panic::AssertUnwindSafe;

/// The stack that has the network, and the one that is to have it, in one cloud.
async fn stacks() -> (World, World) {
    let base = new(1).beside("base");
    assert!(base.apply(before()).await.report().complete());
    let hub = base.beside("hub");
    let mut other = Stack::new("hub");
    net(&mut other, "own", "10.9.0.0/16", 1500);
    assert!(hub.apply(other).await.report().complete());
    (base, hub)
}

fn before() -> Stack {
    let mut stack = Stack::new("base");
    net(&mut stack, "main", "10.0.0.0/16", 1500);
    net(&mut stack, "side", "10.1.0.0/16", 1500);
    stack
}

/// The first stack's program without it.
fn without() -> Stack {
    let mut stack = Stack::new("base");
    net(&mut stack, "side", "10.1.0.0/16", 1500);
    stack.moved_to("sim.net/main", "hub");
    stack
}

/// The other one's with it, and with something that needs it.
fn with() -> Stack {
    let mut stack = Stack::new("hub");
    net(&mut stack, "own", "10.9.0.0/16", 1500);
    let vpc: NetHandle = net(&mut stack, "vpc", "10.0.0.0/16", 1500);
    stack.moved_from("base", "sim.net/main", "sim.net/vpc");
    stack.add("in", Rule { net: vpc.id(), port: 80, target: "x".to_owned().into() });
    stack
}

async fn go(base: &World, hub: &World) -> End {
    base.hand_over(&address("sim.net/main"), hub, &address("sim.net/vpc")).await
}

/// How many states have the object as theirs, and how many know of it at all.
async fn holders(base: &World, hub: &World) -> (usize, usize) {
    let (base, hub) = (base.snapshot().await, hub.snapshot().await);
    let (old, vpc) = (address("sim.net/main"), address("sim.net/vpc"));
    let owners = [base.entries.contains_key(&old), hub.entries.contains_key(&vpc)];
    let left = base.left.iter().any(|left| left.address == old);
    let known = [owners[0] || left, owners[1] || hub.expected.contains_key(&vpc)];
    let count = |all: [bool; 2]| all.into_iter().filter(|it| *it).count();
    (count(owners), count(known))
}

#[tokio::test(start_paused = true)]
async fn both_plans_say_that_it_goes_and_neither_touches_it_before() {
    let (base, hub) = stacks().await;
    let calls = base.cloud.calls().len();
    let plan = planned(&base, without()).await;
    assert!(plan.is_empty(), "{:?}", plan.changes);
    let note = "sim.net/main goes to stack `hub`: `apply state --stack base mv sim.net/main --to hub` hands it over";
    assert!(plan.notes.iter().any(|said| said == note), "{:?}", plan.notes);
    let plan = planned(&hub, with()).await;
    let [refusal] = &plan.refusals[..] else { panic!("{:?}", plan.refusals) };
    assert_eq!(refusal.what, "comes from stack `base`, which has not handed it over");
    assert_eq!(
        refusal.lift,
        "`apply state --stack base mv sim.net/main --to hub --as sim.net/vpc`"
    );
    assert!(base.apply(without()).await.report().complete());
    assert!(matches!(hub.apply(with()).await, End::Refused(_)));
    assert_eq!(base.cloud.calls().len(), calls, "nothing is made and nothing goes");
}

#[tokio::test(start_paused = true)]
async fn it_is_the_others_from_then_on_and_gets_its_mark() {
    let (base, hub) = stacks().await;
    let id = base.snapshot().await.entries[&address("sim.net/main")].outputs.clone();
    assert!(matches!(go(&base, &hub).await, End::Ran(_)));
    assert!(matches!(go(&base, &hub).await, End::Ran(_)), "again is nothing");
    let plan = planned(&hub, with()).await;
    let change = plan.changes.iter().find(|c| c.address == address("sim.net/vpc")).unwrap();
    assert_eq!(change.action, Action::Update);
    let fields: Vec<_> = change.fields.iter().map(|f| (&f.path[..], &f.before, &f.after)).collect();
    let (base_name, hub_name) = (json!("base"), json!("hub"));
    assert_eq!(fields[0], ("tags.groundplan:stack", &base_name, &hub_name));
    assert!(hub.apply(with()).await.report().complete());
    assert!(planned(&hub, with()).await.is_empty());
    let entry = hub.snapshot().await.entries[&address("sim.net/vpc")].clone();
    assert_eq!((entry.outputs, entry.marked_by, entry.marked_as), (id, None, None));
    // The first one has no more to do with it, whatever becomes of it.
    assert!(planned(&base, without()).await.is_empty());
    assert!(base.destroy().await.report().complete());
    assert_eq!(base.cloud.objects().len(), 3, "the hub's own, the network, and what is in it");
    assert!(hub.destroy().await.report().complete());
    assert!(base.cloud.objects().is_empty());
}

/// Dies at every write, and in every pause between them each stack plans and applies what it wants.
#[tokio::test(start_paused = true)]
async fn wherever_it_is_cut_off_one_of_them_has_it_and_the_same_command_ends_it() {
    let mut deaths = 0;
    for n in 1..8 {
        for moment in [Moment::Before, Moment::After] {
            let (base, hub) = stacks().await;
            let doomed = Process::dying_at(Point::Record(n, moment));
            let seen = |world: &World| world.seen_by(&doomed, Weather::default());
            if !matches!(go(&seen(&base), &seen(&hub)).await, End::Died) {
                continue;
            }
            deaths += 1;
            let (owners, known) = holders(&base, &hub).await;
            assert!(owners <= 1 && known >= 1, "{n} {moment:?}: {owners} {known}");
            let calls = base.cloud.calls().len();
            let arrived = hub.snapshot().await.entries.contains_key(&address("sim.net/vpc"));
            assert!(base.apply(without()).await.report().complete());
            if !arrived {
                let end = hub.apply(with()).await;
                assert!(matches!(end, End::Refused(_)), "{n} {moment:?}: {end:?}");
                assert_eq!(base.cloud.calls().len(), calls, "{n} {moment:?}: nobody touches it");
            }
            assert!(matches!(go(&base, &hub).await, End::Ran(_)), "{n} {moment:?}");
            assert_eq!(holders(&base, &hub).await.0, 1);
            assert!(hub.apply(with()).await.report().complete());
            assert!(planned(&hub, with()).await.is_empty(), "{n} {moment:?}");
            assert_eq!(base.cloud.objects().len(), 4, "{n} {moment:?}: none is made twice");
        }
    }
    assert!(deaths >= 5, "{deaths}");
}

#[tokio::test(start_paused = true)]
async fn back_again_it_is_what_it_was() {
    let (base, hub) = stacks().await;
    assert!(matches!(go(&base, &hub).await, End::Ran(_)));
    let (main, vpc) = (address("sim.net/main"), address("sim.net/vpc"));
    assert!(matches!(hub.hand_over(&vpc, &base, &main).await, End::Ran(_)));
    assert!(planned(&base, before()).await.is_empty(), "it bears the first one's mark still");
    let state = base.snapshot().await;
    assert!(state.left.is_empty() && state.expected.is_empty());
    assert_eq!(state.entries[&main].marked_by, None);
}

fn why(from: &Snapshot, of: &str, to: &Snapshot, named: &str) -> String {
    match can_go(from, &address(of), to, &address(named)) {
        Err(HandoverError::Refused { what, hint }) => format!("{what}; {hint}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_go_is_refused_with_a_sentence() {
    let (base, hub) = stacks().await;
    let (base, hub) = (base.snapshot().await, hub.snapshot().await);
    let said = why(&base, "sim.net/main", &base, "sim.net/vpc");
    assert!(said.contains("both are stack `base`") && said.contains("stack.moved"), "{said}");
    let said = why(&base, "sim.net/gone", &hub, "sim.net/vpc");
    assert!(said.contains("`sim.net/gone` is not on record in stack `base`"), "{said}");
    let said = why(&base, "sim.net/main", &hub, "sim.net/own");
    assert!(said.contains("stack `hub` has a `sim.net/own` already"), "{said}");
    let said = why(&base, "sim.net/main", &hub, "sim.rule/main");
    assert!(said.contains("is of another kind"), "{said}");
    let mut open = base.clone();
    let entry = open.entries.get_mut(&address("sim.net/main")).unwrap();
    entry.status = groundplan_state::Status::Deleting;
    let said = why(&open, "sim.net/main", &hub, "sim.net/vpc");
    assert!(said.contains("left `sim.net/main` unfinished"), "{said}");
}

/// What it came with is the other stack's mark; it is ours to remove all the same.
#[tokio::test(start_paused = true)]
async fn what_came_can_go_before_it_gets_its_mark() {
    let (base, hub) = stacks().await;
    assert!(matches!(go(&base, &hub).await, End::Ran(_)));
    assert!(hub.destroy().await.report().complete());
    assert_eq!(base.cloud.objects().len(), 1, "the side network of the first stack is left");
}

#[tokio::test(start_paused = true)]
async fn what_went_away_while_it_was_on_its_way_is_expected_no_more() {
    let (base, hub) = stacks().await;
    let doomed = Process::dying_at(Point::Record(1, Moment::After));
    let seen = |world: &World| world.seen_by(&doomed, Weather::default());
    assert!(matches!(go(&seen(&base), &seen(&hub)).await, End::Died));
    assert!(hub.snapshot().await.expected.contains_key(&address("sim.net/vpc")));
    let mut side = Stack::new("base");
    net(&mut side, "side", "10.1.0.0/16", 1500);
    assert!(base.apply(side).await.report().complete(), "the network is removed where it is");

    let refused = AssertUnwindSafe(go(&base, &hub)).catch_unwind().await.unwrap_err();
    let said = refused.downcast_ref::<String>().unwrap();
    assert!(said.contains("stack `hub` expects it no more"), "{said}");
    assert!(hub.snapshot().await.expected.is_empty());
    let mut made = Stack::new("hub");
    net(&mut made, "own", "10.9.0.0/16", 1500);
    net(&mut made, "vpc", "10.0.0.0/16", 1500);
    assert!(hub.apply(made).await.report().complete(), "another is made in its place");
}
