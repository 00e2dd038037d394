//! What a plan says: actions, reasons, unknowns, order. And that it cannot write.

use super::{
    programs::{FIRST, Version, guarded, net, platform},
    world::{self, STACK, address, check, plan_with, planned, told},
};
use groundplan_core::{
    Action, Cause, Event, Mode, Options, Plan, ReplaceOrder, Settings, Stack, Val,
    testing::{self, End, Host, Net, Rule, Sum, World},
};

fn action<'a>(plan: &'a Plan, of: &str) -> Option<&'a Action> {
    plan.changes.iter().find(|c| c.address == address(of)).map(|c| &c.action)
}

async fn applied(version: Version) -> World {
    let world = world::new(1);
    assert!(world.apply(platform(version)).await.report().complete());
    world
}

#[tokio::test(start_paused = true)]
async fn a_plan_changes_neither_cloud_nor_state() {
    let world = applied(FIRST).await;
    let before = (world.snapshot().await, world.cloud.calls());
    let plan = planned(&world, platform(Version { cidr: "10.1.0.0/16", size: 2, ..FIRST })).await;
    assert!(!plan.is_empty());
    assert_eq!((world.snapshot().await, world.cloud.calls()), before);
}

#[tokio::test(start_paused = true)]
async fn nothing_changes_when_nothing_changed() {
    let world = applied(FIRST).await;
    let calls = world.cloud.calls();
    let plan = planned(&world, platform(FIRST)).await;
    assert!(plan.is_empty(), "{:?}", plan.changes);
    let serial = world.snapshot().await.serial;
    assert!(world.apply(platform(FIRST)).await.report().complete());
    assert_eq!(world.cloud.calls(), calls, "a second run must not change anything");
    assert_eq!(world.snapshot().await.serial, serial, "nor record anything");
}

#[tokio::test(start_paused = true)]
async fn unknown_values_name_their_source() {
    let world = world::new(1);
    let plan = planned(&world, platform(FIRST)).await;
    let rule = plan.changes.iter().find(|c| c.address == address("sim.rule/in")).unwrap();
    let target = rule.fields.iter().find(|f| f.path == "target").unwrap();
    assert!(target.unknown);
    assert_eq!(target.after, "\"(sim.host/web#ip)/(sim.sum/names#text)\"");
    let Cause::Upstream(sources) = &target.cause else { panic!("{:?}", target.cause) };
    assert_eq!(sources[..], ["sim.host/web#ip", "sim.sum/names#text"]);
}

#[tokio::test(start_paused = true)]
async fn an_update_in_place_keeps_stable_outputs_known() {
    let world = applied(FIRST).await;
    let plan = planned(&world, platform(Version { mtu: 9000, ..FIRST })).await;
    assert_eq!(action(&plan, "sim.net/main"), Some(&Action::Update));
    assert_eq!(
        plan.changes.len(),
        1,
        "what only refers to its id stays as it is: {:?}",
        plan.changes
    );
    // A volatile output is not known before the update, so what uses it may change.
    let plan = planned(&world, platform(Version { size: 2, ..FIRST })).await;
    assert_eq!(action(&plan, "sim.host/web"), Some(&Action::Update));
    assert_eq!(action(&plan, "sim.rule/in"), Some(&Action::Update));
}

#[tokio::test(start_paused = true)]
async fn a_held_parent_is_made_anew_before_the_old_one_goes() {
    let world = applied(FIRST).await;
    let plan = planned(&world, platform(Version { cidr: "10.1.0.0/16", ..FIRST })).await;
    let Some(Action::Replace { because, order }) = action(&plan, "sim.net/main") else {
        panic!("{plan:?}")
    };
    assert_eq!(because[..], ["cidr"]);
    let ReplaceOrder::Create { why } = order else { panic!("{order:?}") };
    assert_eq!(why, "sim.host/web is changed in place and holds it");
    let Some(Action::Replace { because, .. }) = action(&plan, "sim.rule/in") else {
        panic!("{plan:?}")
    };
    assert_eq!(because[..], ["net"]);

    let report = world.apply(platform(Version { cidr: "10.1.0.0/16", ..FIRST })).await.report();
    assert!(report.complete(), "{report:?}");
    check(&world, platform(Version { cidr: "10.1.0.0/16", ..FIRST })).await;
}

