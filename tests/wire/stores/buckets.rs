//! Buckets: what is in them, and what is not theirs.

use super::{assert_not_ours, fault};
use crate::harness::{ACCOUNT, REGION, Wire};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use groundplan::aws::s3::{Bucket, BucketPolicy, tls_only};
use groundplan::{Class, Stack, json_text};

fn program(wire: &Wire, change: impl FnOnce(&mut Bucket)) -> Stack {
    let (mut stack, scope) = wire.stack();
    let mut bucket = Bucket::new(scope);
    change(&mut bucket);
    stack.add("b", bucket);
    stack
}

fn own(wire: &Wire) -> String {
    format!("{}-b", wire.name())
}

async fn write(wire: &Wire, key: &str) {
    let aws = wire.clients().await;
    let body = key.as_bytes().to_vec().into();
    aws.s3.put_object().bucket(own(wire)).key(key).body(body).send().await.unwrap();
}

#[tokio::test]
async fn a_bucket_with_objects_stays_unless_they_may_go() {
    let wire = Wire::new("bucket-full");
    let kept = |bucket: &mut Bucket| bucket.versioning = true;
    wire.apply(program(&wire, kept)).await;
    for key in ["one", "one", "two"] {
        write(&wire, key).await;
    }
    let aws = wire.clients().await;
    aws.s3.delete_object().bucket(own(&wire)).key("two").send().await.unwrap();
    let report = wire.try_destroy().await;
    let refused = fault(&report);
    assert!(refused.is("BucketNotEmpty"), "{refused:?}");
    assert!(refused.hint.as_deref().unwrap().contains("`force_destroy`"), "{refused:?}");
    let goes = |bucket: &mut Bucket| (bucket.versioning, bucket.force_destroy) = (true, true);
    assert_eq!(wire.apply(program(&wire, goes)).await, [""; 0], "that is on record only");
    wire.destroy().await;
    assert!(aws.s3.head_bucket().bucket(own(&wire)).send().await.is_err(), "it is gone");
}

#[tokio::test]
async fn a_new_bucket_costs_one_call_and_says_where_it_is() {
    let wire = Wire::new("bucket-new");
    let calls = wire.apply(program(&wire, |_| {})).await;
    assert_eq!(calls.len(), 1, "what a new one has anyway is not written: {calls:?}");
    let outputs = wire.outputs("s3.bucket/b").await;
    assert_eq!(outputs["arn"], format!("arn:aws:s3:::{}", own(&wire)));
    assert_eq!(outputs["domain"], format!("{}.s3.{REGION}.amazonaws.com", own(&wire)));
    wire.destroy().await;
}

#[tokio::test]
async fn anothers_bucket_is_neither_changed_nor_deleted() {
    let wire = Wire::new("bucket-foreign");
    let aws = wire.clients().await;
    let here = CreateBucketConfiguration::builder();
    let here = here.location_constraint(BucketLocationConstraint::from(REGION)).build();
    let call = aws.s3.create_bucket().bucket(own(&wire)).create_bucket_configuration(here);
    call.send().await.unwrap();
    let (report, calls) = wire.try_apply(program(&wire, |_| {})).await;
    assert_not_ours(&report);
    assert_eq!(calls, [""; 0]);
    wire.destroy().await;
    aws.s3.head_bucket().bucket(own(&wire)).send().await.expect("it is still there");
    aws.s3.delete_bucket().bucket(own(&wire)).send().await.unwrap();
}

#[tokio::test]
async fn a_policy_that_was_there_is_not_overwritten() {
    let wire = Wire::new("bucket-policed");
    wire.apply(program(&wire, |_| {})).await;
    let aws = wire.clients().await;
    let theirs = format!(
        r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}},"Action":"s3:*","Resource":"arn:aws:s3:::{}"}}]}}"#,
        own(&wire)
    );
    aws.s3.put_bucket_policy().bucket(own(&wire)).policy(&theirs).send().await.unwrap();
    let with = |document| {
        let (mut stack, scope) = wire.stack();
        let bucket = stack.add("b", Bucket::new(scope.clone()));
        let document = match document {
            Some(document) => document,
            None => tls_only(&bucket.arn()),
        };
        stack.add("p", BucketPolicy::new(scope, bucket.name(), document));
        stack
    };
    let (report, calls) = wire.try_apply(with(None)).await;
    assert_eq!(fault(&report).class, Class::NotOurs, "{report:?}");
    assert_eq!(calls, [""; 0]);
    aws.s3.delete_bucket_policy().bucket(own(&wire)).send().await.unwrap();
    // What would let everybody in is refused by the bucket itself.
    let open = json_text!({ "Statement": [{
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{}/*", own(&wire)),
    }] });
    let (report, _) = wire.try_apply(with(Some(open))).await;
    assert!(fault(&report).to_string().contains("BlockPublicPolicy"), "{report:?}");
    wire.destroy().await;
}
