//! Managed policies: five versions are kept, and a policy that somebody has is not deleted.

use crate::harness::Wire;
use groundplan::{
    Stack,
    aws::{Arn, iam::Policy},
    json_text,
};

/// A policy that allows one action.
fn program(wire: &Wire, action: &str) -> Stack {
    let (mut stack, scope) = wire.stack();
    let document = json_text!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": [action], "Resource": "*" }],
    });
    stack.add("main", Policy::new(scope, document));
    stack
}

async fn arn(wire: &Wire) -> Arn {
    wire.outputs("iam.policy/main").await["arn"].as_str().unwrap().into()
}

#[tokio::test]
async fn the_oldest_of_five_versions_goes() {
    let wire = Wire::new("policy-versions");
    for number in 1..=7 {
        let action = format!("ec2:Describe{number}");
        wire.apply(program(&wire, &action)).await;
        assert_eq!(wire.plan(program(&wire, &action)).await, [""; 0]);
    }
    let aws = wire.clients().await;
    let arn = arn(&wire).await;
    let found = aws.iam.list_policy_versions().policy_arn(arn.as_str()).send().await.unwrap();
    let mut ids: Vec<_> = found.versions().iter().filter_map(|v| v.version_id()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["v3", "v4", "v5", "v6", "v7"]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_policy_that_somebody_has_is_not_deleted_and_the_holder_is_named() {
    let wire = Wire::new("policy-held");
    wire.apply(program(&wire, "ec2:DescribeVpcs")).await;
    let (aws, arn) = (wire.clients().await, arn(&wire).await);
    let group = "policy-held-operators";
    aws.iam.create_group().group_name(group).send().await.unwrap();
    let attach = aws.iam.attach_group_policy().group_name(group).policy_arn(arn.as_str());
    attach.send().await.unwrap();
    let report = wire.try_destroy().await;
    let [(_, fault)] = &report.failed[..] else { panic!("{report:#?}") };
    let hint = fault.hint.as_deref().unwrap_or_default();
    assert!(hint.contains("the group policy-held-operators"), "{fault:?}");
    let detach = aws.iam.detach_group_policy().group_name(group).policy_arn(arn.as_str());
    detach.send().await.unwrap();
    aws.iam.delete_group().group_name(group).send().await.unwrap();
    wire.destroy().await;
}
