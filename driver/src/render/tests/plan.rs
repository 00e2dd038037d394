//! Plans of the kinds of change that there are.

use super::world::{PAINT, World, net, platform, release};
use crate::render::plan::plan;
use groundplan::{
    Mode, Options, Settings, Stack, json,
    testing::{Host, Moment, Net, Point, Process, Weather},
};
use insta::assert_snapshot;

#[tokio::test(start_paused = true)]
async fn new_resources_name_the_source_of_what_is_not_known_yet() {
    let found = World::new().plan(platform("10.0.0.0/16", 1500, 2)).await;
    assert_snapshot!(plan(&found, &PAINT), @r#"
    plan of stack `test`

    + create  sim.net/main
        cidr       "10.0.0.0/16"
        mtu        1500
        tags.team  "data"

    + create  sim.net/side
        cidr       "10.9.0.0/16"
        mtu        1500
        tags.team  "data"

    + create  sim.host/web
        image  "a"
        nets   [(known after: sim.net/main#id, sim.net/side#id)]
        size   2

    + create  sim.rule/in
        net     (known after: sim.net/main#id)
        port    80
        target  "(sim.host/web#ip)/(sim.sum/names#text)" (known after apply)

    4 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged
    likely to take 10m: sim.host/web 10m
    "#);
}

#[tokio::test(start_paused = true)]
async fn nothing_to_do_is_one_sentence() {
    let world = World::with(platform("10.0.0.0/16", 1500, 2)).await;
    let found = world.plan(platform("10.0.0.0/16", 1500, 2)).await;
    assert_snapshot!(plan(&found, &PAINT), @"no changes: all 4 resources are as the program says");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_verified_is_said() {
    let mut program = Stack::new("test");
    release(&mut program, |release| release.chart = "of a hidden cluster".into());
    let world = World::with(program.clone()).await;
    assert_snapshot!(plan(&world.plan(program).await, &PAINT), @"
    no changes: the one resource is as the program says
    note: test.release/hub: not verified: the cluster cannot be reached from here
    ");
}

#[tokio::test(start_paused = true)]
async fn an_update_shows_fields_and_what_was_changed_outside() {
    let world = World::with(platform("10.0.0.0/16", 1500, 2)).await;
    let id = world.id("sim.net");
    world
        .cloud
        .tamper(&id, |o| o.fields["tags"] = json!({ "team": "other", "by": "\u{1b}[2Jhand" }));
    let found = world.plan(platform("10.0.0.0/16", 9000, 3)).await;
    assert_snapshot!(plan(&found, &PAINT), @r#"
    plan of stack `test`

    ~ update  sim.net/main
        mtu        1500            → 9000
        tags.by    "\u001b[2Jhand" → (none)  (changed outside)
        tags.team  "other"         → "data"  (changed outside)

    ~ update  sim.host/web
        size  2 → 3

    ~ update  sim.rule/in
        target  "10.0.0.2/net-1+test-web" → "(sim.host/web#ip)/net-1+test-web" (known after apply)
                because sim.host/web is updated

    0 to create, 3 to update, 0 to replace, 0 to delete, 1 unchanged
    likely to take 1m: sim.host/web 1m
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_replacement_says_why_and_in_which_order() {
    let world = World::with(platform("10.0.0.0/16", 1500, 2)).await;
    let mut program = Stack::new("test");
    let main = net(&mut program, "main", "10.1.0.0/16", 1500);
    let side = net(&mut program, "side", "10.9.0.0/16", 1500);
    program.add("web", Host { nets: vec![main.id(), side.id()], image: "a".into(), size: 2 });
    let found = world.plan(program).await;
    assert_snapshot!(plan(&found, &PAINT), @r#"
    plan of stack `test`

    2 things are not to be missed:
      - delete     sim.rule/in  because it is not in the program any more
      +/- replace  sim.net/main  because `cidr` cannot change in place

    +/- replace (create first)  sim.net/main
        because `cidr` cannot change in place
        created first because sim.host/web is changed in place and holds it
        cidr  "10.0.0.0/16" → "10.1.0.0/16"  forces replacement

    ~ update  sim.host/web
        nets  ["net-1", "net-2"] → [(known after: sim.net/main#id), "net-2"]
              because sim.net/main is replaced

    0 to create, 1 to update, 1 to replace, 1 to delete, 1 unchanged
    likely to take 1m: sim.host/web 1m
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_replacement_on_demand_deletes_first() {
    let world = World::with(platform("10.0.0.0/16", 1500, 2)).await;
    let replace = ["sim.host/web".parse().unwrap()].into();
    let settings = Settings { replace, ..Settings::new(Mode::Apply) };
    let found = world.plan_with(platform("10.0.0.0/16", 1500, 2), settings).await.unwrap();
    assert_snapshot!(plan(&found, &PAINT), @r#"
    plan of stack `test`

    1 thing is not to be missed:
      -/+ replace  sim.host/web  because --replace asks for it

    -/+ replace (delete first)  sim.host/web
        because --replace asks for it

    ~ update  sim.rule/in
        target  "10.0.0.2/net-1+test-web" → "(sim.host/web#ip)/(sim.sum/names#text)" (known after apply)
                because sim.host/web is replaced and sim.sum/names is derived anew

    0 to create, 1 to update, 1 to replace, 0 to delete, 2 unchanged
    likely to take 12m: sim.host/web 2m → sim.host/web 10m
    "#);
}

#[tokio::test(start_paused = true)]
async fn an_object_on_its_way_out_is_replaced() {
    let mut program = Stack::new("test");
    release(&mut program, |release| release.chart = "on its way out".into());
    let world = World::with(program.clone()).await;
    assert_snapshot!(plan(&world.plan(program).await, &PAINT), @r#"
    plan of stack `test`

    2 things are not to be missed:
      - delete     ConfigMap hub/two  inside test.release/hub
      -/+ replace  test.release/hub  because it is being deleted

    -/+ replace (delete first)  test.release/hub
        because it is being deleted
        - delete  ConfigMap hub/two
        ~ update  Deployment hub/web
            spec.template.spec.containers[web].image  "hub:on its way out" → "hub:on its way out"
        note: the Pods of Deployment hub/web restart

    0 to create, 0 to update, 1 to replace, 0 to delete, 0 unchanged
    "#);
}

#[tokio::test(start_paused = true)]
async fn protection_refuses_and_names_the_flag() {
    let guarded = |cidr: &str| {
        let mut program = Stack::new("test");
        let options = Options { protect: true, ..Options::default() };
        program.add_with("main", Net { cidr: cidr.into(), mtu: 1500, tags: [].into() }, options);
        program
    };
    let world = World::with(guarded("10.0.0.0/16")).await;
    let found = world.plan(guarded("10.1.0.0/16")).await;
    assert_snapshot!(plan(&found, &PAINT), @r#"
    plan of stack `test`

    1 thing is not to be missed:
      -/+ replace  sim.net/main  because `cidr` cannot change in place

    -/+ replace (delete first)  sim.net/main
        because `cidr` cannot change in place
        cidr  "10.0.0.0/16" → "10.1.0.0/16"  forces replacement

    0 to create, 0 to update, 1 to replace, 0 to delete, 0 unchanged
    refused: `sim.net/main` is protected and would be replaced
      hint: lift this with --unprotect sim.net/main
    "#);
}

#[tokio::test(start_paused = true)]
async fn options_alone_are_shown_as_a_record() {
    let program = |retain| {
        let mut program = Stack::new("test");
        let options = Options { retain, ..Options::default() };
        program.add_with(
            "main",
            Net { cidr: "10.0.0.0/16".into(), mtu: 1500, tags: [].into() },
            options,
        );
        program
    };
    let world = World::with(program(false)).await;
    let found = world.plan(program(true)).await;
    assert_snapshot!(plan(&found, &PAINT), @"
    plan of stack `test`

    = record only  sim.net/main
        nothing happens in the cloud
        note: options: retain: false → true

    0 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged, 1 on record only
    ");
    assert!(world.apply(program(true)).await.complete());
    let found = world.plan(Stack::new("test")).await;
    assert_snapshot!(plan(&found, &PAINT), @"
    plan of stack `test`

    × forget  sim.net/main
        it stays in the cloud and is ours no more

    0 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged, 1 on record only
    ");
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_and_what_is_unfinished_says_so() {
    let world = World::with(platform("10.0.0.0/16", 1500, 2)).await;
    world.cloud.lose(&world.id("sim.rule"));
    let found = world.plan(platform("10.0.0.0/16", 1500, 2)).await;
    assert_snapshot!(plan(&found, &PAINT), @r#"
    plan of stack `test`

    + create  sim.rule/in
        because it is gone, though nothing here deleted it
        net     "net-1"
        port    80
        target  "10.0.0.2/net-1+test-web"

    1 to create, 0 to update, 0 to replace, 0 to delete, 3 unchanged
    "#);

    let mut crashed = World::new();
    let doomed = Process::dying_at(Point::Call(2, Moment::After));
    crashed.cloud = crashed.cloud.seen_by(&doomed, Weather::default());
    let mut program = Stack::new("test");
    net(&mut program, "main", "10.0.0.0/16", 1500);
    tokio::select! {
        () = doomed.died() => {}
        report = crashed.apply(program.clone()) => panic!("it did not die: {report:?}"),
    }
    crashed.cloud = crashed.cloud.with_weather(Weather::default());
    let found = crashed.plan(program).await;
    assert_snapshot!(plan(&found, &PAINT), @"
    plan of stack `test`

    > finish  sim.net/main
        because the last run was interrupted before it was done

    0 to create, 1 to update, 0 to replace, 0 to delete, 0 unchanged
    ");
}

#[tokio::test(start_paused = true)]
async fn destroy_lists_what_goes_on_one_page() {
    let world = World::with(platform("10.0.0.0/16", 1500, 2)).await;
    let found = world.plan_with(Stack::new("test"), Settings::new(Mode::Destroy)).await.unwrap();
    assert_snapshot!(plan(&found, &PAINT), @"
    destroy of stack `test`

    4 things are not to be missed:
      - delete  sim.host/web
      - delete  sim.net/main
      - delete  sim.net/side
      - delete  sim.rule/in

    0 to create, 0 to update, 0 to replace, 4 to delete, 0 unchanged
    likely to take 2m: sim.host/web 2m
    ");
    let found =
        World::new().plan_with(Stack::new("test"), Settings::new(Mode::Destroy)).await.unwrap();
    assert_snapshot!(plan(&found, &PAINT), @"nothing to destroy: stack `test` holds nothing");
}
