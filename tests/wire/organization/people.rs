//! People of the directory are let into an account, and through their role into the cluster there.

use crate::{
    harness::{REGION, Wire},
    trust::trust,
};
use groundplan::aws::{
    Arn, Scope,
    account::AccountIdentity,
    ec2::{Subnet, Vpc},
    eks::{AccessEntry, AccessPolicy, AccessPolicyName, Cluster},
    iam::{Role, RolePolicyAttachment},
    organizations::{Account, Organization},
    sso::{
        AccountAssignment, CustomerPolicyAttachment, Group, InlinePolicy, Instance,
        ManagedPolicyAttachment, PermissionSet, Principal, ReservedRole,
    },
};
use groundplan::{Class, Options, Stack, Val, json_text};

/// A set that lets the developers look, in an account with a cluster that lets them look too.
fn program(wire: &Wire, may: &str) -> Stack {
    let (mut stack, scope) = wire.stack();
    let root = stack.derive("the", Organization::new(scope.clone())).root();
    let email = format!("{}@example.com", wire.name());
    let account = stack.add("data", Account::new(scope.clone(), root, "data", email));
    let inside = AccountIdentity::of_member(&account, REGION, "OrganizationAccountAccessRole");
    let inside = stack.derive("data", inside).scope();

    let instance = stack.derive("the", Instance::new(scope.clone()));
    let group = Group::new(scope.clone(), instance.identity_store(), "developers");
    let group = stack.derive("developers", group).id();
    let set = PermissionSet::new(scope.clone(), instance.arn(), wire.name());
    let set = stack.add("developers", set);
    let view = Arn::from("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess");
    stack.add("view", ManagedPolicyAttachment::new(scope.clone(), set.arn(), view.into()));
    let document = json_text!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": may, "Resource": "*" }],
    });
    stack.add("clusters", InlinePolicy::new(scope.clone(), set.arn(), document));
    let group = Principal::Group(group);
    let assignment = AccountAssignment::new(scope, set.arn(), account.id(), group);
    let assignment = stack.add("developers", assignment);

    let role = ReservedRole::new(inside.clone(), set.name(), vec![assignment.account()]);
    let role = stack.derive("developers", role).arn();
    let cluster = cluster(&mut stack, &inside);
    let entry = AccessEntry::new(inside.clone(), cluster.clone(), role);
    let entry = stack.add("developers", entry).principal();
    stack.add("developers", AccessPolicy::new(inside, cluster, entry, AccessPolicyName::View));
    stack
}

/// The name of a cluster in an account.
fn cluster(stack: &mut Stack, scope: &Val<Scope>) -> Val<String> {
    let vpc = stack.add("main", Vpc::new(scope.clone(), "10.0.0.0/16".parse().unwrap())).id();
    let mut subnets = Vec::new();
    for (zone, block) in [("a", "10.0.1.0/24"), ("b", "10.0.2.0/24")] {
        let (block, place) = (block.parse().unwrap(), format!("{REGION}{zone}"));
        let subnet = Subnet::new(scope.clone(), vpc.clone(), block, place.as_str().into());
        subnets.push(stack.add(zone, subnet).id());
    }
    let role = stack.add("control", Role::new(scope.clone(), trust("eks.amazonaws.com")));
    let policy = Arn::from("arn:aws:iam::aws:policy/AmazonEKSClusterPolicy");
    let policy = RolePolicyAttachment::new(scope.clone(), role.name(), policy.into());
    let policy = stack.add("control", policy).address().clone();
    let cluster = Cluster::new(scope.clone(), "1.33", role.arn(), subnets);
    let cluster = Cluster { deletion_protection: false, ..cluster };
    stack.add_with("main", cluster, Options { after: [policy].into(), ..Options::default() }).name()
}

/// The inline policy of the role in the account, as IAM has it there.
async fn inline(wire: &Wire) -> String {
    let role = wire.outputs("sso.role/developers").await["name"].as_str().unwrap().to_owned();
    let (_, entry) = wire.recorded("eks.access_entry").await.pop_first().unwrap();
    let scope: Scope = serde_json::from_value(entry.inputs["scope"].clone()).unwrap();
    let aws = wire.clients_in(&scope).await;
    let call = aws.iam.get_role_policy().role_name(role).policy_name("AwsSSOInlinePolicy");
    call.send().await.unwrap().policy_document
}

