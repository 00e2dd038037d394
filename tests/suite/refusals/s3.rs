//! Buckets.

use super::{Refusal, refused, scope};
use groundplan::{
    Stack,
    aws::{
        Tags,
        s3::{Bucket, BucketPolicy, LifecycleRule, StorageClass, StorageTransition},
    },
};

pub(super) const ROWS: &[Refusal] = &[
    refused(|s| called(s, "Acme_States"), "name", "small letters"),
    refused(|s| called(s, "acme..states"), "name", "no two dots"),
    refused(|s| called(s, "10.0.0.1"), "name", "an address"),
    refused(|s| called(s, "acme--x-s3"), "name", "kept for S3"),
    refused(|s| rule(s, |_| {}), "lifecycle[0]", "does nothing"),
    refused(|s| rule(s, |r| r.expiration_days = Some(0)), "lifecycle[0].expiration_days", "from 1"),
    refused(|s| rule(s, marks), "lifecycle[0].expired_delete_markers", "goes neither with"),
    refused(|s| rule(s, uploads), "lifecycle[0].abort_upload_days", "an upload has none"),
    refused(|s| rule(s, kept), "lifecycle[0].newer_noncurrent_versions", "between 1 and 100"),
    refused(|s| rule(s, early), "lifecycle[0].transitions[0].days", "30 days at least"),
    refused(|s| rule(s, late), "lifecycle[0].transitions[0].days", "gone before they move"),
    refused(twice, "lifecycle[1].id", "another rule is called `x`"),
    refused(|s| policy(s, "[]"), "document", "no object"),
    refused(|s| policy(s, &format!("{{\"Id\":\"{}\"}}", "x".repeat(20480))), "document", "20 KiB"),
];

fn called(stack: &mut Stack, name: &str) {
    stack.add("main", Bucket { name: Some(name.into()), ..Bucket::new(scope()) });
}

fn rule(stack: &mut Stack, change: fn(&mut LifecycleRule)) {
    let mut rule = LifecycleRule::new("x");
    change(&mut rule);
    stack.add("main", Bucket { lifecycle: vec![rule], ..Bucket::new(scope()) });
}

fn marks(rule: &mut LifecycleRule) {
    (rule.expired_delete_markers, rule.expiration_days) = (true, Some(7));
}

fn uploads(rule: &mut LifecycleRule) {
    rule.abort_upload_days = Some(7);
    rule.tags = Tags::from([("team".into(), "data".into())]);
}

fn kept(rule: &mut LifecycleRule) {
    rule.noncurrent_expiration_days = Some(7);
    rule.newer_noncurrent_versions = Some(101);
}

fn early(rule: &mut LifecycleRule) {
    rule.transitions = vec![StorageTransition { days: 7, class: StorageClass::StandardIa }];
}

fn late(rule: &mut LifecycleRule) {
    rule.transitions = vec![StorageTransition { days: 90, class: StorageClass::Glacier }];
    rule.expiration_days = Some(90);
}

fn twice(stack: &mut Stack) {
    let rule = || LifecycleRule { expiration_days: Some(7), ..LifecycleRule::new("x") };
    stack.add("main", Bucket { lifecycle: vec![rule(), rule()], ..Bucket::new(scope()) });
}

fn policy(stack: &mut Stack, document: &str) {
    stack.add("main", BucketPolicy::new(scope(), "main".into(), document.into()));
}
