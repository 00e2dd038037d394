//! A network comes, stays as it is, and goes.

use super::{FIRST, Version, assert_as_recorded, id, marked, network};
use crate::harness::Wire;
use aws_sdk_ec2::types::Filter;
use std::collections::BTreeSet;

#[tokio::test]
async fn a_network_comes_stays_and_goes() {
    let wire = Wire::new("life");
    wire.apply(network(&wire, FIRST)).await;
    assert_as_recorded(&wire).await;
    assert_eq!(wire.plan(network(&wire, FIRST)).await, [""; 0]);
    assert_eq!(wire.apply(network(&wire, FIRST)).await, [""; 0], "nothing is changed twice");

    let lineage = wire.snapshot().await.lineage.to_string();
    let vpc = id(&wire, "ec2.vpc/main").await;
    wire.destroy().await;
    let clients = wire.clients().await;
    assert_eq!(marked(&clients, &lineage).await, [""; 0]);
    let filter = Filter::builder().name("vpc-id").values(vpc).build();
    let left = clients.ec2.describe_route_tables().filters(filter).send().await.unwrap();
    assert_eq!(left.route_tables().len(), 0, "the VPC took nothing unmarked with it");
}

#[tokio::test]
async fn egress_is_what_the_program_says() {
    let wire = Wire::new("egress");
    wire.apply(network(&wire, FIRST)).await;
    let clients = wire.clients().await;
    for (group, expected) in
        [("web", vec![id(&wire, "ec2.security_group_rule/out").await]), ("db", vec![])]
    {
        let id = id(&wire, &format!("ec2.security_group/{group}")).await;
        let filter = Filter::builder().name("group-id").values(id).build();
        let rules = clients.ec2.describe_security_group_rules().filters(filter).send().await;
        let rules = rules.unwrap();
        let egress = rules.security_group_rules().iter().filter(|r| r.is_egress() == Some(true));
        let egress: Vec<_> = egress.filter_map(|r| r.security_group_rule_id()).collect();
        assert_eq!(egress, expected, "{group}");
    }
    wire.destroy().await;
}

/// A role that may do what the kinds declare can run everything.
#[tokio::test]
async fn every_call_is_declared() {
    let wire = Wire::new("iam");
    let mut calls = Vec::new();
    wire.apply(network(&wire, FIRST)).await;
    calls.extend(wire.all_calls());
    wire.apply(network(&wire, Version { team: "platform", port: 8443, ..FIRST })).await;
    calls.extend(wire.all_calls());
    wire.apply(network(&wire, Version { direct: true, exposed: true, public_ip: true, ..FIRST }))
        .await;
    calls.extend(wire.all_calls());
    wire.destroy().await;
    calls.extend(wire.all_calls());

    let registry = groundplan::aws::registry();
    let kinds = registry.kinds().filter(|kind| kind.starts_with("ec2."));
    let declared: BTreeSet<_> = kinds
        .filter_map(|kind| Some(registry.meta(kind)?.iam))
        .flat_map(|iam| [iam.observe, iam.create, iam.converge, iam.delete].concat())
        .collect();
    // Needs no permission.
    calls.retain(|call| call != "GetCallerIdentity");
    assert!(calls.len() > 100, "{calls:?}");
    for call in calls {
        assert!(declared.contains(format!("ec2:{call}").as_str()), "{call} is not declared");
    }
}
