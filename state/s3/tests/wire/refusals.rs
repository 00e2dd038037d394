//! What a user reads when S3 refuses, or is not there.

use crate::{
    answers::Calls,
    contract::{open, store},
    s3::config,
    sandbox::sandbox,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use groundplan_state::{Error, Store};
use groundplan_state_s3::S3Blobs;
use std::time::Duration;

async fn said(config: aws_types::SdkConfig, place: &str) -> (Error, String) {
    let blobs = S3Blobs::with_pause(&config, place.parse().unwrap(), Duration::ZERO).unwrap();
    let error = store(&blobs).load("shop").await.unwrap_err();
    assert!(open(&blobs, "a").await.is_err());
    let text = format!("{error}; {}", error.hint());
    (error, text)
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_told() {
    let (error, text) = said(config(&Calls::default()), "s3://not-there-at-all/x").await;
    assert!(text.contains("could not list s3://not-there-at-all/x/shop"), "{text}");
    assert!(
        text.contains("there is no bucket `not-there-at-all` (NoSuchBucket), request "),
        "{text}"
    );
    assert!(text.contains("apply bootstrap --state s3://not-there-at-all/x/"), "{text}");
    let Error::Service(service) = error else { panic!("{error}") };
    assert!(service.code.is_some() && service.request.is_some(), "{service:?}");
}

#[tokio::test]
async fn who_is_not_allowed_is_told_what_to_allow() {
    let outsider = &sandbox().outsider.credentials;
    let token = outsider.session_token.as_ref().map(|token| token.expose().to_owned());
    let secret = outsider.secret_access_key.expose();
    let credentials = Credentials::new(&outsider.access_key_id, secret, token, None, "outsider");
    let config = config(&Calls::default()).into_builder();
    let config = config.credentials_provider(SharedCredentialsProvider::new(credentials)).build();
    let (_, text) = said(config, "s3://not-mine/x").await;
    assert!(text.contains("it is not allowed") && text.contains("(AccessDenied)"), "{text}");
    assert!(text.contains("s3:ListBucket on `not-mine`"), "{text}");
}

#[tokio::test]
async fn a_network_that_is_gone_is_told() {
    // Nobody listens on a port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = config(&Calls::default()).into_builder();
    let config = config.endpoint_url(format!("http://127.0.0.1:{port}")).build();
    let (_, text) = said(config, "s3://states/x").await;
    assert!(text.contains("S3 did not answer") && text.contains("check the network"), "{text}");
}

/// A chain of providers of which none has anything.
#[derive(Debug)]
struct Nobody;

impl ProvideCredentials for Nobody {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let error = CredentialsError::not_loaded("the SSO session has expired");
        future::ProvideCredentials::ready(Err(error))
    }
}

#[tokio::test]
async fn credentials_that_cannot_be_had_are_told() {
    let config = config(&Calls::default()).into_builder();
    let config = config.credentials_provider(SharedCredentialsProvider::new(Nobody)).build();
    let (_, text) = said(config, "s3://states/x").await;
    assert!(text.contains("no credentials could be had"), "{text}");
    assert!(text.contains("the SSO session has expired"), "{text}");
    assert!(text.contains("aws sso login"), "{text}");
}
