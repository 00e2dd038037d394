//! How runs end.

use super::world::{PAINT, World, net, platform};
use crate::render::report::{Course, exit, report};
use groundplan::{
    Event, Report, Stack,
    testing::{Host, Rule, Weather},
};
use insta::assert_snapshot;
use std::time::Duration;

fn page(world: &World, ended: &Report) -> String {
    let mut course = Course::default();
    world.events.lock().unwrap().iter().for_each(|event| course.event(event));
    let page = report(ended, &course, Duration::from_secs(92), &PAINT);
    format!("{page}exit {}", exit(ended))
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_done_gives_its_outputs() {
    let world = World::new();
    let mut program = platform("10.0.0.0/16", 1500, 2);
    let main = net(&mut program, "more", "10.2.0.0/16", 1500);
    program.output("network-ids", groundplan::Val::join(",", [main.id()]));
    let ended = world.apply(program).await;
    assert_snapshot!(page(&world, &ended), @"
    done: 6 steps in 1m 32s

    outputs:
      address      10.0.0.2
      network-ids  net-4
    exit 0
    ");
}

#[tokio::test(start_paused = true)]
async fn a_failure_stops_only_what_needs_it() {
    let world = World::new();
    let mut program = Stack::new("test");
    net(&mut program, "main", "10.0.0.0/16", 1500);
    let rule = program.add("in", Rule { net: "net-9".into(), port: 80, target: "x".into() });
    let host = program.add("web", Host { nets: vec![rule.id()], image: "a".into(), size: 2 });
    program.add("next", Host { nets: vec![host.id()], image: "a".into(), size: 2 });
    let ended = world.apply(program).await;
    assert_snapshot!(page(&world, &ended), @"
    error: could not create `sim.rule/in`
      cause: sim:Create failed: net-9 is not there

    not tried, because `sim.rule/in` failed:
      sim.host/web
      sim.host/next

    failed after 1m 32s: 1 of 4 steps is done and recorded
      hint: mend the causes above, then run the same command again: it goes on from here
    exit 5
    ");
}

#[tokio::test(start_paused = true)]
async fn a_stopped_run_says_what_it_was_at() {
    let mut world = World::new();
    world.cloud =
        world.cloud.with_weather(Weather { lag: Duration::from_hours(1000), ..Weather::default() });
    let stop = async {
        let waits = |event: &Event| matches!(event, Event::Waiting { .. });
        while !world.events.lock().unwrap().iter().any(waits) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        world.stop.cancel();
    };
    let (ended, ()) = tokio::join!(world.apply(platform("10.0.0.0/16", 1500, 2)), stop);
    assert_snapshot!(page(&world, &ended), @"
    stopped on the way:
      creating  sim.net/main  stopped while waiting for the object to show

    not tried, because the run stopped:
      sim.host/web
      sim.sum/names
      sim.rule/in
      sim.net/side

    stopped after 1m 32s: 0 of 5 steps are done and recorded
      hint: run the same command again: it goes on from here
    exit 130
    ");
}

#[tokio::test(start_paused = true)]
async fn a_refused_step_alone_is_a_refusal() {
    let world = World::with(platform("10.0.0.0/16", 1500, 2)).await;
    let fault = groundplan::Fault::new(groundplan::Class::Refused, "`size` would change");
    let failed = vec![("sim.host/web".parse().unwrap(), fault)];
    assert_eq!(exit(&Report { failed: failed.clone(), ..Report::default() }), 3);
    assert_eq!(exit(&Report { failed, done: 1, ..Report::default() }), 5);
    assert_eq!(exit(&world.apply(platform("10.0.0.0/16", 1500, 2)).await), 0);
}
