//! The kinds of IAM by themselves.

use super::{the_fault, trust_of_account};
use crate::harness::Wire;
use groundplan::aws::iam::{OidcProvider, Role, RolePolicy, ServiceLinkedRole};
use groundplan::{Options, Stack, Val, json_text};

fn role(wire: &Wire, trust: Val<String>, description: &str, session: u32) -> Stack {
    let (mut stack, scope) = wire.stack();
    let role = Role {
        description: description.into(),
        max_session_seconds: session,
        ..Role::new(scope, trust)
    };
    stack.add("app", role);
    stack
}

/// A process dies between its intent and its call, and somebody else makes a policy of that name.
#[tokio::test]
async fn anothers_policy_is_not_taken_for_one_that_was_being_made() {
    let wire = Wire::new("between");
    let program = || {
        let (mut stack, scope) = wire.stack();
        let role = stack.add("app", Role::new(scope.clone(), trust_of_account()));
        let allow = |action: &str| json_text!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] });
        stack.add("app", RolePolicy::new(scope, role.name(), "rights", allow("s3:GetObject")));
        stack
    };
    wire.die_after("GetRolePolicy", program()).await;
    let aws = wire.clients().await;
    let theirs = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}"#;
    let put = aws.iam.put_role_policy().role_name("between-app").policy_name("rights");
    put.policy_document(theirs).send().await.unwrap();
    let (report, calls) = wire.try_apply(program()).await;
    let (fault, hint) = the_fault(&report);
    assert!(fault.contains("a policy `rights` that is not this resource's"), "{fault}");
    assert!(hint.contains("another `name`"), "{hint}");
    assert_eq!(calls, [""; 0]);
    let delete = aws.iam.delete_role_policy().role_name("between-app").policy_name("rights");
    delete.send().await.unwrap();
    wire.apply(program()).await;
    wire.destroy().await;
}

#[tokio::test]
async fn a_role_changes_in_place() {
    let wire = Wire::new("role");
    wire.apply(role(&wire, trust_of_account(), "first", 3600)).await;
    let spelled = r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": ["sts:AssumeRole"] } }"#;
    assert_eq!(wire.plan(role(&wire, spelled.into(), "first", 3600)).await, [""; 0]);

    assert_eq!(wire.apply(role(&wire, trust_of_account(), "second", 7200)).await, ["UpdateRole"]);
    let other = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
        "Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let next = || role(&wire, other.into(), "second", 7200);
    assert_eq!(wire.apply(next()).await, ["UpdateAssumeRolePolicy"]);
    assert_eq!(wire.plan(next()).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_role_can_be_made_anew_beside_the_old_one() {
    let wire = Wire::new("anew");
    let program = |name: Option<&str>| {
        let (mut stack, scope) = wire.stack();
        let role = Role { name: name.map(Into::into), ..Role::new(scope, trust_of_account()) };
        let first = Options { create_before_delete: true, ..Options::default() };
        stack.add_with("app", role, first);
        stack
    };
    wire.apply(program(None)).await;
    wire.apply(program(Some("anew-other"))).await;
    assert_eq!(wire.outputs("iam.role/app").await["name"], "anew-other");
    assert_eq!(wire.plan(program(Some("anew-other"))).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_service_linked_role_is_shared_and_stays() {
    let wire = Wire::new("linked");
    let program = |wire: &Wire| {
        let (mut stack, scope) = wire.stack();
        stack.add("search", ServiceLinkedRole::new(scope, "opensearchservice.amazonaws.com"));
        stack
    };
    wire.apply(program(&wire)).await;
    assert_eq!(wire.plan(program(&wire)).await, [""; 0]);
    let other = Wire::new("linked-too");
    assert_eq!(other.apply(program(&other)).await, [""; 0], "it is there already");
    assert_eq!(
        other.outputs("iam.service_linked_role/search").await,
        wire.outputs("iam.service_linked_role/search").await
    );
    assert_eq!(wire.destroy().await, [""; 0]);
    assert_eq!(other.plan(program(&other)).await, [""; 0], "the account still has it");
    other.destroy().await;
}

#[tokio::test]
async fn audiences_of_an_oidc_provider_change_in_place() {
    let wire = Wire::new("oidc");
    let program = |audiences: &[&str]| {
        let (mut stack, scope) = wire.stack();
        let url = "https://token.actions.githubusercontent.com";
        let audiences = audiences.iter().map(|&a| a.to_owned()).collect();
        let provider = OidcProvider { audiences, ..OidcProvider::new(scope, url.into()) };
        stack.add("ci", provider);
        stack
    };
    wire.apply(program(&["sts.amazonaws.com", "other"])).await;
    assert_eq!(wire.plan(program(&["other", "sts.amazonaws.com"])).await, [""; 0]);
    let remove = "RemoveClientIDFromOpenIDConnectProvider";
    assert_eq!(wire.apply(program(&["sts.amazonaws.com"])).await, [remove]);
    assert_eq!(wire.plan(program(&["sts.amazonaws.com"])).await, [""; 0]);
    wire.destroy().await;
}
