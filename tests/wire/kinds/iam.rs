//! Roles and what they may do.

use super::{
    ground::{Ground, trust, trust_of_account},
    specimen::Specimen,
    specimens,
};
use groundplan::aws::{
    Arn,
    iam::{OidcProvider, Role, RoleHandle, RolePolicy, RolePolicyAttachment, ServiceLinkedRole},
};
use groundplan::{Val, json_text};

specimens![oidc_provider, role, role_policy, role_policy_attachment, service_linked_role];

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

fn role() -> Specimen<Role> {
    Specimen::new("role", |ground| Role::new(ground.scope(), trust_of_account()))
        .tags(|role| &mut role.tags)
        .copies(|_, _, _| {})
        .update("trust", |role, _| role.trust = trust("ec2.amazonaws.com"))
        .update("description", |role, _| role.description = "for the platform".into())
        .update("max_session_seconds", |role, _| role.max_session_seconds = 7200)
        .replace("name", |role, _| role.name = Some("role-of-another-name".into()))
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
    .is_left()
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
