//! The settings beside this file are sound in both layouts, and mistakes in them are found.

use super::{Accounts, Settings};
use groundplan::{Graph, Problems, Program, Stack};

const BASE: &str = include_str!("groundplan.toml");
const WAREHOUSE: &str = include_str!("groundplan.warehouse.toml");

fn settings(text: &str) -> Settings {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}"))
}

fn mistakes(text: &str) -> Vec<String> {
    let mut problems = Problems::default();
    Accounts::check(&settings(text), &mut problems);
    problems.into_vec().into_iter().map(|(path, _)| path).collect()
}

fn graph(text: &str) -> Graph {
    assert_eq!(mistakes(text), [""; 0]);
    let settings = settings(text);
    let mut stack = Stack::new(&Accounts::stack(&settings));
    Accounts::build(&settings, &mut stack);
    stack.freeze(&groundplan::registry()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn decentral(text: &str) -> String {
    text.replace("layout = \"central\"", "layout = \"decentral\"")
}

fn count(graph: &Graph, kind: &str) -> usize {
    graph.addresses().filter(|address| address.kind() == kind).count()
}

#[test]
fn one_setting_says_who_has_a_network_and_a_cluster() {
    let base = graph(BASE);
    let other = graph(&decentral(BASE));
    for (kind, central, decentral) in [
        ("organizations.account", 2, 2),
        ("ec2.vpc", 1, 2),
        ("eks.cluster", 1, 2),
        ("rds.instance", 1, 1),
        ("ram.share", 1, 0),
        ("ec2.peering", 0, 1),
    ] {
        assert_eq!((count(&base, kind), count(&other, kind)), (central, decentral), "{kind}");
    }
}

#[test]
fn every_network_is_connected_with_the_warehouse() {
    let with = BASE.to_owned() + WAREHOUSE;
    assert_eq!(count(&graph(&with), "ec2.peering"), 1);
    assert_eq!(count(&graph(&decentral(&with)), "ec2.peering"), 3);
}

#[test]
fn networks_that_meet_have_addresses_of_their_own() {
    let overlap = BASE.replace("10.40.0.0/16", "10.20.128.0/20");
    assert_eq!(mistakes(&decentral(&overlap)), ["workloads.analytics.cidr"]);
    // Where there is one network alone the addresses of the other are nothing's.
    assert_eq!(mistakes(&overlap), [""; 0]);
    let with = BASE.to_owned() + &WAREHOUSE.replace("10.0.0.0/16", "10.20.0.0/24");
    assert_eq!(mistakes(&with), ["platform.cidr"]);
    let none = BASE.replace("cidr = \"10.40.0.0/16\"", "adopt = false");
    assert_eq!(mistakes(&decentral(&none)), ["workloads.analytics.cidr"]);
}

#[test]
fn accounts_have_addresses_and_names_of_their_own() {
    let twice = BASE.replace("aws+analytics@", "AWS+platform@");
    assert_eq!(mistakes(&twice), ["workloads.analytics.email"]);
    let named = BASE.replace("[workloads.analytics]", "[workloads.platform]");
    assert_eq!(mistakes(&named), ["workloads.platform"]);
}
