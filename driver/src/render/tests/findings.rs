//! What rules found, in a plan and by itself.

use super::world::{PAINT, World, net};
use crate::render::{findings::section, plan::plan};
use groundplan::{
    Checks, Mode, Plan, Rule, Rules, Settings, Severity, Stack, View, Waiver, testing::Net,
};
use insta::assert_snapshot;

fn program() -> Stack {
    let mut program = Stack::new("test");
    net(&mut program, "main", "0.0.0.0/0", 9000);
    net(&mut program, "side", "10.0.0.0/16", 9000);
    program
}

fn waiver(rule: &str, address: &str, reason: &str, expires: &str) -> Waiver {
    Waiver {
        rule: rule.into(),
        address: Some(address.parse().unwrap()),
        reason: reason.into(),
        owner: "network team".into(),
        expires: expires.parse().unwrap(),
    }
}

async fn found(program: Stack, waivers: Vec<Waiver>) -> Plan {
    let open = Rule {
        id: "net-open",
        severity: Severity::Error,
        field: "cidr",
        why: "it overlaps every other network",
        mend: "choose a block of your own",
    };
    let mtu = Rule {
        id: "net-mtu",
        severity: Severity::Warn,
        field: "mtu",
        why: "large packets are dropped on the way",
        mend: "set `mtu` to 1500",
    };
    let rules = Rules::new()
        .on(open, |net: &Net, _: &View<'_>| {
            net.cidr.ends_with("/0").then_some("its block is every address")
        })
        .on(mtu, |net: &Net, _: &View<'_>| (net.mtu > 1500).then_some("packets have 9000 bytes"));
    let today = "2026-11-26".parse().unwrap();
    let checks = Checks { rules, waivers, deny: Severity::Error, today };
    let settings = Settings { checks, ..Settings::new(Mode::Apply) };
    World::new().plan_with(program, settings).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn errors_come_first_and_what_is_answered_for_is_one_line() {
    let waivers = vec![
        waiver("net-mtu", "sim.net/side", "a trial of jumbo frames", "2027-01-31"),
        waiver("net-open", "sim.net/main", "until the move", "2026-10-31"),
    ];
    let plan = found(program(), waivers).await;
    assert_snapshot!(section(&plan.findings, &PAINT), @"
    1 error and 1 warning by rules:
      error sim.net/main: its block is every address (net-open)
            mend: choose a block of your own
            note: the waiver of network team expired on 2026-10-31
      warn  sim.net/main: packets have 9000 bytes (net-mtu)
            mend: set `mtu` to 1500
    1 finding waived:
      net-mtu  sim.net/side: a trial of jumbo frames (network team until 2027-01-31)
    ");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_refused_ends_with_why() {
    let found = found(program(), Vec::new()).await;
    let page = plan(&found, &PAINT);
    let (_, end) = page.split_once("+ create  sim.net/side\n").unwrap();
    assert_snapshot!(end, @r#"
        cidr       "10.0.0.0/16"
        mtu        9000
        tags.team  "data"

    1 error and 2 warnings by rules:
      error sim.net/main: its block is every address (net-open)
            mend: choose a block of your own
      warn  sim.net/main: packets have 9000 bytes (net-mtu)
            mend: set `mtu` to 1500
      warn  sim.net/side: packets have 9000 bytes (net-mtu)
            mend: set `mtu` to 1500

    2 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged
    refused: `sim.net/main` breaks the rule `net-open`: its block is every address
      hint: lift this with a waiver of `net-open` in the settings, or by mending it
    "#);
}

#[tokio::test(start_paused = true)]
async fn words_from_elsewhere_cannot_hide_a_finding() {
    let reason = &format!("fine\u{1b}[2K\nno findings\n{}", "and so on ".repeat(50));
    let waivers = vec![waiver("net-open", "sim.net/main", reason, "2027-01-31")];
    let found = found(program(), waivers).await;
    let text = section(&found.findings, &PAINT);
    assert!(!text.contains('\u{1b}') && text.contains("fine\\u{1b}[2K"), "{text}");
    assert!(!text.lines().any(|line| line == "no findings"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= PAINT.width), "{text}");
    assert_eq!(section(&[], &PAINT), "");
}
