//! Taking up what exists already: by its id, or by its name or key. And marks that somebody took off.

use super::{
    programs::net,
    world::{STACK, address, check, new, plan_with, planned},
};
use groundplan_core::{
    Action, Change, Mode, Options, Plan, Settings, Stack, json,
    testing::{End, Host, Moment, Net, Object, Point, Process, Rule, Weather, World},
};
use groundplan_state::Status;
use std::collections::BTreeMap;

fn object(kind: &str, fields: groundplan_core::Json) -> Object {
    Object::new(kind, fields, BTreeMap::new())
}

/// A network that somebody made by hand.
fn planted(world: &World) -> String {
    world.cloud.plant(object("sim.net", json!({ "cidr": "10.0.0.0/16", "mtu": 1500, "tags": {} })))
}

fn of(id: &str) -> Options {
    Options { import: Some(id.to_owned()), ..Options::default() }
}

fn adopting(id: &str, mtu: u32) -> Stack {
    let mut stack = Stack::new(STACK);
    let main = Net { cidr: "10.0.0.0/16".into(), mtu, tags: BTreeMap::new() };
    stack.add_with("main", main, of(id));
    stack
}

fn only(plan: &Plan) -> &Change {
    let [change] = &plan.changes[..] else { panic!("{:?}", plan.changes) };
    change
}

fn refusal(plan: &Plan) -> String {
    let [refusal] = &plan.refusals[..] else { panic!("{:?}", plan.refusals) };
    format!("{} {}; {}", refusal.address, refusal.what, refusal.lift)
}

