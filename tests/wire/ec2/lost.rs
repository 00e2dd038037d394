//! Answers get lost and processes die: nothing is made twice, nothing is forgotten.

use super::{FIRST, Version, assert_as_recorded, network};
use crate::harness::Wire;
use futures::future::join_all;

/// Every call that makes something.
const CREATES: [&str; 12] = [
    "AllocateAddress",
    "AssociateRouteTable",
    "AttachInternetGateway",
    "AuthorizeSecurityGroupEgress",
    "AuthorizeSecurityGroupIngress",
    "CreateInternetGateway",
    "CreateNatGateway",
    "CreateRoute",
    "CreateRouteTable",
    "CreateSecurityGroup",
    "CreateSubnet",
    "CreateVpc",
];

#[tokio::test]
async fn a_lost_answer_makes_nothing_twice() {
    let wire = Wire::new("lost-answers");
    wire.lose_answers(&CREATES);
    wire.apply(network(&wire, FIRST)).await;
    assert_as_recorded(&wire).await;
    assert_eq!(wire.plan(network(&wire, FIRST)).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_process_can_die_after_any_create() {
    let one = async |action| {
        let wire = Wire::new("dies");
        wire.die_after(action, network(&wire, FIRST)).await;
        wire.apply(network(&wire, FIRST)).await;
        assert_as_recorded(&wire).await;
        assert_eq!(wire.plan(network(&wire, FIRST)).await, [""; 0], "after {action}");
        wire.destroy().await;
    };
    let actions = CREATES.into_iter().chain(["RevokeSecurityGroupEgress"]);
    join_all(actions.map(one)).await;
}

#[tokio::test]
async fn a_process_can_die_after_any_change() {
    let changes = [
        ("ReplaceRoute", Version { direct: true, ..FIRST }),
        ("ReplaceRouteTableAssociation", Version { exposed: true, ..FIRST }),
        ("ModifySecurityGroupRules", Version { port: 8443, ..FIRST }),
        ("ModifySubnetAttribute", Version { public_ip: true, ..FIRST }),
        ("CreateTags", Version { team: "platform", ..FIRST }),
        ("DeleteSubnet", Version { private: "10.0.2.0/24", ..FIRST }),
        ("CreateSubnet", Version { private: "10.0.2.0/24", ..FIRST }),
    ];
    let wire = Wire::new("dies-changing");
    wire.apply(network(&wire, FIRST)).await;
    for (action, next) in changes {
        wire.die_after(action, network(&wire, next)).await;
        wire.apply(network(&wire, next)).await;
        assert_as_recorded(&wire).await;
        assert_eq!(wire.plan(network(&wire, next)).await, [""; 0], "after {action}");
        wire.apply(network(&wire, FIRST)).await;
    }
    wire.destroy().await;
}
