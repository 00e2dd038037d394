//! Failures of every source, as the user sees them.

use super::world::{PAINT, World, net, platform};
use crate::render::error::{Failure, failure};
use groundplan::{
    Address, Class, Fault, Mode, Settings, Stack, Verb,
    testing::{Moment, Object, Point, Process, Rule, Weather},
};
use groundplan_state::Holder;
use insta::assert_snapshot;

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn said(found: impl Into<Failure>) -> String {
    let found = found.into();
    format!("{}exit {}", failure(&found, &PAINT), found.exit)
}

#[test]
fn a_failed_step_says_what_why_and_what_now() {
    let fault = Fault::new(Class::Invalid, "ec2:CreateSubnet failed")
        .code("InvalidSubnet.Conflict")
        .why("the CIDR '10.0.1.0/24' conflicts with another subnet")
        .request_id("59dbff89-35bd-4eac-99ed-be587EXAMPLE")
        .hint("choose a range that no subnet of vpc-1 has: `aws ec2 describe-subnets`");
    assert_snapshot!(said((&address("ec2.subnet/a"), Verb::Create, &fault)), @"
    error: could not create `ec2.subnet/a`
      cause: ec2:CreateSubnet failed: InvalidSubnet.Conflict: the CIDR '10.0.1.0/24' conflicts with another subnet (request id 59dbff89-35bd-4eac-99ed-be587EXAMPLE)
      hint: choose a range that no subnet of vpc-1 has: `aws ec2 describe-subnets`
    exit 1
    ");
}

#[test]
fn a_cause_of_many_lines_stands_below_itself() {
    let fault = Fault::new(Class::Refused, "helm upgrade failed")
        .why("Error: UPGRADE FAILED\n\u{1b}[31mpre-upgrade hooks failed\n");
    assert_snapshot!(said((&address("helm.release/hub"), Verb::Update, &fault)), @r"
    error: could not update `helm.release/hub`
      cause: helm upgrade failed: Error: UPGRADE FAILED
             \u{1b}[31mpre-upgrade hooks failed
    exit 3
    ");
}

#[test]
fn all_mistakes_of_a_program_come_at_once() {
    let mut program = Stack::new("test");
    net(&mut program, "main", "10.0.0.0/16", 1500);
    net(&mut program, "main", "10.1.0.0/16", 1500);
    program.problem(
        Some("ec2.subnet/a".into()),
        Some("cidr".into()),
        "is no network: use a.b.c.d/n",
    );
    program.problem(None, None, "two outputs are called `url`");
    let mistakes = program.clone().freeze(&super::world::registry()).unwrap_err();
    assert_snapshot!(said(&mistakes[..]), @"
    error: the program has 3 mistakes; nothing was touched
      cause: 1.  sim.net/main          is added twice; give one of them another name
             2.  ec2.subnet/a  `cidr`  is no network: use a.b.c.d/n
             3.  the stack             two outputs are called `url`
      hint: mend the program and run the same command again
    exit 1
    ");
    assert_snapshot!(said(&mistakes[..1]), @"
    error: the program has 1 mistake; nothing was touched
      cause: sim.net/main: is added twice; give one of them another name
      hint: mend the program and run the same command again
    exit 1
    ");
}

#[tokio::test(start_paused = true)]
async fn a_refused_plan_names_every_guard() {
    let world = World::with(guarded("10.0.0.0/16")).await;
    let settings = Settings::new(Mode::Apply);
    let refused = world.try_apply(guarded("10.1.0.0/16"), settings).await.unwrap_err();
    assert_snapshot!(said(&refused), @"
    error: the plan is refused
      cause: `sim.net/main` is protected and would be replaced
      cause: `sim.net/side` is protected and would be replaced
      hint: lift this with --unprotect sim.net/main
      hint: lift this with --unprotect sim.net/side
    exit 3
    ");
}

fn guarded(cidr: &str) -> Stack {
    let options = groundplan::Options { protect: true, ..Default::default() };
    let mut program = Stack::new("test");
    for name in ["main", "side"] {
        let net = groundplan::testing::Net { cidr: cidr.into(), mtu: 1500, tags: [].into() };
        program.add_with(name, net, options.clone());
    }
    program
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_not_of_this_state_is_refused() {
    let world = World::new();
    let old = world.plan(platform("10.0.0.0/16", 1500, 2)).await;
    assert!(world.apply(platform("10.0.0.0/16", 1500, 2)).await.complete());
    let stale = world.carry_out(old, world.session().await.as_mut()).await.unwrap_err();
    assert_snapshot!(said(&stale), @"
    error: the state has changed since the plan was made (serial 0, now 16)
      cause: another run changed it in between; this one changed nothing
      hint: plan again and look at what is different now
    exit 3
    ");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_cannot_be_made_says_what_was_seen() {
    let mut crashed = World::new();
    let doomed = Process::dying_at(Point::Call(1, Moment::After));
    crashed.cloud = crashed.cloud.seen_by(&doomed, Weather::default());
    let mut program = Stack::new("test");
    net(&mut program, "main", "10.0.0.0/16", 1500);
    tokio::select! {
        () = doomed.died() => {}
        report = crashed.apply(program.clone()) => panic!("it did not die: {report:?}"),
    }
    crashed.cloud = crashed.cloud.with_weather(Weather::default());
    let tags = crashed.cloud.objects()[0].tags.clone();
    let double = Object::new("sim.net", groundplan::json!({}), tags);
    crashed.cloud.create(None, double).await.unwrap();
    // Without the search for what carries the mark nothing says that one of them goes.
    let settings = Settings { refresh: false, ..Settings::new(Mode::Apply) };
    let none = crashed.plan_with(program, settings).await.unwrap_err();
    assert_snapshot!(said(&none), @"
    error: `sim.net/main` could be any of net-1, net-2
      hint: look at each and keep one: delete the others, or take the mark off them, as with `aws ec2 delete-tags --resources ID --tags Key=groundplan:lineage`; then run again
    exit 1
    ");
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_of_the_cloud_keeps_its_words() {
    let world = World::new();
    let mut program = Stack::new("test");
    program.add("in", Rule { net: "net-9".into(), port: 80, target: "x".into() });
    let report = world.apply(program).await;
    let (address, fault) = &report.failed[0];
    assert_snapshot!(said((address, Verb::Create, fault)), @"
    error: could not create `sim.rule/in`
      cause: sim:Create failed: net-9 is not there
    exit 1
    ");
}

#[test]
fn a_state_in_use_names_who_has_it() {
    let holder = Holder {
        who: "deploy@example".into(),
        host: "runner-7".into(),
        pid: 4711,
        command: "apply".into(),
        since: jiff::Timestamp::UNIX_EPOCH,
    };
    let locked = groundplan_state::Error::Locked { stack: "datahub".into(), holder: holder.into() };
    assert_snapshot!(said(&locked), @"
    error: the state of stack `datahub` is in use by deploy@example (`apply`, process 4711 on runner-7, since 1970-01-01T00:00:00Z)
      hint: wait for it with --wait-for-lock; if it is dead, `apply state unlock` says so and frees the stack
    exit 4
    ");
}

#[test]
fn an_error_of_the_system_is_behind_the_failure() {
    let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
    let path = ".groundplan/datahub/state.json".into();
    let full = groundplan_state::Error::Io { action: "write", path, source };
    assert_snapshot!(said(&groundplan::ApplyError::Store(full)), @"
    error: the state could not be written
      cause: could not write .groundplan/datahub/state.json
      cause: no storage space
      hint: free some disk space and run the same command again: it goes on from here
      hint: every step's intent is on record: the next run looks into what was under way
    exit 5
    ");
}
