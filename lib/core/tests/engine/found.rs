//! What carries the stack's mark and is not recorded, and a state that is lost.

use super::{
    programs::{FIRST, Version, moving, platform},
    world::{STACK, check, new, planned},
};
use groundplan_core::{
    Action, CxBuilder, Recovered, Resource, Stack, lineages, recover,
    testing::{End, MemStore, Moment, Net, Object, Point, Process, Rule, Weather, World, registry},
};
use groundplan_state::{Change, Holder, Realm, Slot, Snapshot, Store};
use std::sync::Arc;

async fn applied(world: &World, stack: Stack) {
    let report = world.apply(stack).await.report();
    assert!(report.complete(), "{report:?}");
}

/// A copy of an object, tags and all; with its name or without.
fn copy_of(world: &World, kind: &str, name: Option<&str>) -> Object {
    let object = world.cloud.objects().into_iter().find(|o| o.kind == kind).expect("one is there");
    let copy = Object::new(kind, object.fields, object.tags);
    match name {
        Some(name) => copy.named(name),
        None => copy,
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_the_mark_and_is_not_recorded_goes() {
    let world = new(1);
    applied(&world, platform(FIRST)).await;
    let stray =
        world.cloud.create(None, copy_of(&world, "sim.net", None)).await.expect("it is made");
    let plan = planned(&world, platform(FIRST)).await;
    let [change] = &plan.changes[..] else { panic!("{:?}", plan.changes) };
    let Action::Delete { why } = &change.action else { panic!("{change:?}") };
    assert!(why.contains(&stray.id) && why.contains("was not recorded"), "{why}");
    applied(&world, platform(FIRST)).await;
    check(&world, platform(FIRST)).await;
    assert!(planned(&world, platform(FIRST)).await.is_empty());
}

/// A process that had lost its lease made one more. Both have our mark, and nothing else tells them apart.
#[tokio::test(start_paused = true)]
async fn of_several_that_a_lost_create_may_have_made_one_is_it_and_the_others_go() {
    let world = new(1);
    let doomed = Process::dying_at(Point::Call(1, Moment::After));
    let end = world.seen_by(&doomed, Weather::default()).apply(platform(FIRST)).await;
    assert!(matches!(end, End::Died));
    let made = world.cloud.objects()[0].clone();
    let (kind, id) = (made.kind.clone(), made.id);
    let more = world.cloud.create(None, Object::new(&kind, made.fields, made.tags)).await;
    let more = more.expect("it is made").id;
    let plan = planned(&world, platform(FIRST)).await;
    let deletes = plan.changes.iter().filter(|c| matches!(c.action, Action::Delete { .. }));
    assert_eq!(deletes.count(), 1, "{:?}", plan.changes);
    let told = plan.changes.iter().flat_map(|c| &c.notes).any(|n| n.contains("several objects"));
    assert!(told, "{:?}", plan.changes);
    applied(&world, platform(FIRST)).await;
    assert!(planned(&world, platform(FIRST)).await.is_empty());
    let left: Vec<_> = world.cloud.objects().into_iter().map(|o| o.id).collect();
    assert!(left.contains(&id) != left.contains(&more), "{left:?}");
}

/// A restored database has the tags of the original, and another name.
#[tokio::test(start_paused = true)]
async fn a_copy_under_another_name_is_left_alone() {
    let world = new(1);
    applied(&world, platform(FIRST)).await;
    let copy = copy_of(&world, "sim.host", Some("restored"));
    let copy = world.cloud.create(None, copy).await.expect("it is made");
    let plan = planned(&world, platform(FIRST)).await;
    assert!(plan.is_empty(), "{:?}", plan.changes);
    assert!(plan.notes.iter().any(|note| note.contains(&copy.id)), "{:?}", plan.notes);
}

#[tokio::test(start_paused = true)]
async fn what_was_forgotten_is_left_alone_and_taken_up_when_it_is_wanted_again() {
    let store = MemStore::default();
    let world = new(1).with_store(Arc::new(store.clone()));
    applied(&world, platform(FIRST)).await;
    forget(&store, "sim.host/web").await;
    let without = Stack::new(STACK);
    let plan = planned(&world, without).await;
    assert!(plan.changes.iter().all(|c| c.address.kind() != "sim.host"), "{:?}", plan.changes);
    let before = world.cloud.calls().len();
    applied(&world, platform(FIRST)).await;
    assert_eq!(world.cloud.calls().len(), before, "it is the same object");
    check(&world, platform(FIRST)).await;
}

async fn forget(store: &MemStore, address: &str) {
    let holder = Holder {
        who: "tester".into(),
        host: "here".into(),
        pid: 1,
        command: "state forget".into(),
        since: jiff::Timestamp::UNIX_EPOCH,
    };
    let mut session = store.open(STACK, &Realm::Simulation, holder).await.expect("memory");
    let address = address.parse().expect("an address");
    let change = Change::Leave { address, slot: Slot::Current };
    session.append(vec![change]).await.expect("it is recorded");
    session.close().await.expect("it is given back");
}

/// The mark on the object says the old name for ever.
#[tokio::test(start_paused = true)]
async fn a_renamed_resource_is_changed_recovered_and_removed() {
    let world = new(1);
    applied(&world, moving("10.0.0.0/16", "a", false)).await;
    let renamed = |size| {
        let mut stack = Stack::new(STACK);
        let main = super::programs::net(&mut stack, "main", "10.0.0.0/16", 1500);
        stack.moved("sim.host/web", "sim.host/front");
        let nets = vec![main.id()];
        let host = groundplan_core::testing::Host { nets, image: "a".into(), size };
        stack.add("front", host);
        stack
    };
    applied(&world, renamed(2)).await;
    assert!(planned(&world, renamed(2)).await.is_empty());
    let rebuilt = recovered(&world, renamed(2)).await;
    let front = rebuilt.snapshot.entries.keys().any(|a| a.to_string() == "sim.host/front");
    assert!(front && rebuilt.left.is_empty(), "{rebuilt:?}");
    let report = world.destroy().await.report();
    assert!(report.complete() && world.cloud.objects().is_empty(), "{report:?}");
}

async fn recovered(world: &World, stack: Stack) -> Recovered {
    let graph = world.graph(stack);
    let cx =
        |lineage: &str| CxBuilder::new(STACK).lineage(lineage).with(world.cloud.clone()).build();
    let found = lineages(&graph, &registry(), &cx("")).await.expect("it looks");
    let [lineage] = &found.into_keys().collect::<Vec<_>>()[..] else { panic!("one lineage") };
    let mut empty = Snapshot::new(STACK, Realm::Simulation);
    empty.lineage.clone_from(&world.snapshot().await.lineage);
    assert_eq!(empty.lineage.to_string(), *lineage);
    recover(&graph, &registry(), &cx(lineage), empty).await.expect("it is rebuilt")
}

#[tokio::test(start_paused = true)]
async fn a_lost_state_is_rebuilt_as_it_was() {
    let world = new(1);
    applied(&world, platform(FIRST)).await;
    // A replacement, so that a generation other than the first is found as well.
    let next = Version { cidr: "10.1.0.0/16", image: "b", ..FIRST };
    applied(&world, platform(next)).await;
    let before = world.snapshot().await;
    let rebuilt = recovered(&world, platform(next)).await;
    assert!(rebuilt.missing.is_empty() && rebuilt.left.is_empty(), "{rebuilt:?}");
    assert_eq!(rebuilt.snapshot.outputs, before.outputs);
    for (address, entry) in &before.entries {
        let again = &rebuilt.snapshot.entries[address];
        assert_eq!(entry.inputs, again.inputs, "{address}");
        assert_eq!(entry.outputs, again.outputs, "{address}");
        assert_eq!(entry.needs, again.needs, "{address}");
        // Only a mark says how often an object was replaced.
        let marked = address.kind() != Rule::KIND;
        assert!(!marked || entry.generation == again.generation, "{address}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_in_the_program_is_recovered_as_left_alone() {
    let world = new(1);
    applied(&world, moving("10.0.0.0/16", "a", false)).await;
    let mut smaller = Stack::new(STACK);
    let tags = [].into();
    smaller.add("main", Net { cidr: "10.0.0.0/16".into(), mtu: 1500, tags });
    let rebuilt = recovered(&world, smaller).await;
    let left: Vec<_> = rebuilt.left.iter().map(|(address, _)| address.to_string()).collect();
    assert_eq!(left, ["sim.net/side"], "hosts are looked for where there are some");
    assert_eq!(rebuilt.snapshot.left.len(), 1);
}
