//! Roles.

use super::{Case, Edge, scope};
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
        |s| federated(s, "StringLike", "repo:*"),
        |s| federated(s, "StringEquals", "repo:org/app:environment:prod"),
    ),
    (
        "iam-trust-subject-wildcard",
        |s| federated(s, "StringLike", "repo:org/app:*"),
        |s| federated(s, "StringLike", "repo:org/app:environment:prod"),
    ),
];

pub(super) const EDGES: &[Edge] = &[
    ("iam-administrator", |s| policy(s, "*:*", "*"), true),
    ("iam-service-wide", |s| policy(s, "*:*", "*"), false),
    ("iam-pass-any-role", |s| policy(s, "iam:PassRole", "arn:aws:iam::1:role/*"), true),
    ("iam-pass-any-role", |s| policy(s, "iam:*", "arn:aws:iam::*:*"), true),
    ("iam-pass-any-role", |s| policy(s, "iam:PassRole", "arn:aws:iam::1:role/app-*"), false),
    ("iam-pass-any-role", |s| policy(s, "iam:PassRole", "arn:aws:s3:::role/*"), false),
    ("iam-trust-subject", |s| federated(s, "StringNotEquals", "repo:org/app:ref:main"), true),
    ("iam-trust-subject", |s| federated(s, "StringEqualsIfExists", "repo:org/app:x"), true),
    ("iam-trust-subject", |s| federated(s, "StringLike", "*"), true),
    ("iam-trust-subject", |s| federated(s, "StringLike", "repo:org*"), true),
    ("iam-trust-subject", |s| federated(s, "StringLike", "repo:org/app:*"), false),
    ("iam-trust-subject", |s| federated(s, "StringLike", "system:serviceaccount:*"), true),
    ("iam-trust-subject", |s| federated(s, "StringLike", "system:serviceaccount:data:*"), false),
    ("iam-trust-subject-wildcard", |s| federated(s, "StringLike", "repo:*"), false),
    ("iam-trust-subject", |s| cognito(s, "amr"), false),
    ("iam-trust-subject", |s| cognito(s, "other"), true),
    ("iam-trust-everybody", |s| everybody(s, "Bool", "aws:SecureTransport", "true"), true),
    ("iam-trust-everybody", |s| everybody(s, "StringEquals", "aws:PrincipalOrgID", "o-1"), false),
    ("iam-trust-everybody", |s| everybody(s, "StringNotEquals", "aws:PrincipalOrgID", "o-1"), true),
    ("iam-trust-everybody", |s| everybody(s, "IpAddress", "aws:SourceIp", "0.0.0.0/0"), true),
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

fn everybody(stack: &mut Stack, operator: &str, key: &str, value: &str) {
    let allow = json!({
        "Effect": "Allow",
        "Principal": "*",
        "Action": "sts:AssumeRole",
        "Condition": { (operator): { (key): value } },
    });
    stack.add("r", Role::new(scope(), document(&allow).into()));
}

fn cognito(stack: &mut Stack, claim: &str) {
    const ISSUER: &str = "cognito-identity.amazonaws.com";
    let allow = json!({
        "Effect": "Allow",
        "Principal": { "Federated": ISSUER },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": { (format!("{ISSUER}:aud")): "eu-west-1:pool" },
            "ForAnyValue:StringLike": { (format!("{ISSUER}:{claim}")): "authenticated" },
        },
    });
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
