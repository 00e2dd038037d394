//! The forms for programs. A test that fails here means a new format.

use super::world::{World, net, release};
use crate::render::{json, report::Course};
use groundplan::{Event, Json, Stack, testing::Rule};
use insta::{assert_json_snapshot, assert_snapshot};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_plan() {
    let mut first = Stack::new("test");
    net(&mut first, "main", "10.0.0.0/16", 1500);
    net(&mut first, "side", "10.9.0.0/16", 1500);
    let world = World::with(first).await;
    let mut program = Stack::new("test");
    net(&mut program, "main", "10.1.0.0/16", 1500);
    release(&mut program, |_| {});
    let mut plan = json::plan(&world.plan(program).await, "sha256:0");
    // The release's fields are as any other's.
    plan["changes"].as_array_mut().unwrap().retain_mut(|change| {
        if change["action"] == "create" {
            change["fields"] = Json::Null;
            change["preview"]["objects"].as_array_mut().unwrap().truncate(1);
        }
        true
    });
    assert_json_snapshot!(plan);
}

#[tokio::test(start_paused = true)]
async fn events_and_end() {
    let world = World::new();
    let mut program = Stack::new("test");
    let rule = program.add("in", Rule { net: "net-9".into(), port: 80, target: "x".into() });
    program.derive("names", groundplan::testing::Sum { of: vec![rule.id()] });
    net(&mut program, "main", "10.0.0.0/16", 1500);
    let ended = world.apply(program).await;
    let mut course = Course::default();
    let mut lines = Vec::new();
    for event in world.events.lock().unwrap().iter() {
        course.event(event);
        lines.push(json::event(event, jiff::Timestamp::UNIX_EPOCH).to_string());
    }
    assert_snapshot!(lines.join("\n"), @r#"
    {"at":"1970-01-01T00:00:00Z","event":"run_started","format":1,"steps":3}
    {"address":"sim.net/main","at":"1970-01-01T00:00:00Z","event":"step_started","format":1,"step":2,"verb":"create"}
    {"address":"sim.net/main","at":"1970-01-01T00:00:00Z","event":"step_done","format":1,"seconds":0.019,"step":2,"unneeded":false,"verb":"create"}
    {"address":"sim.rule/in","at":"1970-01-01T00:00:00Z","event":"step_started","format":1,"step":0,"verb":"create"}
    {"address":"sim.rule/in","at":"1970-01-01T00:00:00Z","event":"step_failed","fault":{"class":"invalid","code":null,"hint":null,"request_id":null,"what":"sim:Create failed: net-9 is not there","why":null},"format":1,"step":0,"verb":"create"}
    {"address":"sim.sum/names","at":"1970-01-01T00:00:00Z","because":"sim.rule/in","event":"step_skipped","format":1,"step":1,"verb":"derive"}
    "#);
    assert_json_snapshot!(json::report(&ended, &course, Duration::from_millis(1500)), @r#"
    {
      "cancelled": false,
      "complete": false,
      "done": 1,
      "failed": [
        {
          "address": "sim.rule/in",
          "fault": {
            "class": "invalid",
            "code": null,
            "hint": null,
            "request_id": null,
            "what": "sim:Create failed: net-9 is not there",
            "why": null
          }
        }
      ],
      "format": 1,
      "outputs": {},
      "seconds": 1.5,
      "skipped": [
        "sim.sum/names"
      ],
      "steps": 3
    }
    "#);
    assert_json_snapshot!(json::failure(&course.failures()[0]), @r#"
    {
      "causes": [
        "sim:Create failed: net-9 is not there"
      ],
      "error": "could not create `sim.rule/in`",
      "exit": 1,
      "format": 1,
      "hints": []
    }
    "#);
}

#[test]
fn events_that_a_simulation_seldom_brings() {
    let address = || "eks.cluster/main".parse().unwrap();
    let fault = groundplan::Fault::new(groundplan::Class::Throttled, "eks:CreateCluster failed");
    let events = [
        Event::Refreshing { done: 1, total: 2 },
        Event::Waiting {
            address: address(),
            what: "the cluster to be ACTIVE".into(),
            says: "CREATING".into(),
            since: Duration::from_secs(9),
        },
        Event::Retrying { address: address(), fault, attempt: 3 },
        Event::Stopping,
        Event::Recovered { address: address(), found: "it was made".into() },
    ];
    let line = |event: &Event| json::event(event, jiff::Timestamp::UNIX_EPOCH).to_string();
    assert_snapshot!(events.iter().map(line).collect::<Vec<_>>().join("\n"), @r#"
    {"at":"1970-01-01T00:00:00Z","done":1,"event":"refreshing","format":1,"total":2}
    {"address":"eks.cluster/main","at":"1970-01-01T00:00:00Z","event":"waiting","format":1,"says":"CREATING","seconds":9.0,"what":"the cluster to be ACTIVE"}
    {"address":"eks.cluster/main","at":"1970-01-01T00:00:00Z","attempt":3,"event":"retrying","fault":{"class":"throttled","code":null,"hint":null,"request_id":null,"what":"eks:CreateCluster failed","why":null},"format":1}
    {"at":"1970-01-01T00:00:00Z","event":"stopping","format":1}
    {"address":"eks.cluster/main","at":"1970-01-01T00:00:00Z","event":"recovered","format":1,"found":"it was made"}
    "#);
}

/// The schema that is published is that of the document, and plans keep to it.
#[tokio::test(start_paused = true)]
async fn a_plan_keeps_to_the_schema_that_is_published() {
    let published: Json =
        serde_json::from_str(include_str!("../../../../docs/plan.schema.json")).unwrap();
    assert_eq!(json::schema(), published, "apply config schema plan > docs/plan.schema.json");
    let mut first = Stack::new("test");
    net(&mut first, "main", "10.0.0.0/16", 1500);
    release(&mut first, |_| {});
    let world = World::with(first).await;
    let mut program = Stack::new("test");
    net(&mut program, "main", "10.1.0.0/16", 1500);
    let plan = json::plan(&world.plan(program).await, "sha256:0");
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("plan.json", published).unwrap();
    let schema = compiler.compile("plan.json", &mut schemas).unwrap();
    schemas.validate(&plan, schema).unwrap_or_else(|error| panic!("{error:#}"));
}
