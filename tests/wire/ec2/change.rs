//! A change in place makes exactly its calls.

use super::{FIRST, Version, address, assert_as_recorded, id, network};
use crate::harness::Wire;
use aws_sdk_ec2::types::Tag;
use std::collections::BTreeSet;

/// Applies a version after the first one, and goes back. Either takes these calls, and what changes
/// stays the same object.
async fn change(name: &str, next: Version, plan: &[&str], calls: &[&str]) {
    let wire = Wire::new(name);
    wire.apply(network(&wire, FIRST)).await;
    let changed: BTreeSet<_> = plan.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    let outputs = async || {
        let snapshot = wire.snapshot().await;
        changed.iter().map(|a| snapshot.entries[&address(a)].outputs.clone()).collect::<Vec<_>>()
    };
    let before = outputs().await;
    assert_eq!(wire.plan(network(&wire, next)).await, plan);
    assert_eq!(wire.apply(network(&wire, next)).await, calls);
    assert_eq!(wire.plan(network(&wire, next)).await, [""; 0]);
    assert_eq!(wire.apply(network(&wire, FIRST)).await, calls, "and back");
    assert_eq!(outputs().await, before, "{changed:?}");
    wire.destroy().await;
}

#[tokio::test]
async fn a_tag_changes_on_everything_that_has_tags() {
    let next = Version { team: "platform", ..FIRST };
    let tagged = [
        "ec2.elastic_ip/nat",
        "ec2.internet_gateway/main",
        "ec2.nat_gateway/main",
        "ec2.route_table/private",
        "ec2.route_table/public",
        "ec2.security_group/db",
        "ec2.security_group/web",
        "ec2.security_group_rule/https",
        "ec2.security_group_rule/mysql",
        "ec2.security_group_rule/out",
        "ec2.security_group_rule/ping",
        "ec2.subnet/private",
        "ec2.subnet/public",
        "ec2.vpc/main",
    ];
    let lines: Vec<_> =
        tagged.iter().map(|a| format!("update {a} tags.team: \"data\" → \"platform\"")).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    change("tags", next, &lines, &["CreateTags"; 14]).await;
}

#[tokio::test]
async fn public_addresses_are_switched_on() {
    change(
        "public-ip",
        Version { public_ip: true, ..FIRST },
        &["update ec2.subnet/public public_ip: false → true"],
        &["ModifySubnetAttribute"],
    )
    .await;
}

#[tokio::test]
async fn a_rule_changes_its_port() {
    change(
        "rule-port",
        Version { port: 8443, ..FIRST },
        &[
            "update ec2.security_group_rule/https ports.from: 443 → 8443",
            "update ec2.security_group_rule/https ports.to: 443 → 8443",
        ],
        &["ModifySecurityGroupRules"],
    )
    .await;
}

#[tokio::test]
async fn a_rule_changes_its_description() {
    change(
        "rule-description",
        Version { why: "everybody", ..FIRST },
        &["update ec2.security_group_rule/https description: \"users\" → \"everybody\""],
        &["ModifySecurityGroupRules"],
    )
    .await;
}

#[tokio::test]
async fn a_route_changes_its_target_in_place() {
    let wire = Wire::new("route-target");
    wire.apply(network(&wire, FIRST)).await;
    let (nat, gateway) =
        (id(&wire, "ec2.nat_gateway/main").await, id(&wire, "ec2.internet_gateway/main").await);
    let direct = Version { direct: true, ..FIRST };
    assert_eq!(
        wire.plan(network(&wire, direct)).await,
        [
            format!("update ec2.route/private target.gateway: null → \"{gateway}\""),
            format!("update ec2.route/private target.nat_gateway: \"{nat}\" → null"),
        ]
    );
    assert_eq!(wire.apply(network(&wire, direct)).await, ["ReplaceRoute"]);
    assert_eq!(wire.plan(network(&wire, direct)).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn an_association_changes_its_table_and_so_its_id() {
    let wire = Wire::new("association");
    wire.apply(network(&wire, FIRST)).await;
    let before = id(&wire, "ec2.route_table_association/private").await;
    let (open, closed) =
        (id(&wire, "ec2.route_table/public").await, id(&wire, "ec2.route_table/private").await);
    let exposed = Version { exposed: true, ..FIRST };
    assert_eq!(
        wire.plan(network(&wire, exposed)).await,
        [format!("update ec2.route_table_association/private table: \"{closed}\" → \"{open}\"")]
    );
    assert_eq!(wire.apply(network(&wire, exposed)).await, ["ReplaceRouteTableAssociation"]);
    assert_ne!(id(&wire, "ec2.route_table_association/private").await, before);
    assert_eq!(wire.plan(network(&wire, exposed)).await, [""; 0]);
    wire.destroy().await;
}

/// What cannot change in place is replaced, together with what depends on it, and nothing else.
#[tokio::test]
async fn another_block_replaces_a_subnet_and_what_is_in_it() {
    let wire = Wire::new("subnet-cidr");
    wire.apply(network(&wire, FIRST)).await;
    let next = Version { private: "10.0.2.0/24", ..FIRST };
    let plan = wire.plan(network(&wire, next)).await;
    let changed: Vec<_> = plan.iter().filter_map(|line| line.split(" cidr: ").next()).collect();
    assert_eq!(changed.len(), 2, "{plan:#?}");
    assert!(
        plan[0].starts_with("replace ec2.route_table_association/private subnet:"),
        "{plan:#?}"
    );
    assert_eq!(plan[1], "replace ec2.subnet/private cidr: \"10.0.1.0/24\" → \"10.0.2.0/24\"");
    assert_eq!(
        wire.apply(network(&wire, next)).await,
        ["AssociateRouteTable", "CreateSubnet", "DeleteSubnet", "DisassociateRouteTable"]
    );
    assert_as_recorded(&wire).await;
    wire.destroy().await;
}

/// What is not in the plan is not touched, even in an object that the plan changes.
#[tokio::test]
async fn a_change_brings_only_what_the_plan_showed() {
    let wire = Wire::new("approved");
    wire.apply(network(&wire, FIRST)).await;
    let clients = wire.clients().await;
    let (vpc, subnet) = (id(&wire, "ec2.vpc/main").await, id(&wire, "ec2.subnet/public").await);
    let next = Version { public_ip: true, team: "platform", ..FIRST };
    let meddle = async {
        let tag = Tag::builder().key("more").value("y").build();
        clients
            .ec2
            .create_tags()
            .resources(&vpc)
            .resources(&subnet)
            .tags(tag)
            .send()
            .await
            .unwrap();
    };
    wire.apply_while(network(&wire, next), Box::pin(meddle)).await;
    assert_eq!(
        wire.plan(network(&wire, next)).await,
        [
            "update ec2.subnet/public tags.more: \"y\" → null (drift)",
            "update ec2.vpc/main tags.more: \"y\" → null (drift)"
        ]
    );
    wire.destroy().await;
}
