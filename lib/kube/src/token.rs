//! EKS tokens: a `GetCallerIdentity` request, signed for one cluster and never sent by us.
//!
//! The cluster sends it to STS and so learns who calls. A token holds for 15 minutes from its
//! signature, whatever its `X-Amz-Expires` says.

use crate::ClusterAccess;
use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{
        SignableBody, SignableRequest, SignatureLocation, SigningParams, SigningSettings, sign,
    },
    sign::v4,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use groundplan_core::{Class, Fault, Result, Secret};
use std::time::{Duration, SystemTime};

/// When a token is replaced by a new one: a minute before it ends.
pub(crate) const LIFETIME: Duration = Duration::from_mins(14);

/// Clients of EKS ask for this; anything from 0 to 900 seconds is taken.
const EXPIRES: Duration = Duration::from_mins(1);

/// Signs a token. `sts` is where the cluster is to send the request, with a `/` at its end.
pub(crate) fn token(
    access: &ClusterAccess,
    credentials: Credentials,
    sts: &str,
    now: SystemTime,
) -> Result<Secret> {
    let url = presigned(access, credentials, sts, now)
        .map_err(|why| Fault::new(Class::Other, "no EKS token could be signed").why(why))?;
    Ok(Secret::new(format!("k8s-aws-v1.{}", BASE64_URL_SAFE_NO_PAD.encode(url))))
}

/// The STS of a region. Clusters take regional addresses in every partition.
pub(crate) fn regional_sts(region: &str) -> String {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://sts.{region}.{domain}/")
}

/// The request as a URL. A cluster refuses any parameter beyond those that this gives.
fn presigned(
    access: &ClusterAccess,
    credentials: Credentials,
    sts: &str,
    now: SystemTime,
) -> std::result::Result<String, String> {
    let url = format!("{sts}?Action=GetCallerIdentity&Version=2011-06-15");
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(EXPIRES);
    let identity = credentials.into();
    let params: SigningParams<'_> = v4::SigningParams::builder()
        .identity(&identity)
        .region(&access.region)
        .name("sts")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|e| e.to_string())?
        .into();
    let headers = [("x-k8s-aws-id", access.name.as_str())].into_iter();
    let signable = SignableRequest::new("GET", url.as_str(), headers, SignableBody::Bytes(&[]))
        .map_err(|e| e.to_string())?;
    let (instructions, _signature) =
        sign(signable, &params).map_err(|e| e.to_string())?.into_parts();
    let mut request = http::Request::get(url).body(()).map_err(|e| e.to_string())?;
    instructions.apply_to_request_http1x(&mut request);
    Ok(request.uri().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn access() -> ClusterAccess {
        ClusterAccess {
            name: "main".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            role: None,
            via: None,
            endpoint: "https://127.0.0.1:1".into(),
            certificate_authority: String::new(),
        }
    }

    fn signed(session: Option<&str>) -> String {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            session.map(str::to_owned),
            None,
            "test",
        );
        let now = SystemTime::UNIX_EPOCH + Duration::from_mins(24_015_636);
        let token = token(&access(), credentials, &regional_sts("eu-west-1"), now).unwrap();
        let encoded = token.expose().strip_prefix("k8s-aws-v1.").expect("the prefix");
        assert!(!encoded.contains('='), "the padding is left out");
        String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
    }

    fn parameters(url: &str) -> Vec<(&str, &str)> {
        let (_, query) = url.split_once('?').unwrap();
        query.split('&').map(|pair| pair.split_once('=').unwrap()).collect()
    }

    #[test]
    fn a_token_has_exactly_the_parameters_that_clusters_take() {
        let url = signed(Some("SESSION"));
        assert!(url.starts_with("https://sts.eu-west-1.amazonaws.com/?"), "{url}");
        let names: Vec<_> = parameters(&url).into_iter().map(|(name, _)| name).collect();
        let expected = BTreeSet::from([
            "Action",
            "Version",
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            "X-Amz-Date",
            "X-Amz-Expires",
            "X-Amz-Security-Token",
            "X-Amz-Signature",
            "X-Amz-SignedHeaders",
        ]);
        assert_eq!(names.iter().copied().collect::<BTreeSet<_>>(), expected);
        assert_eq!(names.len(), expected.len(), "none is there twice");
        assert!(signed(None).len() < url.len(), "without a session there is no session token");
    }

    #[test]
    fn a_token_is_signed_for_one_cluster_and_time() {
        let url = signed(None);
        let parameters = parameters(&url);
        for expected in [
            ("X-Amz-SignedHeaders", "host%3Bx-k8s-aws-id"),
            ("X-Amz-Credential", "AKIDEXAMPLE%2F20150830%2Feu-west-1%2Fsts%2Faws4_request"),
            ("X-Amz-Date", "20150830T123600Z"),
            ("X-Amz-Expires", "60"),
        ] {
            assert!(parameters.contains(&expected), "{expected:?} in {parameters:?}");
        }
    }

    #[test]
    fn china_has_its_own_domain() {
        assert_eq!(regional_sts("cn-north-1"), "https://sts.cn-north-1.amazonaws.com.cn/");
    }
}
