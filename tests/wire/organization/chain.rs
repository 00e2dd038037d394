//! Runs that are in none of the accounts that they fill, as a pipeline is: a role lets them into the management
//! account, and only from there the accounts can be entered that it makes.

use crate::harness::{ACCOUNT, REGION, Wire};
use groundplan::aws::{Tags, ec2::Vpc, organizations::Organization};
use groundplan::platform::{Account, MemberAccount};
use groundplan::{Stack, json};

/// Where the runs come from.
const PIPELINE: &str = "210987654321";

fn program(wire: &Wire, role: &str) -> Stack {
    let mut stack = Stack::new(wire.name());
    let role = Some(format!("arn:aws:iam::{ACCOUNT}:role/{role}"));
    let management = Account { id: ACCOUNT.to_owned(), region: REGION.to_owned(), role };
    let management = management.add(&mut stack, "management");
    let root = stack.derive("the", Organization::new(management.scope.clone())).root();
    let member = MemberAccount {
        management: &management,
        parent: root,
        name: wire.name().to_owned(),
        email: format!("{}@example.com", wire.name()),
        role_name: "OrganizationAccountAccessRole".to_owned(),
        adopt: false,
        region: REGION.to_owned(),
        tags: Tags::new(),
    };
    let member = member.add(&mut stack, "data");
    stack.add("data", Vpc::new(member.scope, "10.0.0.0/16".parse().unwrap()));
    stack
}

#[tokio::test]
async fn an_account_is_entered_from_the_role_that_made_it() {
    let wire = Wire::new("chain");
    let iam = &wire.clients().await.iam;
    let who = json!({ "AWS": format!("arn:aws:iam::{PIPELINE}:root") });
    let lets = json!({ "Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole" });
    let trust = json!({ "Version": "2012-10-17", "Statement": [lets] });
    let call = iam.create_role().role_name("chain").assume_role_policy_document(trust.to_string());
    call.send().await.unwrap();
    let all = "arn:aws:iam::aws:policy/AdministratorAccess";
    iam.attach_role_policy().role_name("chain").policy_arn(all).send().await.unwrap();
    // Both sides have to let it.
    let may = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": format!("arn:aws:iam::{ACCOUNT}:role/chain") });
    let may = json!({ "Version": "2012-10-17", "Statement": [may] });
    let there = wire.clients_of(PIPELINE, "groundplan-guest").await;
    let call = there.iam.put_user_policy().user_name("groundplan-outsider").policy_name("chain");
    call.policy_document(may.to_string()).send().await.unwrap();

    let wire = wire.by_outsider();
    wire.apply(program(&wire, "chain")).await;
    let id = wire.outputs("organizations.account/data").await["id"].clone();
    let scope = &wire.recorded("ec2.vpc").await.into_values().next().unwrap().inputs["scope"];
    assert_eq!(scope["account"], id);
    assert_eq!(scope["via"], format!("arn:aws:iam::{ACCOUNT}:role/chain"));
    assert_eq!(wire.plan(program(&wire, "chain")).await, [""; 0]);
    // What is removed is reached as it was recorded.
    let calls = wire.destroy().await;
    assert!(calls.contains(&"DeleteVpc".to_owned()), "{calls:?}");
}
