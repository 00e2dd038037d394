//! The settings beside this file are sound in both layouts, and mistakes in them are found.

use super::{Accounts, Settings};
use groundplan::{Graph, Json, Problems, Program, Stack};

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

/// What the program says of each resource of a kind.
fn inputs(text: &str, kind: &str) -> Vec<(String, Json)> {
    let graph = graph(text);
    let all = graph.addresses().filter(|address| address.kind() == kind);
    let said = |address| graph.inputs(address).expect("it is in the graph").clone();
    all.map(|address| (address.to_string(), said(address))).collect()
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
fn services_of_clusters_have_addresses_of_their_own() {
    let of_services = |text: &str, cidr: &str| {
        text.replace("[cluster]\n", &format!("[cluster]\nservice_cidr = \"{cidr}\"\n"))
    };
    let warehouse = |cidr: &str| BASE.to_owned() + &WAREHOUSE.replace("10.0.0.0/16", cidr);
    let network = |cidr: &str| BASE.replace("10.20.0.0/16", cidr);
    // EKS could choose what somebody has.
    for text in [
        warehouse("10.100.0.0/16"),
        warehouse("172.20.8.0/21"),
        warehouse("10.96.0.0/11"),
        network("10.100.0.0/16"),
        network("172.20.0.0/16"),
        decentral(&BASE.replace("10.40.0.0/16", "172.20.0.0/20")),
    ] {
        assert_eq!(mistakes(&text), ["cluster.service_cidr"], "{text}");
        assert_eq!(mistakes(&of_services(&text, "192.168.0.0/20")), [""; 0], "{text}");
    }
    let with = warehouse("10.0.0.0/16");
    for taken in ["10.0.16.0/20", "10.20.0.0/16", "10.0.0.0/12", "10.50.0.0/26", "10.50.0.1/20"] {
        assert_eq!(mistakes(&of_services(&with, taken)), ["cluster.service_cidr"], "{taken}");
    }
    // Of a network that is not there the addresses are free.
    assert_eq!(mistakes(&of_services(BASE, "10.40.0.0/16")), [""; 0]);
    let each = of_services(&decentral(BASE), "10.40.0.0/16");
    assert_eq!(mistakes(&each), ["cluster.service_cidr"]);
    for (address, cluster) in inputs(&of_services(BASE, "192.168.0.0/20"), "eks.cluster") {
        assert_eq!(cluster["service_cidr"], "192.168.0.0/20", "{address}");
    }
}

#[test]
fn a_warehouse_has_route_tables() {
    let tables = WAREHOUSE.lines().find(|line| line.starts_with("route_tables"));
    let none =
        BASE.to_owned() + &WAREHOUSE.replace(tables.expect("they are named"), "route_tables = {}");
    assert_eq!(mistakes(&none), ["warehouse.route_tables"]);
}

#[test]
fn accounts_are_administered_by_the_role_that_is_named() {
    let named = BASE.replace("[organization]\n", "[organization]\nrole_name = \"Execution\"\n");
    for (text, role) in [(BASE, "OrganizationAccountAccessRole"), (named.as_str(), "Execution")] {
        let accounts = inputs(text, "organizations.account");
        assert_eq!(accounts.len(), 2);
        for (address, account) in accounts {
            assert_eq!(account["role_name"], role, "{address}");
        }
    }
}

#[test]
fn accounts_have_addresses_and_names_of_their_own() {
    let twice = BASE.replace("aws+analytics@", "AWS+platform@");
    assert_eq!(mistakes(&twice), ["workloads.analytics.email"]);
    let named = BASE.replace("[workloads.analytics]", "[workloads.platform]");
    assert_eq!(mistakes(&named), ["workloads.platform"]);
}
