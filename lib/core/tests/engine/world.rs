//! Short forms for what the tests do most.

use groundplan_core::{
    Address, Event, Events, Graph, Mode, Plan, PlanError, Settings, Stack,
    testing::{End, World},
};
use groundplan_state::Snapshot;
use std::sync::{Arc, Mutex};

pub(crate) const STACK: &str = "test";

pub(crate) fn new(seed: u64) -> World {
    World::new(STACK, seed)
}

pub(crate) async fn planned(world: &World, stack: Stack) -> Plan {
    plan_with(world, stack, &Settings::new(Mode::Apply)).await.expect("a plan")
}

pub(crate) async fn plan_with(
    world: &World,
    stack: Stack,
    settings: &Settings,
) -> Result<Plan, PlanError> {
    world.plan(&world.graph(stack), settings).await
}

/// A run together with what it told.
pub(crate) async fn told(world: &World, graph: &Graph, mode: Mode) -> (End, Vec<Event>) {
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let sink = events.clone();
    let world = world
        .clone()
        .with_events(Events::to(move |event| sink.lock().expect("no panic").push(event)));
    let end = world.run(graph, Settings::new(mode)).await;
    let events = events.lock().expect("no panic").clone();
    (end, events)
}

/// Looks at everything that must hold after a complete run of a program.
pub(crate) async fn check(world: &World, stack: Stack) {
    if let Err(broken) = world.check(&world.graph(stack)).await {
        let Snapshot { entries, .. } = world.snapshot().await;
        panic!("{broken}\nentries: {entries:#?}\ncalls: {:?}", world.cloud.calls());
    }
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().expect("an address")
}
