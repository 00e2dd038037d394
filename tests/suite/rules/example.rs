//! The reference platform as it is shown, and as the sandbox has it.

use super::findings;
use groundplan::{Finding, Program, Stack, Waiver, platform::reference::Reference};
use serde::Deserialize;
use std::{fs, path::Path};
use toml::{Table, Value};

fn file(name: &str) -> Table {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder above");
    fs::read_to_string(root.join(name)).expect("the example").parse().expect("TOML")
}

/// Puts one table on top of another, as the command does.
fn overlay(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => overlay(under, over),
            (_, value) => drop(under.insert(key, value)),
        }
    }
}

fn found(mut settings: Table) -> Vec<Finding> {
    let rows = settings.remove("waivers").unwrap_or(Value::Array(Vec::new()));
    let waivers = Vec::<Waiver>::deserialize(rows).expect("waivers");
    let settings = <Reference as Program>::Settings::deserialize(settings).expect("settings");
    let mut stack = Stack::new("platform");
    Reference::build(&settings, &mut stack);
    findings(stack, waivers)
}

#[test]
fn the_reference_platform_keeps_every_rule_and_waives_none() {
    let found = found(file("groundplan.toml"));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_sandbox_says_of_everything_it_leaves_out_who_answers_for_it() {
    let mut settings = file("groundplan.toml");
    overlay(&mut settings, file("groundplan.sandbox.toml"));
    let found = found(settings);
    let standing: Vec<_> = found.iter().filter(|finding| finding.stands()).collect();
    assert!(standing.is_empty(), "{standing:#?}");
    assert!(!found.is_empty(), "a sandbox is small and unguarded");
}
