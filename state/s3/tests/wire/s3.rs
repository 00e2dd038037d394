//! What every store promises, over a bucket; lost answers; the pace of writes.

use crate::{
    answers::Calls,
    contract::{self, Ground, STACK, load, names, open, put, record, store},
    sandbox::sandbox,
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_types::SdkConfig;
use groundplan_state::{Store, Timing, Upkeep};
use groundplan_state_s3::S3Blobs;
use std::{
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    time::Duration,
};

pub(crate) fn config(calls: &Calls) -> SdkConfig {
    let sandbox = sandbox();
    let given = &sandbox.credentials;
    let token = given.session_token.as_ref().map(|token| token.expose().to_owned());
    let secret = given.secret_access_key.expose();
    let credentials = Credentials::new(&given.access_key_id, secret, token, None, "sandbox");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(sandbox.region.clone()))
        .endpoint_url(&sandbox.endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(calls.client())
        .build()
}

/// A new bucket.
async fn bucket(calls: &Calls, pause: Duration) -> S3Blobs {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = format!("states-{}-{}", std::process::id(), COUNT.fetch_add(1, SeqCst));
    let config = config(calls);
    let own = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    let client = aws_sdk_s3::Client::from_conf(own);
    let region = sandbox().region.as_str().into();
    let located =
        aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(region);
    let made = client.create_bucket().bucket(&name);
    let made = made.set_create_bucket_configuration(Some(located.build()));
    made.send().await.expect("a bucket");
    let place = format!("s3://{name}/teams/data").parse().expect("a place");
    calls.with(|log| log.made.clear());
    S3Blobs::with_pause(&config, place, pause).expect("a thread")
}

async fn place() -> ((), S3Blobs) {
    ((), bucket(&Calls::default(), Duration::ZERO).await)
}

/// A call takes its time here, and one runs at a time.
impl Ground for S3Blobs {
    const TIMING: Timing = Timing { beat: Duration::from_millis(500), ttl: Duration::from_secs(5) };
}

crate::contract!(place().await);

/// What the client does by itself: it sends a write again, and is told that the object exists.
#[tokio::test]
async fn a_write_whose_answer_was_lost_is_none_of_somebody_else() {
    let calls = Calls::default();
    let blobs = bucket(&calls, Duration::ZERO).await;
    calls.with(|log| log.loses = 1);
    let mut session = open(&blobs, "a").await.unwrap();
    for name in ["a", "b", "c"] {
        calls.with(|log| log.loses = 1);
        session.append(vec![put(name, 0)]).await.unwrap();
    }
    calls.with(|log| log.loses = 1);
    session.compact(contract::run("a")).await.unwrap();
    calls.with(|log| log.loses = 1);
    session.close().await.unwrap();
    assert_eq!(store(&blobs).lease(STACK).await.unwrap(), None);
    let found = load(&blobs).await.unwrap().unwrap();
    assert_eq!((names(&found), found.serial), (vec!["a", "b", "c"], 3));
}

/// Steps that end at the same time are recorded together.
#[tokio::test]
async fn writes_are_apart_heartbeats_included() {
    let calls = Calls::default();
    let pause = Duration::from_millis(50);
    let blobs = bucket(&calls, pause).await;
    let mut session = open(&blobs, "a").await.unwrap();
    for n in 0..20 {
        session.append(vec![put("a", n)]).await.unwrap();
    }
    session.close().await.unwrap();
    let writes = calls.writes();
    assert!(writes.len() > 20, "{}", writes.len());
    // From the turn of a write to its being sent takes a moment, which varies; over many it does not.
    for many in writes.windows(11) {
        let took = many[10].duration_since(many[0]);
        assert!(took >= pause * 9, "ten writes within {took:?}");
    }
}

#[tokio::test]
async fn stacks_of_other_prefixes_are_not_seen() {
    let ((), blobs) = place().await;
    record(&blobs, "a", &["a"]).await.unwrap();
    let calls = Calls::default();
    let bucket = store(&blobs).place("");
    let bucket = bucket.trim_end_matches('/').trim_end_matches("/data");
    let above = S3Blobs::with_pause(&config(&calls), bucket.parse().unwrap(), Duration::ZERO);
    let above = above.unwrap();
    assert!(store(&above).stacks().await.unwrap().is_empty());
}
