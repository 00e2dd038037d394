//! Buckets, and who may use what is in them.

use super::{ground::Ground, specimen::Specimen, specimens};
use groundplan::aws::{
    kms::Key,
    s3::{
        Bucket, BucketHandle, BucketPolicy, LifecycleRule, ObjectOwnership, StorageClass,
        StorageTransition, tls_only,
    },
};
use groundplan::{Val, json_text, text};

specimens![bucket, bucket_policy];

fn bucket() -> Specimen<Bucket> {
    Specimen::new("bucket", |ground| Bucket::new(ground.scope()))
        .tags(|bucket| &mut bucket.tags)
        .update("versioning", |bucket, _| bucket.versioning = true)
        .update("kms_key", |bucket, ground| {
            let key = ground.add("objects", Key::new(ground.scope(), "for objects"));
            bucket.kms_key = Some(key.arn());
        })
        .update("public_access_block.restrict_public_buckets", |bucket, _| {
            bucket.public_access_block.restrict_public_buckets = false;
        })
        .update("public_access_block.block_public_acls", |bucket, _| {
            bucket.public_access_block.block_public_acls = false;
        })
        .update("ownership", |bucket, _| bucket.ownership = ObjectOwnership::BucketOwnerPreferred)
        .update("lifecycle", |bucket, _| {
            let transitions =
                vec![StorageTransition { days: 30, class: StorageClass::IntelligentTiering }];
            bucket.lifecycle = vec![
                LifecycleRule { transitions, prefix: "a/".into(), ..LifecycleRule::new("move") },
                LifecycleRule {
                    noncurrent_expiration_days: Some(90),
                    newer_noncurrent_versions: Some(3),
                    abort_upload_days: Some(7),
                    ..LifecycleRule::new("clean")
                },
            ];
        })
        .replace("name", |bucket, _| bucket.name = Some("of-another-name.acme".into()))
        .copies(|_, _, _| {})
        .fixed("force_destroy", "says what a delete takes with it; tested with buckets")
}

fn bucket_policy() -> Specimen<BucketPolicy> {
    Specimen::new("bucket-policy", |ground| {
        let bucket = a_bucket(ground, "one");
        BucketPolicy::new(ground.scope(), bucket.name(), tls_only(&bucket.arn()))
    })
    .update("document", |policy, ground| policy.document = no_deletes(&a_bucket(ground, "one")))
    .copies(|policy, ground, number| {
        let bucket = a_bucket(ground, &format!("of-{number}"));
        (policy.bucket, policy.document) = (bucket.name(), tls_only(&bucket.arn()));
    })
    .replace("bucket", |policy, ground| {
        let bucket = a_bucket(ground, "two");
        (policy.bucket, policy.document) = (bucket.name(), tls_only(&bucket.arn()));
    })
}

fn a_bucket(ground: &mut Ground, name: &str) -> BucketHandle {
    ground.add(name, Bucket::new(ground.scope()))
}

fn no_deletes(bucket: &BucketHandle) -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:DeleteObject",
            "Resource": text!("{}/*", bucket.arn()),
        }],
    })
}