#[tokio::test]
async fn a_group_is_let_into_a_new_account_and_its_cluster_in_one_run() {
    let wire = Wire::new("developers");
    wire.apply(program(&wire, "eks:DescribeCluster")).await;
    assert_eq!(wire.plan(program(&wire, "eks:DescribeCluster")).await, [""; 0]);
    let account =
        wire.outputs("organizations.account/data").await["id"].as_str().unwrap().to_owned();
    let role = wire.outputs("sso.role/developers").await;
    let (name, arn) = (role["name"].as_str().unwrap(), role["arn"].as_str().unwrap());
    assert!(name.starts_with("AWSReservedSSO_developers_"), "{name}");
    let path = "aws-reserved/sso.amazonaws.com/eu-west-1";
    assert_eq!(arn, format!("arn:aws:iam::{account}:role/{path}/{name}"));
    assert_eq!(role["pathless_arn"], format!("arn:aws:iam::{account}:role/{name}"));
    assert_eq!(wire.outputs("eks.access_entry/developers").await["principal"], *arn);

    // What changes in the set is in the account when the run says that it is done.
    let mut calls = wire.apply(program(&wire, "eks:ListClusters")).await;
    calls.retain(|call| call != "AssumeRole");
    assert_eq!(calls, ["ProvisionPermissionSet", "PutInlinePolicyToPermissionSet"]);
    assert!(inline(&wire).await.contains("ListClusters"));

    let calls = wire.destroy().await;
    assert!(calls.contains(&"DeleteAccountAssignment".to_owned()), "{calls:?}");
    let mut calls = wire.destroy().await;
    calls.retain(|call| call != "AssumeRole");
    assert_eq!(calls, [""; 0], "nothing is left");
}

/// A run that is cut off after a change of the set, or somebody at the console, leaves accounts behind.
#[tokio::test]
async fn accounts_that_have_not_got_the_latest_show_and_get_it() {
    let wire = Wire::new("outdated");
    let stack = || assigned(&wire, None);
    wire.apply(stack()).await;
    let set = wire.outputs("sso.permission_set/it").await["arn"].as_str().unwrap().to_owned();
    let instance = wire.outputs("sso.instance/the").await["arn"].as_str().unwrap().to_owned();
    let sso = &wire.clients().await.sso;
    let call = sso.attach_managed_policy_to_permission_set().instance_arn(instance);
    let call =
        call.permission_set_arn(set).managed_policy_arn("arn:aws:iam::aws:policy/ReadOnlyAccess");
    call.send().await.unwrap();
    let lines = wire.plan(stack()).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("update sso.permission_set/it outdated_in"), "{lines:?}");
    assert_eq!(wire.apply(stack()).await, ["ProvisionPermissionSet"]);
    assert_eq!(wire.plan(stack()).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_policy_that_the_account_lacks_is_named_and_mended_by_another_run() {
    let wire = Wire::new("lacking");
    let lacking = format!("{}-own", wire.name());
    let (report, _) = wire.try_apply(assigned(&wire, Some(&lacking))).await;
    let [(address, fault)] = &report.failed[..] else { panic!("{report:#?}") };
    assert_eq!(address.kind(), "sso.account_assignment");
    assert_eq!(fault.class, Class::Invalid);
    assert!(fault.why.as_ref().unwrap().contains(&lacking), "{fault}");
    assert!(fault.hint.as_ref().unwrap().contains("customer policies"), "{fault:?}");
    wire.apply(assigned(&wire, None)).await;
    assert_eq!(wire.plan(assigned(&wire, None)).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_set_that_somebody_else_is_assigned_through_stays_and_says_where() {
    let wire = Wire::new("held-set");
    wire.apply(assigned(&wire, None)).await;
    let other = wire.twin();
    wire.forget(&"sso.account_assignment/it".parse().unwrap()).await;
    let report = wire.try_destroy().await;
    let [(address, fault)] = &report.failed[..] else { panic!("{report:#?}") };
    assert_eq!((address.kind(), fault.class), ("sso.permission_set", Class::InUse));
    assert!(fault.why.as_ref().unwrap().contains(crate::harness::ACCOUNT), "{fault}");
    other.destroy().await;
}

/// The developers in the management account, with a customer policy in their set.
fn assigned(wire: &Wire, policy: Option<&str>) -> Stack {
    let (mut stack, scope) = wire.stack();
    let instance = stack.derive("the", Instance::new(scope.clone()));
    let group = Group::new(scope.clone(), instance.identity_store(), "developers");
    let group = Principal::Group(stack.derive("developers", group).id());
    let set = PermissionSet::new(scope.clone(), instance.arn(), wire.name());
    let set = stack.add("it", set).arn();
    let mut options = Options::default();
    if let Some(policy) = policy {
        let policy = CustomerPolicyAttachment::new(scope.clone(), set.clone(), policy.into());
        options.after.insert(stack.add("it", policy).address().clone());
    }
    let account = crate::harness::ACCOUNT.into();
    stack.add_with("it", AccountAssignment::new(scope, set, account, group), options);
    stack
}
