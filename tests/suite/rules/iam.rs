//! Roles.

use super::{Case, scope};
use groundplan::{
    Json, Stack,
    aws::{
        Arn,
        iam::{Role, RolePolicy, RolePolicyAttachment},
    },
    json,
};

pub(super) const CASES: &[Case] = &[
    ("iam-administrator", |s| policy(s, "*", "*"), |s| policy(s, "s3:GetObject", "*")),
    (
        "iam-service-wide",
        |s| policy(s, "s3:*", "*"),
        |s| policy(s, "s3:*", "arn:aws:s3:::bucket/*"),
    ),
    (
        "iam-pass-any-role",
        |s| policy(s, "iam:Pass*", "*"),
        |s| policy(s, "iam:PassRole", "arn:aws:iam::1:role/a"),
    ),
    (
        "iam-administrator-policy",
        |s| attach(s, "AdministratorAccess"),
        |s| attach(s, "ReadOnlyAccess"),
    ),
    (
        "iam-trust-everybody",
        |s| trust(s, &json!({ "AWS": "*" })),
        |s| trust(s, &json!({ "Service": "ec2.amazonaws.com" })),
    ),
    (
        "iam-trust-subject",
        |s| federated(s, "StringLike", "repo:org/*"),
        |s| federated(s, "StringEquals", "repo:org/app:environment:prod"),
    ),
];

fn document(statement: &Json) -> String {
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

fn policy(stack: &mut Stack, action: &str, resource: &str) {
    let allow = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
    stack.add("p", RolePolicy::new(scope(), "r".into(), "allow", document(&allow).into()));
}

fn attach(stack: &mut Stack, policy: &str) {
    let policy = Arn::from(format!("arn:aws:iam::aws:policy/{policy}"));
    stack.add("p", RolePolicyAttachment::new(scope(), "r".into(), policy.into()));
}

fn trust(stack: &mut Stack, who: &Json) {
    let allow = json!({ "Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole" });
    stack.add("r", Role::new(scope(), document(&allow).into()));
}

fn federated(stack: &mut Stack, operator: &str, subject: &str) {
    const ISSUER: &str = "token.actions.githubusercontent.com";
    let allow = json!({
        "Effect": "Allow",
        "Principal": { "Federated": format!("arn:aws:iam::1:oidc-provider/{ISSUER}") },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": { (format!("{ISSUER}:aud")): "sts.amazonaws.com" },
        },
    });
    let mut allow = allow;
    allow["Condition"][operator][format!("{ISSUER}:sub")] = subject.into();
    stack.add("r", Role::new(scope(), document(&allow).into()));
}
