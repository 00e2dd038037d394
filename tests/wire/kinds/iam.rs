//! Roles and what they may do.

use super::{ground::Ground, specimen::Specimen, specimens};
use crate::trust::{trust, trust_of_account};
use groundplan::aws::{
    Arn,
    iam::{
        InstanceProfile, OidcProvider, Policy, Role, RoleHandle, RolePolicy, RolePolicyAttachment,
        ServiceLinkedRole,
    },
};
use groundplan::{Val, json_text};

specimens![
    instance_profile,
    oidc_provider,
    policy,
    role,
    role_policy,
    role_policy_attachment,
    service_linked_role,
];

fn instance_profile() -> Specimen<InstanceProfile> {
    Specimen::new("profile", |ground| {
        let role = a_role(ground, "one").name();
        InstanceProfile::new(ground.scope(), role)
    })
    .tags(|profile| &mut profile.tags)
    .update("role", |profile, ground| profile.role = a_role(ground, "two").name())
    .copies(|_, _, _| {})
    .replace("name", |profile, _| profile.name = Some("profile-of-another-name".into()))
    // The name of one that still exists is taken.
    .replace("path", |profile, _| {
        (profile.path, profile.name) = ("/platform/".into(), Some("profile-in-a-folder".into()));
    })
}

fn oidc_provider() -> Specimen<OidcProvider> {
    Specimen::new("oidc", |ground| {
        OidcProvider::new(ground.scope(), "https://one.example.com/oidc".into())
    })
    .tags(|provider| &mut provider.tags)
    .copies(|provider, _, number| {
        provider.url = format!("https://{number}.example.com/oidc").as_str().into();
    })
    .update("audiences", |provider, _| provider.audiences.push("another".into()))
    .replace("url", |provider, _| provider.url = "https://two.example.com/oidc".into())
}

fn policy() -> Specimen<Policy> {
    Specimen::new("policy", |ground| Policy::new(ground.scope(), allows("ec2:DescribeSubnets")))
        .tags(|policy| &mut policy.tags)
        .update("document", |policy, _| policy.document = allows("ec2:DescribeVpcs"))
        .copies(|_, _, _| {})
        .replace("name", |policy, _| policy.name = Some("policy-of-another-name".into()))
        .replace("path", |policy, _| policy.path = "/platform/".into())
        .replace("description", |policy, _| policy.description = "for the platform".into())
}

fn role() -> Specimen<Role> {
    Specimen::new("role", |ground| Role::new(ground.scope(), trust_of_account()))
        .tags(|role| &mut role.tags)
        .copies(|_, _, _| {})
        .update("trust", |role, _| role.trust = trust("ec2.amazonaws.com"))
        .update("description", |role, _| role.description = "for the platform".into())
        .update("max_session_seconds", |role, _| role.max_session_seconds = 7200)
        .update("permissions_boundary", |role, ground| {
            let policy = Policy::new(ground.scope(), allows("ec2:*"));
            role.permissions_boundary = Some(ground.add("boundary", policy).arn());
        })
        .replace("name", |role, _| role.name = Some("role-of-another-name".into()))
        .replace("path", |role, _| role.path = "/platform/".into())
}

fn role_policy() -> Specimen<RolePolicy> {
    Specimen::new("role-policy", |ground| {
        let role = a_role(ground, "one").name();
        RolePolicy::new(ground.scope(), role, "network", allows("ec2:DescribeSubnets"))
    })
    .copies(|policy, _, number| policy.name = format!("policy-{number}"))
    .update("document", |policy, _| policy.document = allows("ec2:DescribeVpcs"))
    .replace("name", |policy, _| policy.name = "subnets".into())
    .replace("role", |policy, ground| policy.role = a_role(ground, "two").name())
}

fn role_policy_attachment() -> Specimen<RolePolicyAttachment> {
    Specimen::new("attachment", |ground| {
        let role = a_role(ground, "one").name();
        RolePolicyAttachment::new(ground.scope(), role, of_aws("AmazonEKSClusterPolicy"))
    })
    .copies(|attachment, ground, number| {
        attachment.role = a_role(ground, &format!("role-{number}")).name();
    })
    .replace("policy", |attachment, _| attachment.policy = of_aws("AmazonEKSWorkerNodePolicy"))
    .replace("role", |attachment, ground| attachment.role = a_role(ground, "two").name())
}

fn service_linked_role() -> Specimen<ServiceLinkedRole> {
    Specimen::new("linked", |ground| {
        ServiceLinkedRole::new(ground.scope(), "autoscaling.amazonaws.com")
    })
    .left()
    .fixed("service", "an account has one role for each service, which other tests count on")
}

fn a_role(ground: &mut Ground, name: &str) -> RoleHandle {
    ground.role(name, "ec2.amazonaws.com", &[])
}

fn allows(action: &str) -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": [action], "Resource": "*" }],
    })
}

fn of_aws(policy: &str) -> Val<Arn> {
    Arn::from(format!("arn:aws:iam::aws:policy/{policy}")).into()
}