#[tokio::test(start_paused = true)]
async fn an_object_is_taken_up_with_the_differences_that_the_plan_showed() {
    let world = new(1);
    let id = planted(&world);
    let plan = planned(&world, adopting(&id, 9000)).await;
    assert_eq!(plan.counts().import, 1);
    let change = only(&plan);
    assert_eq!(change.action, Action::Import { id: id.clone() });
    let fields: Vec<_> = change.fields.iter().map(|f| (f.path.as_str(), &f.after)).collect();
    let stack = json!(STACK);
    assert_eq!(
        fields,
        [
            ("mtu", &json!(9000)),
            ("tags.groundplan:stack", &stack),
            ("tags.groundplan:address", &json!("sim.net/main")),
        ]
    );
    assert!(world.cloud.touched().is_empty(), "a plan touches nothing");

    assert!(world.apply(adopting(&id, 9000)).await.report().complete());
    assert!(world.cloud.calls().iter().all(|call| call.verb == "update"), "nothing is made");
    assert_eq!(world.cloud.objects().len(), 1);
    assert!(planned(&world, adopting(&id, 9000)).await.is_empty());
    // What is on record needs no id any more, and is ours to remove.
    let mut without = Stack::new(STACK);
    net(&mut without, "main", "10.0.0.0/16", 9000);
    assert!(planned(&world, without).await.is_empty());
    assert!(world.destroy().await.report().complete());
    assert!(world.cloud.objects().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_fits_and_has_no_mark_only_gets_its_mark() {
    let world = new(1);
    let id = planted(&world);
    let plan = planned(&world, adopting(&id, 1500)).await;
    assert!(only(&plan).fields.iter().all(|f| f.path.starts_with("tags.groundplan:")));
    assert!(world.apply(adopting(&id, 1500)).await.report().complete());
    let mark = &world.cloud.objects()[0].tags;
    assert_eq!(mark["groundplan:address"], "sim.net/main");
    assert_eq!(mark["groundplan:lineage"], world.snapshot().await.lineage.to_string());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_or_cannot_be_it_is_refused_with_a_sentence() {
    let world = new(1);
    let id = planted(&world);
    let said = refusal(&planned(&world, adopting("net-77", 1500)).await);
    assert!(said.contains("is to be net-77, and there is none of that id"), "{said}");
    let said = refusal(&planned(&world, adopting("host-1", 1500)).await);
    assert!(said.contains("`host-1` is no network's id; an id such as net-1"), "{said}");

    let mut other = Stack::new(STACK);
    let main = Net { cidr: "10.9.0.0/16".into(), mtu: 1500, tags: BTreeMap::new() };
    other.add_with("main", main, of(&id));
    let said = refusal(&planned(&world, other).await);
    assert!(
        said.contains("`cidr` is \"10.0.0.0/16\" where the program says \"10.9.0.0/16\""),
        "{said}"
    );

    let end = world.apply(adopting("net-77", 1500)).await;
    assert!(matches!(end, End::Refused(_)), "{end:?}");
    assert!(world.cloud.calls().is_empty() && world.snapshot().await.entries.is_empty());
}

#[tokio::test(start_paused = true)]
async fn another_stacks_object_is_refused_by_name() {
    let world = new(1);
    let mark = [
        ("groundplan:lineage", "another"),
        ("groundplan:stack", "base"),
        ("groundplan:address", "sim.net/vpc"),
        ("groundplan:generation", "0"),
    ];
    let mark = mark.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let fields = json!({ "cidr": "10.0.0.0/16", "mtu": 1500, "tags": {} });
    let id = world.cloud.plant(Object::new("sim.net", fields, mark.into()));
    let said = refusal(&planned(&world, adopting(&id, 1500)).await);
    assert!(said.contains("carries the mark of sim.net/vpc of stack `base`"), "{said}");
}

/// Putting our mark on it again would take it from whoever has it now.
#[tokio::test(start_paused = true)]
async fn what_is_on_record_and_another_stacks_by_its_mark_is_refused_and_left_alone() {
    let world = new(1);
    let program = || {
        let mut stack = Stack::new(STACK);
        net(&mut stack, "main", "10.0.0.0/16", 1500);
        stack
    };
    assert!(world.apply(program()).await.report().complete());
    let id = world.cloud.objects()[0].id.clone();
    world.cloud.tamper(&id, |o| {
        o.tags.insert("groundplan:lineage".into(), "another".into());
        o.tags.insert("groundplan:stack".into(), "base".into());
    });
    let said = refusal(&planned(&world, program()).await);
    assert_eq!(
        said,
        "sim.net/main is on record here and carries the mark of sim.net/main of stack `base`; `apply state \
         forget sim.net/main` if it is that stack's now; else its `groundplan:` tags taken off, and this \
         stack marks it again"
    );
    let found = world.refresh().await.expect("all can be read");
    assert!(found.is_empty(), "{found:?}");
    assert!(found.notes[0].contains("carries the mark of sim.net/main of stack `base`"));
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_up_serves_others_in_the_same_plan() {
    let world = new(1);
    let id = planted(&world);
    let program = || {
        let mut stack = adopting(&id, 1500);
        let main: groundplan_core::testing::NetHandle = address("sim.net/main").into();
        let rule = Rule { net: main.id(), port: 80, target: "there".to_owned().into() };
        let adopt = Options { adopt: true, ..Options::default() };
        stack.add_with("in", rule, adopt);
        stack
    };
    let key = format!("{id}:80");
    let fields = json!({ "net": id, "port": 80, "target": "elsewhere" });
    world.cloud.plant(object("sim.rule", fields).named(&key).within(&id));
    let plan = planned(&world, program()).await;
    let rule = plan.changes.iter().find(|c| c.address == address("sim.rule/in")).unwrap();
    assert_eq!(rule.action, Action::Import { id: key });
    assert_eq!(rule.fields.len(), 1, "{:?}", rule.fields);
    assert!(world.apply(program()).await.report().complete());
    assert!(planned(&world, program()).await.is_empty());
    assert_eq!(world.cloud.objects().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn adopting_takes_up_what_has_the_name_and_makes_it_where_nothing_has() {
    let program = || {
        let mut stack = Stack::new(STACK);
        let host = Host { nets: Vec::new(), image: "a".into(), size: 1 };
        stack.add_with("web", host, Options { adopt: true, ..Options::default() });
        stack
    };
    let world = new(1);
    let plan = planned(&world, program()).await;
    assert_eq!(only(&plan).action, Action::Create { why: None });
    assert!(world.apply(program()).await.report().complete());
    check(&world, program()).await;

    let world = new(2);
    let fields = json!({ "image": "a", "size": 1, "nets": [], "ip": "10.0.0.1" });
    world.cloud.plant(object("sim.host", fields).named("test-web"));
    let plan = planned(&world, program()).await;
    assert_eq!(only(&plan).action, Action::Import { id: "test-web".into() });
    assert!(world.apply(program()).await.report().complete());
    assert!(planned(&world, program()).await.is_empty());
    assert_eq!(world.cloud.objects().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_import_alone_does_nothing_else() {
    let world = new(1);
    let id = planted(&world);
    let program = || {
        let mut stack = adopting(&id, 1500);
        net(&mut stack, "side", "10.1.0.0/16", 1500);
        stack
    };
    let chosen = Some([address("sim.net/main")].into());
    let settings = Settings { only_imports: chosen, ..Settings::new(Mode::Apply) };
    let plan = plan_with(&world, program(), &settings).await.unwrap();
    assert_eq!(only(&plan).address, address("sim.net/main"));
    let graph = world.graph(program());
    assert!(world.run(&graph, settings).await.report().complete());
    assert_eq!(world.cloud.objects().len(), 1);
    let rest = planned(&world, program()).await;
    assert_eq!(only(&rest).action, Action::Create { why: None });
}

#[tokio::test(start_paused = true)]
async fn what_needs_something_that_is_still_to_be_made_is_refused() {
    let world = new(1);
    let mut stack = Stack::new(STACK);
    let main = net(&mut stack, "main", "10.0.0.0/16", 1500);
    let rule = Rule { net: main.id(), port: 80, target: "x".to_owned().into() };
    stack.add_with("in", rule, of("net-1:80"));
    let said = refusal(&planned(&world, stack).await);
    assert!(said.contains("sim.net/main, which it needs, is not there yet"), "{said}");
}

/// Whatever cuts an import off, the next run of the same program ends it, and makes nothing.
#[tokio::test(start_paused = true)]
async fn an_import_that_is_cut_off_anywhere_is_brought_to_its_end() {
    for n in 1..20 {
        for point in [
            Point::Call(n, Moment::Before),
            Point::Call(n, Moment::After),
            Point::Record(n, Moment::Before),
            Point::Record(n, Moment::After),
        ] {
            let world = new(1);
            let id = planted(&world);
            let doomed = Process::dying_at(point);
            let end = world.seen_by(&doomed, Weather::default()).apply(adopting(&id, 9000)).await;
            let died = matches!(end, End::Died);
            assert!(world.apply(adopting(&id, 9000)).await.report().complete());
            assert_eq!(world.cloud.objects().len(), 1, "{point:?}");
            let object = &world.cloud.objects()[0];
            assert_eq!(object.fields["mtu"], 9000, "{point:?}");
            assert_eq!(
                object.tags.get("groundplan:address").map(String::as_str),
                Some("sim.net/main")
            );
            let entry = world.snapshot().await.entries[&address("sim.net/main")].clone();
            assert_eq!(entry.status, Status::Ready, "{point:?}");
            assert!(planned(&world, adopting(&id, 9000)).await.is_empty(), "{point:?}");
            if !died && n > 6 {
                return;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_mark_that_somebody_took_off_is_put_back() {
    let world = new(1);
    let program = || {
        let mut stack = Stack::new(STACK);
        net(&mut stack, "main", "10.0.0.0/16", 1500);
        stack
    };
    assert!(world.apply(program()).await.report().complete());
    let id = world.cloud.objects()[0].id.clone();
    world.cloud.tamper(&id, |object| object.tags.clear());
    let plan = planned(&world, program()).await;
    assert_eq!(only(&plan).action, Action::Update);
    assert!(world.apply(program()).await.report().complete());
    assert_eq!(world.cloud.objects()[0].tags.len(), 4);
    assert!(planned(&world, program()).await.is_empty());
}

/// One object with two records would go with whichever is removed first. Marks tell; what has none is told by
/// its key.
#[tokio::test(start_paused = true)]
async fn what_is_on_record_under_another_name_is_refused() {
    let world = new(1);
    let with = |name: &str, adopt| {
        let mut stack = Stack::new(STACK);
        let id = net(&mut stack, "main", "10.0.0.0/16", 1500).id();
        let rule = Rule { net: id, port: 80, target: "x".to_owned().into() };
        stack.add_with(name, rule, Options { adopt, ..Options::default() });
        stack
    };
    assert!(world.apply(with("in", false)).await.report().complete());
    let said = refusal(&planned(&world, with("renamed", true)).await);
    let lift = "`stack.moved(\"sim.rule/in\", \"sim.rule/renamed\")`";
    assert!(said.contains("which is sim.rule/in already") && said.contains(lift), "{said}");

    let world = new(2);
    let id = planted(&world);
    let mut twice = Stack::new(STACK);
    for name in ["one", "two"] {
        let net = Net { cidr: "10.0.0.0/16".into(), mtu: 1500, tags: BTreeMap::new() };
        twice.add_with(name, net, of(&id));
    }
    let said = refusal(&planned(&world, twice).await);
    assert!(said.contains(&format!("is to be {id}, which is sim.net/")), "{said}");
}
