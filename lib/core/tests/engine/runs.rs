//! How runs go: concurrency, failures, stopping.

use super::{
    programs::{FIRST, platform, rule},
    world::{self, address, planned, told},
};
use groundplan_core::{
    Event, Mode, Verb,
    testing::{End, Object},
};

fn started(events: &[Event]) -> Vec<(String, Verb)> {
    let named = events.iter().filter_map(|event| match event {
        Event::StepStarted { address, verb, .. } => Some((address.to_string(), *verb)),
        _ => None,
    });
    named.collect()
}

#[tokio::test(start_paused = true)]
async fn steps_run_as_soon_as_they_can_the_longest_path_first() {
    let world = world::new(1);
    let graph = world.graph(platform(FIRST));
    let (end, events) = told(&world, &graph, Mode::Apply).await;
    assert!(end.report().complete());
    let order = started(&events);
    let nets: Vec<_> = order.iter().take(2).map(|(a, _)| a.as_str()).collect();
    assert_eq!(nets, ["sim.net/main", "sim.net/side"], "both networks start at once: {order:?}");
    let done = events.iter().position(|e| matches!(e, Event::StepDone { .. })).unwrap();
    let starts = events[..done].iter().filter(|e| matches!(e, Event::StepStarted { .. })).count();
    assert_eq!(starts, 2);
}

#[tokio::test(start_paused = true)]
async fn a_destroy_goes_against_the_edges() {
    let world = world::new(1);
    assert!(world.apply(platform(FIRST)).await.report().complete());
    let (end, events) = told(&world, &groundplan_core::Graph::empty("test"), Mode::Destroy).await;
    assert!(end.report().complete());
    let order = started(&events);
    let place = |name: &str| order.iter().position(|(a, _)| a == name).unwrap();
    assert!(place("sim.rule/in") < place("sim.sum/names"));
    assert!(place("sim.sum/names") < place("sim.host/web"));
    assert!(place("sim.host/web") < place("sim.net/main"));
}

#[tokio::test(start_paused = true)]
async fn a_failure_stops_only_what_depends_on_it() {
    let world = world::new(1);
    // The name that the host wants is taken by something that is not ours.
    let foreign = Object::new("sim.host", serde_json::json!({}), [].into()).named("test-web");
    world.cloud.plant(foreign);
    let report = world.apply(platform(FIRST)).await.report();
    let failed: Vec<_> = report.failed.iter().map(|(a, _)| a.to_string()).collect();
    assert_eq!(failed, ["sim.host/web"]);
    let skipped: Vec<_> = report.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(skipped, ["sim.sum/names", "sim.rule/in"]);
    assert_eq!(report.done, 2, "both networks are done and recorded");

    // The object that is not ours is still there after everything of ours is gone.
    assert!(world.destroy().await.report().complete());
    let left = world.cloud.objects();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].name.as_deref(), Some("test-web"));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_turns_out_the_same_needs_no_call() {
    let world = world::new(1);
    assert!(world.apply(platform(FIRST)).await.report().complete());
    // The same address as before: the update of the host makes it unknown, the run finds it equal.
    let host = world.cloud.objects().into_iter().find(|o| o.kind == "sim.host").unwrap();
    world.cloud.tamper(&host.id, |o| o.fields["size"] = 7.into());
    let before = world.cloud.calls().len();
    assert!(world.apply(platform(FIRST)).await.report().complete());
    let calls: Vec<_> =
        world.cloud.calls()[before..].iter().map(|c| (c.verb, c.kind.clone())).collect();
    assert_eq!(calls, [("update", "sim.host".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_stale_plan_is_refused() {
    let world = world::new(1);
    assert!(world.apply(rule("a".into())).await.report().complete());
    let plan = planned(&world, rule("b".into())).await;
    assert!(world.apply(rule("c".into())).await.report().complete());
    let End::Refused(error) = world.carry_out(plan).await else { panic!("not refused") };
    assert!(matches!(error, groundplan_core::ApplyError::Stale { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_protected_resource_stops_the_whole_destroy() {
    let world = world::new(1);
    let protect = groundplan_core::Options { protect: true, ..Default::default() };
    assert!(world.apply(super::programs::guarded(protect)).await.report().complete());
    let End::Refused(error) = world.destroy().await else { panic!("not refused") };
    assert!(
        matches!(&error, groundplan_core::ApplyError::Refused(all) if all[0].address == address("sim.net/main"))
    );
}
