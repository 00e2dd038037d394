//! What is recorded.

use super::world::{PAINT, World, net, platform};
use crate::render::state::{list, show};
use groundplan::{
    Options, Stack,
    testing::{Host, Moment, Net, Point, Process, Weather},
};
use groundplan_state::{Slot, Timeouts};
use insta::assert_snapshot;

/// A network that is made anew, a host that moves from the old to the new, and a guarded network.
fn program(cidr: &str) -> Stack {
    let mut program = Stack::new("test");
    let main = net(&mut program, "main", cidr, 1500);
    program.add("web", Host { nets: vec![main.id()], image: "a".into(), size: 2 });
    let guarded = Options {
        protect: true,
        retain: true,
        timeouts: Timeouts { create_seconds: Some(60), ..Timeouts::default() },
        ..Options::default()
    };
    program.add_with(
        "kept",
        Net { cidr: "10.9.0.0/16".into(), mtu: 1500, tags: [].into() },
        guarded,
    );
    program
}

#[tokio::test(start_paused = true)]
async fn every_record_is_listed_with_how_far_it_came() {
    let mut world = World::with(program("10.0.0.0/16")).await;
    let doomed = Process::dying_at(Point::Call(4, Moment::Before));
    world.cloud = world.cloud.seen_by(&doomed, Weather::default());
    tokio::select! {
        () = doomed.died() => {}
        report = world.apply(program("10.1.0.0/16")) => panic!("it did not die: {report:?}"),
    }
    assert_snapshot!(list(&world.snapshot(), &PAINT), @"
    address       status                            object  options
    sim.host/web  ready                             host-2
    sim.net/kept  ready                             net-3   protect, retain, create seconds 60
    sim.net/main  ready                             net-4
    sim.net/main  replaced; deleting, not finished  net-1
    ");
    assert_snapshot!(list(&World::new().snapshot(), &PAINT), @"nothing is recorded of stack `test`");
}

#[tokio::test(start_paused = true)]
async fn one_record_is_shown_whole() {
    let world = World::with(program("10.0.0.0/16")).await;
    let snapshot = world.snapshot();
    let shown = |address: &str| {
        let address = address.parse().unwrap();
        show(&address, Slot::Current, &snapshot.entries[&address], &PAINT)
    };
    assert_snapshot!(shown("sim.host/web"), @r#"
    sim.host/web
      status      ready
      generation  0
      schema      version 0
      name        test-web
      needs       sim.net/main
    inputs
      image  "a"
      nets   ["net-1"]
      size   2
    outputs
      id    "host-2"
      ip    "10.0.0.2"
      name  "test-web"
    "#);
    assert_snapshot!(shown("sim.net/kept"), @r#"
    sim.net/kept
      status          ready
      generation      0
      schema          version 0
      protect         true
      retain          true
      create seconds  60
    inputs
      cidr  "10.9.0.0/16"
      mtu   1500
      tags  {}
    outputs
      id  "net-3"
    "#);
    let world = World::with(platform("10.0.0.0/16", 1500, 2)).await;
    assert!(list(&world.snapshot(), &PAINT).contains("sim.sum/names"));
}
