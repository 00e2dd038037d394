//! The kinds need no more rights than they declare, those of dependent actions included.

use super::{FIRST, Version, platform_in, trust_of_account};
use crate::harness::{ACCOUNT, REGION, Wire};
use groundplan::aws::{Clients, account::AccountIdentity, eks::Scaling};
use groundplan::{Class, Known, Stack, json, resolve, to_json};
use std::collections::BTreeSet;

/// What the kinds declare.
fn declared() -> BTreeSet<&'static str> {
    let registry = groundplan::aws::registry();
    let ours = ["ec2.vpc", "ec2.subnet", "iam.", "eks."];
    let kinds = registry.kinds().filter(|kind| ours.iter().any(|prefix| kind.starts_with(prefix)));
    let iam = kinds.filter_map(|kind| registry.iam(kind));
    iam.flat_map(|iam| iam.actions().collect::<Vec<_>>()).collect()
}

async fn allow(aws: &Clients, role: &str, actions: &BTreeSet<&str>) {
    let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
    let document = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    let put = aws.iam.put_role_policy().role_name(role).policy_name("run");
    put.policy_document(document).send().await.expect("a policy");
}

/// The program, run by a role.
fn program(role: &str, version: Version) -> Stack {
    let mut stack = Stack::new("rights");
    let role = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
    let account =
        AccountIdentity { role: Some(role.into()), ..AccountIdentity::new(ACCOUNT, REGION) };
    let scope = stack.derive("main", account).scope();
    platform_in(stack, scope, version)
}

#[tokio::test]
async fn what_the_kinds_declare_is_enough_and_passing_a_role_is_part_of_it() {
    let wire = Wire::new("rights");
    let aws = wire.clients().await;
    let trust = resolve(&to_json(&trust_of_account()), &Known::new());
    let runner = aws.iam.create_role().role_name("the-runner");
    runner.assume_role_policy_document(trust.as_str().unwrap()).send().await.unwrap();

    let mut less = declared();
    assert!(less.remove("iam:PassRole"));
    allow(&aws, "the-runner", &less).await;
    let (report, _) = wire.try_apply(program("the-runner", FIRST)).await;
    let cluster = report.failed.iter().find(|(a, _)| a.to_string() == "eks.cluster/main");
    let (_, fault) = cluster.unwrap_or_else(|| panic!("{report:#?}"));
    assert_eq!(fault.class, Class::Denied, "{fault}");

    allow(&aws, "the-runner", &declared()).await;
    wire.apply(program("the-runner", FIRST)).await;
    let next = Version {
        team: "platform",
        kubernetes: "1.34",
        public: Some("203.0.113.0/24"),
        scaling: Scaling { min: 1, desired: 2, max: 2 },
        replicas: 2,
        group: "admins",
        namespaces: &[],
        ..FIRST
    };
    wire.apply(program("the-runner", next)).await;
    assert_eq!(wire.plan(program("the-runner", next)).await, [""; 0]);
    wire.destroy().await;

    let forget = aws.iam.delete_role_policy().role_name("the-runner").policy_name("run");
    forget.send().await.unwrap();
    aws.iam.delete_role().role_name("the-runner").send().await.unwrap();
}
