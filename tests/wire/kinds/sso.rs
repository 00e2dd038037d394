//! Permission sets, what they allow, and who has them.

use super::{ground::Ground, specimen::Specimen, specimens};
use crate::harness::ACCOUNT;
use groundplan::aws::{
    Arn,
    iam::Policy,
    sso::{
        AccountAssignment, Boundary, CustomerPolicy, CustomerPolicyAttachment, Group, InlinePolicy,
        Instance, InstanceHandle, ManagedPolicyAttachment, PermissionSet, PermissionSetHandle,
        PermissionsBoundary, Principal, User,
    },
};
use groundplan::{Val, json_text};

specimens![
    account_assignment,
    customer_policy_attachment,
    inline_policy,
    managed_policy_attachment,
    permission_set,
    permissions_boundary,
];

fn permission_set() -> Specimen<PermissionSet> {
    Specimen::new("set", |ground| {
        let (instance, name) = (an_instance(ground).arn(), format!("{}-it", ground.name()));
        PermissionSet::new(ground.scope(), instance, name)
    })
    .tags(|set| &mut set.tags)
    .update("description", |set, _| set.description = Some("of the platform".into()))
    .update("session_seconds", |set, _| set.session_seconds = 5400)
    .update("relay_state", |set, _| {
        set.relay_state = Some("https://eu-west-1.console.aws.amazon.com/eks".into());
    })
    .replace("name", |set, _| set.name = format!("{}-2", set.name))
    .copies(|set, _, number| set.name = format!("{}-{number}", set.name))
    .fixed("instance", "an organization has one")
}

fn managed_policy_attachment() -> Specimen<ManagedPolicyAttachment> {
    Specimen::new("set-managed", |ground| {
        let set = a_set(ground, "one").arn();
        ManagedPolicyAttachment::new(ground.scope(), set, of_aws("ReadOnlyAccess"))
    })
    .replace("policy", |attachment, _| attachment.policy = of_aws("job-function/ViewOnlyAccess"))
    .replace("permission_set", |attachment, ground| {
        attachment.permission_set = a_set(ground, "two").arn();
    })
    .copies(|attachment, ground, number| {
        attachment.permission_set = a_set(ground, &number.to_string()).arn();
    })
}

fn customer_policy_attachment() -> Specimen<CustomerPolicyAttachment> {
    Specimen::new("set-customer", |ground| {
        let set = a_set(ground, "one").arn();
        CustomerPolicyAttachment::new(ground.scope(), set, "read-tables".into())
    })
    .replace("name", |attachment, _| attachment.name = "read-views".into())
    .replace("path", |attachment, _| attachment.path = "/platform/".into())
    .replace("permission_set", |attachment, ground| {
        attachment.permission_set = a_set(ground, "two").arn();
    })
    .copies(|attachment, ground, number| {
        attachment.permission_set = a_set(ground, &number.to_string()).arn();
    })
}

fn inline_policy() -> Specimen<InlinePolicy> {
    Specimen::new("set-inline", |ground| {
        let set = a_set(ground, "one").arn();
        InlinePolicy::new(ground.scope(), set, allows("eks:DescribeCluster"))
    })
    .update("document", |policy, _| policy.document = allows("eks:ListClusters"))
    .replace("permission_set", |policy, ground| policy.permission_set = a_set(ground, "two").arn())
    .copies(|policy, ground, number| {
        policy.permission_set = a_set(ground, &number.to_string()).arn();
    })
}

fn permissions_boundary() -> Specimen<PermissionsBoundary> {
    Specimen::new("set-boundary", |ground| {
        let set = a_set(ground, "one").arn();
        let most = Boundary::Managed(of_aws("PowerUserAccess"));
        PermissionsBoundary::new(ground.scope(), set, most)
    })
    .update("boundary", |boundary, ground| {
        let most = ground.add("most", Policy::new(ground.scope(), allows("ec2:*")));
        boundary.boundary = Boundary::Customer(CustomerPolicy::new(most.name()));
    })
    .replace("permission_set", |boundary, ground| {
        boundary.permission_set = a_set(ground, "two").arn();
    })
    .copies(|boundary, ground, number| {
        boundary.permission_set = a_set(ground, &number.to_string()).arn();
    })
}

fn account_assignment() -> Specimen<AccountAssignment> {
    Specimen::new("assigned", |ground| {
        let set = a_set(ground, "one").arn();
        let group = Principal::Group(a_group(ground, "developers"));
        AccountAssignment::new(ground.scope(), set, ACCOUNT.into(), group)
    })
    .replace("principal", |assignment, ground| {
        let store = an_instance(ground).identity_store();
        let user = ground.derive("jane", User::new(ground.scope(), store, "jane@example.com"));
        assignment.principal = Principal::User(user.id());
    })
    .replace("permission_set", |assignment, ground| {
        assignment.permission_set = a_set(ground, "two").arn();
    })
    .copies(|assignment, ground, number| {
        assignment.permission_set = a_set(ground, &number.to_string()).arn();
    })
    .fixed("account", "an account is made once: tests/wire/organization/people")
}

fn an_instance(ground: &mut Ground) -> InstanceHandle {
    ground.derive("the", Instance::new(ground.scope()))
}

fn a_group(ground: &mut Ground, name: &str) -> Val<String> {
    let store = an_instance(ground).identity_store();
    ground.derive(name, Group::new(ground.scope(), store, name)).id()
}

fn a_set(ground: &mut Ground, name: &str) -> PermissionSetHandle {
    let (instance, own) = (an_instance(ground).arn(), format!("{}-{name}", ground.name()));
    ground.add(name, PermissionSet::new(ground.scope(), instance, own))
}

fn of_aws(policy: &str) -> Val<Arn> {
    Arn::from(format!("arn:aws:iam::aws:policy/{policy}")).into()
}

fn allows(action: &str) -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": [action], "Resource": "*" }],
    })
}
