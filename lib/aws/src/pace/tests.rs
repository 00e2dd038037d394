//! What is counted together, and what counts as too fast.

use super::{code, limits::Limit};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use groundplan_core::Rate;

fn request(service: &str, method: &str, target: Option<&str>, body: &str) -> HttpRequest {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method(method).unwrap();
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential=AKID/20261127/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    request.headers_mut().insert("authorization", scope);
    for target in target {
        request.headers_mut().insert("x-amz-target", target.to_owned());
    }
    request
}

#[test]
fn calls_are_counted_as_their_service_counts_them() {
    let limit = |service, method, target, body| Limit::of(&request(service, method, target, body));
    for (limit, bucket, rate) in [
        (
            limit("ec2", "POST", None, "Action=CreateVpcEndpoint&Version=2016-11-15"),
            "ec2 eu-west-1 CreateVpcEndpoint",
            Rate::new(4.0, 0.3),
        ),
        (
            limit("ec2", "POST", None, "Action=DescribeSubnets&Version=2016-11-15"),
            "ec2 eu-west-1 DescribeSubnets",
            Rate::new(100.0, 20.0),
        ),
        (
            limit("iam", "POST", None, "Action=CreateRole&Version=2010-05-08"),
            "iam eu-west-1 writes",
            Rate::new(20.0, 5.0),
        ),
        (
            limit("kms", "POST", Some("TrentService.DescribeKey"), "{}"),
            "kms eu-west-1 reads",
            Rate::new(200.0, 50.0),
        ),
        (limit("eks", "GET", None, ""), "eks eu-west-1 reads", Rate::new(100.0, 20.0)),
        (limit("route53", "POST", None, ""), "route53 eu-west-1 calls", Rate::new(50.0, 10.0)),
    ] {
        assert_eq!((limit.bucket.as_str(), limit.rate), (bucket, rate));
    }
}

async fn too_fast(status: u16, header: Option<&str>, body: &str) -> bool {
    let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
    for header in header {
        answer.headers_mut().insert("x-amzn-errortype", header.to_owned());
    }
    let answer = code::readable(answer).await.unwrap();
    assert_eq!(answer.body().bytes(), Some(body.as_bytes()), "whoever is next reads it too");
    code::is_too_fast(&answer)
}

#[tokio::test]
async fn a_service_says_in_its_own_way_that_calls_come_too_fast() {
    let xml = |code| {
        format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>ThrottlingException</Message></Error></Errors></Response>"
        )
    };
    assert!(too_fast(503, None, &xml("RequestLimitExceeded")).await);
    assert!(too_fast(400, None, &xml("Throttling")).await);
    assert!(!too_fast(400, None, &xml("InvalidParameterValue")).await);
    let json = r#"{"__type":"com.amazonaws.kms#ThrottlingException","message":"slow"}"#;
    assert!(too_fast(400, None, json).await);
    assert!(!too_fast(400, None, r#"{"__type":"ValidationException"}"#).await);
    assert!(too_fast(429, Some("TooManyRequestsException:http://x/"), "{}").await);
    assert!(!too_fast(400, Some("ResourceInUseException"), "ThrottlingException").await);
    assert!(!too_fast(200, Some("TooManyRequestsException"), "").await);
    assert!(!too_fast(503, None, "no healthy upstream").await);
}
