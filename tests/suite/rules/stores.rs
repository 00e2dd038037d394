//! Databases, search domains and secrets.

use super::{Case, Edge, scope};
use groundplan::{
    Json, Stack, Val,
    aws::{
        SecurityGroupId, SubnetId,
        opensearch::{DedicatedMasters, Domain},
        rds::{Engine, Instance, OnDelete, ParameterGroup},
        s3::{Bucket, BucketHandle, BucketPolicy, LifecycleRule, tls_only},
        secretsmanager::{Generate, Secret},
    },
    json,
};

pub(super) const CASES: &[Case] = &[
    ("rds-backups", |s| database(s, |d| d.backup_days = 0), |s| database(s, |_| {})),
    ("rds-backup-days", |s| database(s, |d| d.backup_days = 3), |s| database(s, |_| {})),
    ("rds-multi-az", |s| database(s, |d| d.multi_az = false), |s| database(s, |_| {})),
    (
        "rds-deletion-protection",
        |s| database(s, |d| d.deletion_protection = false),
        |s| database(s, |_| {}),
    ),
    (
        "rds-final-snapshot",
        |s| database(s, |d| d.on_delete = OnDelete::Discard),
        |s| database(s, |_| {}),
    ),
    (
        "rds-version-support",
        |s| database(s, |d| d.engine_version = "8.0.36".into()),
        |s| database(s, |_| {}),
    ),
    ("rds-error-log", |s| database(s, |d| d.log_exports.clear()), |s| database(s, |_| {})),
    ("rds-parameter-family", |s| grouped(s, "8.0"), |s| grouped(s, "8.4")),
    ("rds-plain-text", |s| tls(s, 0), |s| tls(s, 1)),
    ("opensearch-one-zone", |s| domain(s, |d| d.subnets.truncate(1)), |s| domain(s, |_| {})),
    ("opensearch-majority", two_nodes, |s| domain(s, |_| {})),
    ("opensearch-dedicated-masters", |s| domain(s, |d| d.instance_count = 6), |s| domain(s, many)),
    ("opensearch-open-policy", |s| open(s, "*"), |s| open(s, "arn:aws:iam::111122223333:root")),
    (
        "opensearch-burstable",
        |s| domain(s, |d| d.instance_type = "t3.small.search".into()),
        |s| domain(s, |_| {}),
    ),
    (
        "opensearch-engine",
        |s| domain(s, |d| d.engine_version = "Elasticsearch_7.10".into()),
        |s| domain(s, |_| {}),
    ),
    (
        "s3-public-access",
        |s| {
            bucket(s, |b| b.public_access_block.ignore_public_acls = false);
        },
        plain,
    ),
    ("s3-tls-only", plain, encrypted),
    (
        "s3-old-versions",
        |s| {
            bucket(s, |b| b.versioning = true);
        },
        |s| {
            bucket(s, |b| (b.versioning, b.lifecycle) = (true, vec![old()]));
        },
    ),
    ("secret-recovery", |s| secret(s, 0), |s| secret(s, 7)),
];

pub(super) const EDGES: &[Edge] = &[
    ("opensearch-open-policy", |s| bound(s, "Bool", "aws:SecureTransport", "true"), true),
    ("opensearch-open-policy", |s| bound(s, "IpAddress", "aws:SourceIp", "10.0.0.0/8"), false),
];

fn bucket(stack: &mut Stack, change: fn(&mut Bucket)) -> BucketHandle {
    let mut bucket = Bucket::new(scope());
    change(&mut bucket);
    stack.add("b", bucket)
}

fn plain(stack: &mut Stack) {
    bucket(stack, |_| {});
}

fn encrypted(stack: &mut Stack) {
    let bucket = bucket(stack, |_| {});
    stack.add("b", BucketPolicy::new(scope(), bucket.name(), tls_only(&bucket.arn())));
}

fn old() -> LifecycleRule {
    LifecycleRule { noncurrent_expiration_days: Some(90), ..LifecycleRule::new("old") }
}

fn groups() -> Vec<Val<SecurityGroupId>> {
    vec![SecurityGroupId::from("sg-1").into()]
}

fn database(stack: &mut Stack, change: fn(&mut Instance)) {
    let class = "db.m7g.large";
    let mut database =
        Instance::new(scope(), Engine::MySql, "8.4", class, 100, "subnets".into(), groups());
    change(&mut database);
    stack.add("main", database);
}

fn grouped(stack: &mut Stack, version: &str) {
    let group = stack.add("own", ParameterGroup::new(scope(), Engine::MySql, version)).name();
    let class = "db.m7g.large";
    let mut database =
        Instance::new(scope(), Engine::MySql, "8.4", class, 100, "subnets".into(), groups());
    database.parameter_group = Some(group);
    stack.add("main", database);
}

fn tls(stack: &mut Stack, on: u8) {
    let group = ParameterGroup::new(scope(), Engine::Postgres, "17").with("rds.force_ssl", on);
    stack.add("main", group);
}

fn domain(stack: &mut Stack, change: fn(&mut Domain)) {
    let subnets = ["subnet-1", "subnet-2", "subnet-3"].map(|id| SubnetId::from(id).into()).to_vec();
    let mut domain =
        Domain::new(scope(), "OpenSearch_2.19", "r7g.large.search", 100, subnets, groups());
    change(&mut domain);
    stack.add("main", domain);
}

fn two_nodes(stack: &mut Stack) {
    domain(stack, |domain| {
        domain.subnets.truncate(2);
        domain.instance_count = 2;
    });
}

fn many(domain: &mut Domain) {
    domain.instance_count = 6;
    let masters = DedicatedMasters { instance_type: "m7g.large.search".into(), count: 3 };
    domain.dedicated_masters = Some(masters);
}

fn open(stack: &mut Stack, principal: &str) {
    let allow = json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "es:*" });
    guarded(stack, &allow);
}

fn bound(stack: &mut Stack, operator: &str, key: &str, value: &str) {
    let condition = json!({ (operator): { (key): value } });
    let allow =
        json!({ "Effect": "Allow", "Principal": "*", "Action": "es:*", "Condition": condition });
    guarded(stack, &allow);
}

fn guarded(stack: &mut Stack, allow: &Json) {
    let policy = json!({ "Version": "2012-10-17", "Statement": allow }).to_string();
    let subnets = ["subnet-1", "subnet-2"].map(|id| SubnetId::from(id).into()).to_vec();
    let domain =
        Domain::new(scope(), "OpenSearch_2.19", "r7g.large.search", 100, subnets, groups());
    stack.add("main", Domain { access_policy: Some(policy.into()), ..domain });
}

fn secret(stack: &mut Stack, recovery_days: u32) {
    let secret = Secret::generated(scope(), [("password", Generate::password())]);
    stack.add("main", Secret { recovery_days, ..secret });
}