/// What only refers to something that goes cannot always let go of it first: here the change waits for the new
/// network, that for the old one to go, and that for what the change let go of.
#[tokio::test(start_paused = true)]
async fn a_change_that_waits_for_a_replacement_does_not_hold_up_what_has_to_go_before_it() {
    let world = world::new(1);
    let mut before = Stack::new(STACK);
    let main = net(&mut before, "main", "10.0.0.0/16", 1500);
    let side = net(&mut before, "side", "10.9.0.0/16", 1500);
    let names = before.derive("names", Sum { of: vec![main.id(), side.id()] });
    before.add("in", Rule { net: side.id(), port: 80, target: names.text() });
    assert!(world.apply(before).await.report().complete());

    let after = || {
        let mut after = Stack::new(STACK);
        let main = net(&mut after, "main", "10.1.0.0/16", 1500);
        let side = net(&mut after, "side", "10.9.0.0/16", 1500);
        let host = Host { nets: vec![main.id()], image: "a".into(), size: 1 };
        let host = after.add("web", host);
        after.add("in", Rule { net: side.id(), port: 80, target: host.ip() });
        after
    };
    assert!(world.apply(after()).await.report().complete());
    check(&world, after()).await;
}

/// Only the user of a derived value has what that was made of: a database is in subnets that were looked up.
#[tokio::test(start_paused = true)]
async fn what_has_something_through_a_derived_value_lets_go_of_it_before_it_goes() {
    let world = world::new(1);
    let program = |both: bool| {
        let mut stack = Stack::new(STACK);
        let side = net(&mut stack, "side", "10.9.0.0/16", 1500);
        let main = both.then(|| net(&mut stack, "main", "10.0.0.0/16", 1500).id());
        let of = main.into_iter().chain([side.id()]).collect();
        let names = stack.derive("names", Sum { of });
        stack.add("in", Rule { net: side.id(), port: 80, target: names.text() });
        stack
    };
    assert!(world.apply(program(true)).await.report().complete());
    let (end, events) = told(&world, &world.graph(program(false)), Mode::Apply).await;
    assert!(end.report().complete());
    let let_go = events.iter().position(|event| {
        matches!(event, Event::StepDone { address, .. } if address.to_string() == "sim.rule/in")
    });
    let goes = events.iter().position(|event| {
        matches!(event, Event::StepStarted { address, .. } if address.to_string() == "sim.net/main")
    });
    assert!(let_go.expect("a change") < goes.expect("a delete"), "{events:#?}");
}

#[tokio::test(start_paused = true)]
async fn drift_is_seen_per_field_and_put_right() {
    let world = applied(FIRST).await;
    let host = world.cloud.objects().into_iter().find(|o| o.kind == "sim.host").unwrap();
    world.cloud.tamper(&host.id, |o| o.fields["size"] = 7.into());
    let plan = planned(&world, platform(FIRST)).await;
    let change = plan.changes.iter().find(|c| c.address == address("sim.host/web")).unwrap();
    assert_eq!(change.fields.len(), 1);
    assert_eq!((&change.fields[0].before, &change.fields[0].after), (&7.into(), &1.into()));
    assert_eq!(change.fields[0].cause, Cause::Drift);
    assert!(world.apply(platform(FIRST)).await.report().complete());
    check(&world, platform(FIRST)).await;
}

#[tokio::test(start_paused = true)]
async fn what_others_deleted_is_made_again() {
    let world = applied(FIRST).await;
    let rule = world.cloud.objects().into_iter().find(|o| o.kind == "sim.rule").unwrap();
    world.cloud.lose(&rule.id);
    let plan = planned(&world, platform(FIRST)).await;
    let Some(Action::Create { why: Some(why) }) = action(&plan, "sim.rule/in") else {
        panic!("{plan:?}")
    };
    assert!(why.contains("gone"), "{why}");
    assert!(world.apply(platform(FIRST)).await.report().complete());
    check(&world, platform(FIRST)).await;
}

