//! Rules over programs: what they find, who answers for it, and what that keeps from being applied.

use crate::world::{address, new, plan_with, planned, told};
use groundplan_core::{
    ApplyError, Checks, Finding, Mode, Plan, Rule, Rules, Settings, Severity, Stack, Verdict, View,
    Waiver,
    testing::{End, Host, Net},
};

const MTU: Rule = Rule {
    id: "net-mtu",
    severity: Severity::Error,
    field: "mtu",
    why: "larger packets are dropped on the way",
    mend: "set `mtu` to 1500",
};
const SMALL: Rule = Rule { id: "host-small", severity: Severity::Warn, field: "nets", ..MTU };
const ALONE: Rule = Rule { id: "net-alone", severity: Severity::Warn, field: "", ..MTU };

fn rules() -> Rules {
    Rules::new()
        .on(SMALL, |host: &Host, view: &View<'_>| {
            // A network that is in the program can be followed, whether its id is known or not.
            let net = host.nets.first().map(|net| view.source::<Net>(net));
            match net.flatten() {
                None => Verdict::Unknown,
                Some((_, net)) if net.mtu < 1000 => Verdict::Broken("its network is small".into()),
                Some(_) => Verdict::Kept,
            }
        })
        .on(MTU, |net: &Net, _: &View<'_>| {
            (net.mtu > 1500).then(|| format!("packets have {} bytes", net.mtu))
        })
        .across(ALONE, |view| match &view.all::<Net>()[..] {
            [(only, _)] => vec![((*only).clone(), "there is no other network".to_owned())],
            _ => Vec::new(),
        })
}

fn program(mtu: u32) -> Stack {
    let mut program = Stack::new("test");
    let net = program.add("main", Net { cidr: "10.0.0.0/16".into(), mtu, tags: [].into() });
    program.add("web", Host { nets: vec![net.id()], image: "a".into(), size: 1 });
    program
}

fn waiver(rule: &str, of: Option<&str>, expires: &str) -> Waiver {
    Waiver {
        rule: rule.into(),
        address: of.map(address),
        reason: "a trial".into(),
        owner: "network team".into(),
        expires: expires.parse().expect("a day"),
    }
}

fn settings(waivers: &[Waiver], deny: Severity) -> Settings {
    let today = "2026-06-15".parse().expect("a day");
    let checks = Checks { rules: rules(), waivers: waivers.to_vec(), deny, today };
    Settings { checks, ..Settings::new(Mode::Apply) }
}

async fn checked(mtu: u32, waivers: &[Waiver]) -> Plan {
    plan_with(&new(1), program(mtu), &settings(waivers, Severity::Error)).await.expect("a plan")
}

fn names(findings: &[Finding]) -> Vec<(&str, String, bool)> {
    findings.iter().map(|f| (f.rule.as_str(), f.address.to_string(), f.stands())).collect()
}

#[tokio::test(start_paused = true)]
async fn the_same_program_gets_the_same_findings_before_and_after_it_is_applied() {
    let (world, settings) = (new(1), settings(&[], Severity::Error));
    let before = plan_with(&world, program(900), &settings).await.unwrap();
    assert_eq!(
        names(&before.findings),
        [("host-small", "sim.host/web".into(), true), ("net-alone", "sim.net/main".into(), true)]
    );
    told(&world, &world.graph(program(900)), Mode::Apply).await;
    let after = plan_with(&world, program(900), &settings).await.unwrap();
    assert!(after.is_empty(), "nothing changes");
    assert_eq!(before.findings, after.findings);
    assert!(planned(&world, program(900)).await.findings.is_empty(), "no rules, no findings");
}

#[tokio::test(start_paused = true)]
async fn what_weighs_most_comes_first_and_keeps_the_plan_from_being_applied() {
    let plan = checked(9000, &[]).await;
    assert_eq!(plan.findings[0].rule, "net-mtu");
    assert_eq!(plan.findings[0].what, "packets have 9000 bytes");
    let [refusal] = &plan.refusals[..] else { panic!("{:?}", plan.refusals) };
    assert_eq!(refusal.what, "breaks the rule `net-mtu`: packets have 9000 bytes");
    assert_eq!(refusal.lift, "a waiver of `net-mtu` in the settings, or by mending it");

    let world = new(1);
    let graph = world.graph(program(9000));
    let end = world.run(&graph, settings(&[], Severity::Error)).await;
    assert!(matches!(end, End::Refused(ApplyError::Refused(_))), "{end:?}");
    assert!(world.cloud.objects().is_empty(), "nothing is done");
    let plan = plan_with(&world, program(1500), &settings(&[], Severity::Warn)).await.unwrap();
    assert_eq!(plan.refusals.len(), 1, "a stricter team refuses warnings too");
}

#[tokio::test(start_paused = true)]
async fn a_waiver_answers_for_a_finding_until_its_last_day_is_over() {
    let on_the_day = checked(9000, &[waiver("net-mtu", None, "2026-06-15")]).await;
    assert_eq!(names(&on_the_day.findings)[0], ("net-mtu", "sim.net/main".into(), false));
    assert_eq!(on_the_day.findings[0].waiver.as_ref().unwrap().owner, "network team");
    assert!(on_the_day.refusals.is_empty());

    let the_day_after = checked(9000, &[waiver("net-mtu", None, "2026-06-14")]).await;
    assert!(the_day_after.findings[0].expired && the_day_after.findings[0].stands());
    assert_eq!(the_day_after.refusals.len(), 1);

    let of = Some("sim.net/main");
    let renewed = [waiver("net-mtu", of, "2026-06-14"), waiver("net-mtu", None, "2027-01-01")];
    assert!(!checked(9000, &renewed).await.findings[0].stands(), "one that counts is enough");
}

#[tokio::test(start_paused = true)]
async fn a_waiver_that_answers_for_nothing_is_said_to() {
    let plan = checked(1500, &[waiver("net-mtu", Some("sim.net/main"), "2027-01-01")]).await;
    assert_eq!(
        plan.notes,
        ["the waiver of `net-mtu` for sim.net/main answers for nothing; take it out"]
    );
    let elsewhere = checked(9000, &[waiver("net-mtu", Some("sim.net/side"), "2027-01-01")]).await;
    assert!(elsewhere.findings[0].stands(), "it names another resource");
}

#[tokio::test(start_paused = true)]
async fn what_a_rule_cannot_judge_is_said_and_is_no_finding() {
    let mut stack = program(1500);
    stack.add("db", Host { nets: vec!["net-77".into()], image: "a".into(), size: 1 });
    let plan = plan_with(&new(1), stack, &settings(&[], Severity::Error)).await.unwrap();
    assert_eq!(
        plan.notes,
        ["sim.host/db: `nets` is known only after apply; rule `host-small` has not judged it"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_destroy_is_held_against_nothing() {
    let settings = Settings { mode: Mode::Destroy, ..settings(&[], Severity::Warn) };
    let plan = plan_with(&new(1), program(9000), &settings).await.unwrap();
    assert!(plan.findings.is_empty() && plan.refusals.is_empty());
}
