//! Built-in rules: each has a program that breaks it and one that keeps it, and the example keeps all.

mod base;
mod ec2;
mod eks;
mod example;
mod iam;
mod kafka;
mod kube;
mod stores;

use groundplan::{
    Address, Checks, Date, Finding, Severity, Stack, Val, Waiver,
    aws::{Cidr, Scope},
    kube::ClusterAccess,
};
use std::collections::{BTreeMap, BTreeSet};

/// A rule's name, a program that breaks it, and one that keeps it.
type Case = (&'static str, fn(&mut Stack), fn(&mut Stack));

/// A rule's name, a program, and whether that breaks it: what is easily mistaken.
type Edge = (&'static str, fn(&mut Stack), bool);

/// The day on which all programs are looked at.
const TODAY: Date = Date::constant(2026, 11, 26);

fn scope() -> Val<Scope> {
    let region = "eu-west-1".to_owned();
    Scope { account: "111122223333".into(), region, partition: "aws".into(), role: None, via: None }
        .into()
}

fn block(text: &str) -> Cidr {
    text.parse().expect("a block")
}

fn access() -> Val<ClusterAccess> {
    let text = String::from;
    ClusterAccess {
        name: text("main"),
        account: text("111122223333"),
        region: text("eu-west-1"),
        role: None,
        via: None,
        endpoint: text("https://main"),
        certificate_authority: String::new(),
    }
    .into()
}

fn findings(stack: Stack, waivers: Vec<Waiver>) -> Vec<Finding> {
    let graph = stack.freeze(&groundplan::registry()).expect("a sound program");
    let rules = groundplan::rules();
    Checks { rules, waivers, deny: Severity::Error, today: TODAY }.check(&graph).findings
}

/// What is found of a program, and the kinds in it.
fn look(program: fn(&mut Stack), rule: &str) -> (Vec<Finding>, BTreeSet<String>) {
    let mut stack = Stack::new("test");
    program(&mut stack);
    let graph = stack.clone().freeze(&groundplan::registry()).expect("a sound program");
    let kinds = graph.addresses().map(Address::kind).map(str::to_owned).collect();
    (findings(stack, Vec::new()).into_iter().filter(|f| f.rule == rule).collect(), kinds)
}

#[test]
fn every_rule_has_a_program_that_breaks_it_and_one_that_does_not() {
    let all =
        [base::CASES, ec2::CASES, eks::CASES, iam::CASES, kafka::CASES, kube::CASES, stores::CASES]
            .concat();
    let cases: BTreeMap<_, _> =
        all.iter().map(|(id, breaks, keeps)| (*id, (breaks, keeps))).collect();
    assert_eq!(cases.len(), all.len(), "a rule has two cases");
    let rules: BTreeSet<_> = groundplan::rules().iter().map(|rule| rule.id).collect();
    assert_eq!(rules, cases.keys().copied().collect(), "rules, and those that have cases");
    for (rule, (breaks, keeps)) in cases {
        let (broken, _) = look(*breaks, rule);
        let [found] = &broken[..] else { panic!("{rule}: found {broken:?}") };
        let (kept, kinds) = look(*keeps, rule);
        assert!(kept.is_empty(), "{rule}: found {kept:?}");
        assert!(kinds.contains(found.address.kind()), "{rule}: nothing there that could break it");
    }
}

#[test]
fn what_is_easily_mistaken_is_told_apart() {
    let all = [ec2::EDGES, iam::EDGES, kube::EDGES, stores::EDGES].concat();
    let mut wrong = Vec::new();
    for (number, (rule, program, breaks)) in all.into_iter().enumerate() {
        let (found, _) = look(program, rule);
        if found.is_empty() == breaks {
            let what = found.first().map(|finding| finding.what.as_str());
            wrong.push(format!("{number}, {rule}: breaks it: {breaks}, found {what:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_rule_tells_its_readers_what_they_need() {
    assert!(groundplan::rules().iter().count() >= 25);
    for rule in groundplan::rules().iter() {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(rule.id.chars().all(plain) && rule.id.contains('-'), "{}", rule.id);
        for text in [rule.why, rule.mend] {
            let short = (8..=160).contains(&text.len()) && !text.ends_with('.');
            assert!(short, "{}: `{text}` has {} characters", rule.id, text.len());
        }
        assert!(!rule.field.is_empty(), "{}", rule.id);
    }
}