#[tokio::test(start_paused = true)]
async fn protection_refuses_and_is_lifted_by_address_only() {
    let world = world::new(1);
    let protect = Options { protect: true, ..Options::default() };
    assert!(world.apply(guarded(protect.clone())).await.report().complete());
    let mut settings = Settings::new(Mode::Destroy);
    let plan = plan_with(&world, Stack::new("test"), &settings).await.unwrap();
    assert_eq!(plan.refusals.len(), 1);
    assert_eq!(plan.refusals[0].lift, "--unprotect sim.net/main");
    assert!(matches!(world.destroy().await, End::Refused(_)));
    assert_eq!(world.cloud.objects().len(), 1);

    settings.unprotect.insert(address("sim.net/main"));
    let plan = plan_with(&world, Stack::new("test"), &settings).await.unwrap();
    assert!(plan.refusals.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_change_of_options_alone_is_shown_and_stored() {
    let world = world::new(1);
    assert!(world.apply(guarded(Options::default())).await.report().complete());
    let protect = Options { protect: true, ..Options::default() };
    let plan = planned(&world, guarded(protect.clone())).await;
    assert_eq!(action(&plan, "sim.net/main"), Some(&Action::Record));
    assert_eq!(plan.changes[0].notes, ["options: protect: false → true"]);
    let calls = world.cloud.calls();
    assert!(world.apply(guarded(protect)).await.report().complete());
    assert_eq!(world.cloud.calls(), calls);
    assert!(world.snapshot().await.entries[&address("sim.net/main")].options.protect);
}

#[tokio::test(start_paused = true)]
async fn a_retained_object_stays_and_is_forgotten() {
    let world = world::new(1);
    let retain = Options { retain: true, ..Options::default() };
    assert!(world.apply(guarded(retain)).await.report().complete());
    let plan = planned(&world, Stack::new("test")).await;
    assert_eq!(action(&plan, "sim.net/main"), Some(&Action::Forget));
    assert!(world.apply(Stack::new("test")).await.report().complete());
    assert_eq!(world.cloud.objects().len(), 1);
    assert!(world.snapshot().await.entries.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_move_renames_and_touches_nothing() {
    let world = world::new(1);
    assert!(world.apply(guarded(Options::default())).await.report().complete());
    let calls = world.cloud.calls();
    let mut stack = Stack::new("test");
    stack.add("trunk", Net { cidr: "10.0.0.0/16".into(), mtu: 1500, tags: [].into() });
    stack.moved("sim.net/main", "sim.net/trunk");
    assert!(world.apply(stack).await.report().complete());
    assert_eq!(world.cloud.calls(), calls);
    assert!(world.snapshot().await.entries.contains_key(&address("sim.net/trunk")));
}

#[test]
fn all_mistakes_of_a_program_come_at_once() {
    let mut stack = Stack::new("Bad Name");
    stack.add("main", Net { cidr: "c".into(), mtu: 1, tags: [].into() });
    stack.add("main", Net { cidr: "c".into(), mtu: 1, tags: [].into() });
    let nowhere = Val::output(&address("sim.net/nowhere"), "id");
    stack.add("a", Rule { net: nowhere, port: 1, target: "x".into() });
    let no_output = Val::output(&address("sim.net/main"), "arn");
    stack.add("b", Rule { net: no_output, port: 1, target: "x".into() });
    let problems = stack.freeze(&testing::registry()).unwrap_err();
    let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 4, "{texts:#?}");
    assert!(
        texts[2].contains("sim.rule/a `net`: refers to sim.net/nowhere, which is not in the stack"),
        "{texts:#?}"
    );
    assert!(texts[3].contains("sim.rule/b `net`: sim.net/main has no output `arn`"), "{texts:#?}");
}

/// A slip in a flag must not look like a flag that found nothing to do.
#[tokio::test(start_paused = true)]
async fn a_flag_that_names_nothing_is_refused() {
    let world = world::new(1);
    world.apply(platform(FIRST)).await.report();
    for (flag, settings) in [
        (
            "replace",
            Settings { replace: [address("sim.net/mian")].into(), ..Settings::new(Mode::Apply) },
        ),
        (
            "unprotect",
            Settings {
                unprotect: [address("sim.net/mian")].into(),
                ..Settings::new(Mode::Destroy)
            },
        ),
    ] {
        let error = plan_with(&world, platform(FIRST), &settings).await.unwrap_err();
        assert_eq!(error.to_string(), format!("there is no `sim.net/mian`, which --{flag} names"));
        assert_eq!(error.hint().as_deref(), Some("there are sim.net/main, sim.net/side"));
    }
}

/// The same command has to work again, also when it came half-way.
#[tokio::test(start_paused = true)]
async fn a_destroy_that_is_run_again_may_name_what_is_gone() {
    let world = world::new(1);
    let named = [address("sim.net/main"), address("sim.net/side")];
    let settings = Settings { unprotect: named.into(), ..Settings::new(Mode::Destroy) };
    let plan = plan_with(&world, Stack::new("test"), &settings).await.unwrap();
    assert!(plan.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_default_of_the_program_goes_under_what_resources_say_themselves() {
    let world = world::new(1);
    let program = |default: &[(&str, &str)]| {
        let mut stack = Stack::new(STACK);
        let own = tags(&[("team", "data")]);
        stack.add("main", Net { cidr: "10.0.0.0/16".into(), mtu: 1500, tags: own });
        // Of all resources, those before it too.
        stack.default_input("tags", tags(default));
        stack
    };
    let both = program(&[("team", "all"), ("cost", "7")]);
    assert!(world.apply(both.clone()).await.report().complete());
    let graph = world.graph(both);
    let inputs = graph.inputs(&address("sim.net/main")).unwrap();
    assert_eq!(inputs["tags"], groundplan_core::json!({ "team": "data", "cost": "7" }));
    let plan = planned(&world, program(&[("cost", "8")])).await;
    let fields: Vec<_> = plan.changes[0].fields.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(fields, ["tags.cost"]);
}

fn tags(of: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
