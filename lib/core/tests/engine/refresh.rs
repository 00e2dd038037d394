//! What others changed, told field by field; and what is ignored, which is left alone everywhere.

use super::{
    programs::net,
    world::{STACK, address, new, planned},
};
use groundplan_core::{
    Options, Refreshed, Stack, json,
    testing::{Host, Net, World},
};

fn program(size: u32, image: &str, ignore: &[&str]) -> Stack {
    let mut stack = Stack::new(STACK);
    let main = net(&mut stack, "main", "10.0.0.0/16", 1500);
    let host = Host { nets: vec![main.id()], image: image.into(), size };
    let ignore = ignore.iter().map(|path| (*path).to_owned()).collect();
    stack.add_with("web", host, Options { ignore, ..Options::default() });
    stack
}

async fn applied(program: Stack) -> World {
    let world = new(1);
    assert!(world.apply(program).await.report().complete());
    world
}

fn id(world: &World, kind: &str) -> String {
    world.cloud.objects().into_iter().find(|o| o.kind == kind).expect("it is there").id
}

async fn refreshed(world: &World) -> Refreshed {
    world.refresh().await.expect("all can be read")
}

#[tokio::test(start_paused = true)]
async fn what_others_changed_is_told_field_by_field_and_nothing_is_touched() {
    let world = applied(program(1, "a", &[])).await;
    assert!(refreshed(&world).await.is_empty());
    let (net, host) = (id(&world, "sim.net"), id(&world, "sim.host"));
    world.cloud.tamper(&net, |o| o.fields["mtu"] = 9000.into());
    world.cloud.tamper(&host, |o| o.tags.clear());
    let calls = world.cloud.calls();
    let found = refreshed(&world).await;
    let fields: Vec<_> = found.drift.iter().flat_map(|d| &d.fields).collect();
    let told: Vec<_> = fields.iter().map(|f| (f.path.as_str(), &f.live, &f.recorded)).collect();
    assert_eq!(
        told[..2],
        [
            ("tags.groundplan:stack", &json!(null), &json!(STACK)),
            ("tags.groundplan:address", &json!(null), &json!("sim.host/web")),
        ]
    );
    assert_eq!(told[2], ("mtu", &json!(9000), &json!(1500)));
    assert!(!found.records(), "drift is for a plan to mend");
    assert_eq!(world.cloud.calls(), calls);
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_and_what_moved_is_recorded_when_that_is_wanted() {
    let world = applied(program(1, "a", &[])).await;
    let host = id(&world, "sim.host");
    world.cloud.tamper(&host, |o| o.fields["ip"] = "10.9.9.9".into());
    let found = refreshed(&world).await;
    assert_eq!(found.outputs[0].output, "ip");
    world.record(found).await;
    let entry = world.snapshot().await.entries[&address("sim.host/web")].clone();
    assert_eq!(entry.outputs.unwrap()["ip"], "10.9.9.9");
    assert!(refreshed(&world).await.is_empty());

    world.cloud.lose(&host);
    let found = refreshed(&world).await;
    assert_eq!(found.gone, [address("sim.host/web")]);
    world.record(found).await;
    assert!(!world.snapshot().await.entries.contains_key(&address("sim.host/web")));
    let plan = planned(&world, program(1, "a", &[])).await;
    assert_eq!(plan.counts().create, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_ignored_is_left_alone_everywhere() {
    let world = applied(program(1, "a", &["size"])).await;
    let host = id(&world, "sim.host");
    world.cloud.tamper(&host, |o| o.fields["size"] = 7.into());
    assert!(refreshed(&world).await.drift.is_empty());
    assert!(planned(&world, program(2, "a", &["size"])).await.is_empty());
}

/// One call sets all tags: without care it would take away those that are ignored.
#[tokio::test(start_paused = true)]
async fn a_change_of_something_else_does_not_bring_back_what_is_ignored() {
    let program = |team: &str| {
        let mut stack = Stack::new(STACK);
        let tags = [("team".to_owned(), team.to_owned())].into();
        let main = Net { cidr: "10.0.0.0/16".into(), mtu: 1500, tags };
        let ignore = ["tags.cost/center".to_owned()].into();
        stack.add_with("main", main, Options { ignore, ..Options::default() });
        stack
    };
    let world = applied(program("data")).await;
    let main = id(&world, "sim.net");
    world.cloud.tamper(&main, |o| o.fields["tags"]["cost/center"] = "42".into());
    assert!(planned(&world, program("data")).await.is_empty());
    assert!(world.apply(program("platform")).await.report().complete());
    let tags = world.cloud.objects()[0].fields["tags"].clone();
    assert_eq!(tags, json!({ "team": "platform", "cost/center": "42" }));
}
