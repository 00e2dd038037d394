//! What S3 and the way to it say, as sentences with a hint.

use crate::S3Place;
use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    operation::RequestId,
};
use groundplan_state::{Error, Service};

/// What failed: the action in words, and the object or bucket.
pub(crate) struct Attempt<'a> {
    pub(crate) action: &'static str,
    pub(crate) place: &'a S3Place,
    pub(crate) key: &'a str,
}

impl Attempt<'_> {
    /// Turns an SDK error into a failure of the store.
    pub(crate) fn failed<E>(&self, error: &SdkError<E, HttpResponse>) -> Error
    where
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
        SdkError<E, HttpResponse>: RequestId,
    {
        let request = error.request_id().map(str::to_owned);
        let SdkError::ServiceError(inner) = error else {
            let (why, hint) = unreachable(&DisplayErrorContext(error).to_string());
            return self.error(None, why, hint, request);
        };
        let status = inner.raw().status().as_u16();
        let code = inner.err().code().map_or_else(|| format!("HTTP {status}"), str::to_owned);
        let region = inner.raw().headers().get("x-amz-bucket-region");
        let (why, hint) = self.refusal(&code, status, region, inner.err().message());
        self.error(Some(code), why, hint, request)
    }

    /// A failure in our own words.
    pub(crate) fn error(
        &self,
        code: Option<String>,
        why: String,
        hint: String,
        request: Option<String>,
    ) -> Error {
        let place = format!("{}{}", self.place, self.key);
        Error::Service(Box::new(Service { action: self.action, place, why, code, request, hint }))
    }

    fn refusal(
        &self,
        code: &str,
        status: u16,
        region: Option<&str>,
        message: Option<&str>,
    ) -> (String, String) {
        let bucket = self.place.bucket();
        let said = message.unwrap_or("it gave no reason").trim_end_matches('.');
        match code {
            "NoSuchBucket" => (
                format!("there is no bucket `{bucket}`"),
                format!("make it with `apply bootstrap --state {}`, or name another with --state s3://BUCKET/PREFIX", self.place),
            ),
            "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException"
            | "TemporaryRedirect" | "HTTP 301" | "HTTP 307" => match region {
                Some(region) => (
                    format!("bucket `{bucket}` is in region {region}"),
                    format!("set AWS_REGION={region}"),
                ),
                None => (
                    format!("bucket `{bucket}` is in another region"),
                    format!("set AWS_REGION to the region of the bucket: `aws s3api get-bucket-location --bucket {bucket}`"),
                ),
            },
            "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" | "RequestExpired" => (
                "the credentials have expired".into(),
                "sign in anew, for instance with `aws sso login`, and run the same command again: it goes on from here".into(),
            ),
            "InvalidAccessKeyId" | "InvalidToken" | "SignatureDoesNotMatch" | "HTTP 401" => (
                format!("S3 does not know the credentials: {said}"),
                "`aws sts get-caller-identity` says whose they are".into(),
            ),
            "RequestTimeTooSkewed" => {
                ("the clock of this machine is wrong".into(), "set the clock".into())
            }
            "NotImplemented" | "HTTP 501" => (
                format!("what answers there cannot do what states need: {said}"),
                "states need If-None-Match on PutObject, as S3 itself has it".into(),
            ),
            _ if code.contains("AccessDenied") || status == 403 => (
                format!("it is not allowed: {said}"),
                format!("allow s3:ListBucket on `{bucket}`, and s3:GetObject, s3:PutObject and s3:DeleteObject on what is in it, to whoever `aws sts get-caller-identity` names"),
            ),
            _ if status >= 500 || code == "SlowDown" => {
                (said.to_owned(), "run the same command again: it goes on from here".into())
            }
            _ => (said.to_owned(), format!("look at the bucket with `aws s3 ls {}`", self.place)),
        }
    }
}

fn unreachable(chain: &str) -> (String, String) {
    if chain.to_lowercase().contains("credentials") {
        return (
            format!("no credentials could be had: {chain}"),
            "set AWS_PROFILE, or sign in, for instance with `aws sso login`".into(),
        );
    }
    (
        format!("S3 did not answer: {chain}"),
        "check the network, a proxy in between, and AWS_REGION, and run the same command again: it goes on from here".into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_says_what_to_do() {
        let place = "s3://acme/x".parse().unwrap();
        let attempt = Attempt { action: "write", place: &place, key: "hub/state" };
        let said = |code: &str, status, region, message| {
            let (why, hint) = attempt.refusal(code, status, region, message);
            attempt.error(Some(code.into()), why, hint.clone(), Some("R1".into())).to_string()
                + "; "
                + &hint
        };
        let expired = said("ExpiredToken", 400, None, Some("The provided token has expired."));
        assert!(expired.starts_with("could not write s3://acme/x/hub/state: the credentials have expired (ExpiredToken), request R1;"), "{expired}");
        assert!(expired.contains("sign in anew"), "{expired}");
        let elsewhere = said("PermanentRedirect", 301, Some("eu-central-1"), None);
        assert!(
            elsewhere.contains("is in region eu-central-1")
                && elsewhere.contains("AWS_REGION=eu-central-1"),
            "{elsewhere}"
        );
        let busy = said("SlowDown", 503, None, Some("Please reduce your request rate."));
        assert!(
            busy.contains("Please reduce your request rate (SlowDown)")
                && busy.contains("goes on from here"),
            "{busy}"
        );
        let other = said("NotImplemented", 501, None, None);
        assert!(other.contains("If-None-Match"), "{other}");
    }
}
