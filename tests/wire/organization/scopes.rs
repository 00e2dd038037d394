//! Stacks that reach into other accounts than their own, one of which they make.

use crate::harness::{REGION, Wire};
use groundplan::aws::{
    Scope,
    account::AccountIdentity,
    ec2::{Subnet, Vpc},
    organizations::{Account, Organization},
};
use groundplan::{Class, Stack, Val};

/// An account, and a network in it in two regions.
fn program(wire: &Wire) -> Stack {
    let (mut stack, scope) = wire.stack();
    let root = stack.derive("the", Organization::new(scope.clone())).root();
    let email = format!("{}@example.com", wire.name());
    let account = stack.add("data", Account::new(scope, root, wire.name(), email));
    let role = "OrganizationAccountAccessRole";
    for region in [REGION, "eu-central-1"] {
        let inside = AccountIdentity::of_member(&account, region, role);
        let inside = stack.derive(&format!("data-{region}"), inside).scope();
        network(&mut stack, region, &inside);
    }
    stack
}

fn network(stack: &mut Stack, region: &str, scope: &Val<Scope>) {
    let vpc = stack.add(region, Vpc::new(scope.clone(), "10.0.0.0/16".parse().unwrap()));
    let zone = format!("{region}a").as_str().into();
    let block = "10.0.1.0/24".parse().unwrap();
    stack.add(region, Subnet::new(scope.clone(), vpc.id(), block, zone));
}

#[tokio::test]
async fn an_account_is_made_and_filled_in_one_run_and_emptied_in_one() {
    let wire = Wire::new("filled");
    wire.apply(program(&wire)).await;
    assert_eq!(wire.plan(program(&wire)).await, [""; 0]);
    let id = wire.outputs("organizations.account/data").await["id"].clone();
    for (address, entry) in wire.recorded("ec2.vpc").await {
        assert_eq!(entry.inputs["scope"]["account"], id, "{address}");
        assert_eq!(entry.inputs["scope"]["region"], address.name(), "{address}");
    }
    let calls = wire.destroy().await;
    let deletes = calls.iter().filter(|call| call.starts_with("Delete")).count();
    assert_eq!(deletes, 4, "two networks of a subnet each: {calls:?}");
    assert_eq!(wire.snapshot().await.left.len(), 1, "the account stays");
}

#[tokio::test]
async fn processes_that_die_in_between_make_nothing_twice() {
    let wire = Wire::new("filled-dying");
    wire.apply_dying(program(&wire)).await;
    assert_eq!(wire.plan(program(&wire)).await, [""; 0]);
    wire.destroy_dying().await;
    assert_eq!(wire.destroy().await, [""; 0], "nothing is left");
}

#[tokio::test]
async fn what_is_in_an_account_that_cannot_be_reached_is_not_taken_for_gone() {
    let wire = Wire::new("unreachable");
    wire.apply(program(&wire)).await;
    let before = wire.snapshot().await.entries.len();
    let id = wire.outputs("organizations.account/data").await["id"].as_str().unwrap().to_owned();
    let aws = wire.clients().await;
    aws.organizations.close_account().account_id(&id).send().await.unwrap();
    for fault in [wire.no_plan(program(&wire)).await, wire.no_plan_to_destroy().await] {
        assert_eq!(fault.class, Class::Denied, "{fault}");
        let hint = fault.hint.as_ref().unwrap();
        assert!(hint.contains(&format!("`apply state forget --account {id}`")), "{hint}");
    }
    assert_eq!(wire.snapshot().await.entries.len(), before);
}

/// A program that names another account does not lose what is recorded in the first.
#[tokio::test]
async fn a_run_as_somebody_of_another_account_takes_nothing_there_for_gone() {
    let wire = Wire::new("elsewhere");
    let (mut stack, scope) = wire.stack();
    network(&mut stack, REGION, &scope);
    wire.apply(stack).await;
    let outsider = wire.twin().by_outsider();
    let mut stack = Stack::new(wire.name());
    let own = AccountIdentity::new("210987654321", REGION);
    let scope = stack.derive("main", own).scope();
    network(&mut stack, REGION, &scope);
    let fault = outsider.no_plan(stack).await;
    assert_eq!(fault.class, Class::Refused, "{fault}");
    assert!(fault.what.contains("this run is in account 210987654321"), "{fault}");
    wire.destroy().await;
}
