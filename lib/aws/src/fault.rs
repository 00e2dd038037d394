//! AWS errors as faults: the action, the code, the message, the request id, and a hint.

use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use groundplan_core::{Class, Fault};

/// Turns an SDK error into a fault. `action` is the IAM action, such as `ec2:CreateVpc`.
pub(crate) fn fault<E>(action: &'static str) -> impl Fn(SdkError<E, HttpResponse>) -> Fault + Copy
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    SdkError<E, HttpResponse>: RequestId,
{
    move |error| {
        if let Some(refused) = refused_role(&error) {
            let code = refused.code().unwrap_or("Unknown");
            let fault = Fault::new(class(code, 403), format!("{action} could not be asked for"));
            let fault = fault.why(refused.message().unwrap_or("the role cannot be taken"));
            return with_hint(fault.code(code), "sts:AssumeRole");
        }
        let request_id = error.request_id().map(str::to_owned);
        let mut fault = match &error {
            SdkError::ServiceError(inner) => {
                let code = inner.err().code().unwrap_or("Unknown").to_owned();
                let status = inner.raw().status().as_u16();
                let mut fault = Fault::new(class(&code, status), format!("{action} failed"));
                if let Some(message) = inner.err().message() {
                    fault = fault.why(message);
                }
                fault.code(code)
            }
            SdkError::TimeoutError(_)
            | SdkError::DispatchFailure(_)
            | SdkError::ResponseError(_) => {
                Fault::new(Class::Unreachable, format!("{action} got no answer"))
                    .why(reasons(&error))
                    .hint("check the network, a proxy in between, and that credentials can be had")
            }
            _ => {
                Fault::new(Class::Other, format!("{action} could not be sent")).why(reasons(&error))
            }
        };
        if let Some(id) = request_id {
            fault = fault.request_id(id);
        }
        with_hint(fault, action)
    }
}

/// With what to do about it, where that can be told from its class or code.
fn with_hint(fault: Fault, action: &str) -> Fault {
    let is = |codes: &[&str]| fault.code.as_deref().is_some_and(|code| codes.contains(&code));
    if fault.code.as_deref().is_some_and(is_quota) {
        return fault.hint(
            "delete what is not needed, or ask for more: `aws service-quotas list-service-quotas`",
        );
    }
    if fault.class != Class::Denied {
        return fault;
    }
    if is(&UNKNOWN_CALLER) {
        return fault.hint("sign in again, e.g. `aws sso login`, then run the same command again");
    }
    if action == "sts:AssumeRole" {
        return fault.hint(
            "let this run take the role again, by the role's trust policy and by what this run may do; then run the same command again",
        );
    }
    fault.hint(format!("allow {action} to the role of this run"))
}

/// Why the role of a scope was not given, where that is why there are no credentials to call with.
fn refused_role<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a AssumeRoleError> {
    let mut causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.find_map(|cause| cause.downcast_ref())
}

/// Why there was no answer: what lies below the SDK's own words, which only say that there was none.
fn reasons(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let mut texts: Vec<_> = causes.map(ToString::to_string).collect();
    texts.dedup();
    if texts.is_empty() { error.to_string() } else { texts.join(": ") }
}

/// Codes that say that the caller is not, or no more, known: no permission would help.
const UNKNOWN_CALLER: [&str; 7] = [
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

const THROTTLED: [&str; 9] = [
    "RequestLimitExceeded",
    "PriorRequestNotComplete",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestThrottled",
    "RequestThrottledException",
];

/// Whether a call with this answer did nothing, as it was asked too often.
pub(crate) fn is_throttling(code: &str) -> bool {
    THROTTLED.contains(&code)
}

/// Whether the account has as many as it may have.
fn is_quota(code: &str) -> bool {
    ["LimitExceeded", "QuotaExceeded"].iter().any(|what| code.contains(what))
        && !is_throttling(code)
}

/// The class of an error code. Codes differ between services; their patterns do not.
fn class(code: &str, status: u16) -> Class {
    const DENIED: [&str; 4] =
        ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "OptInRequired"];
    const IN_USE: [&str; 9] = [
        "DependencyViolation",
        "DeleteConflict",
        "DeleteConflictException",
        "ResourceInUseException",
        "InvalidDBSubnetGroupStateFault",
        "InvalidDBInstanceState",
        "InvalidIPAddress.InUse",
        "InvalidGroup.InUse",
        "OrganizationalUnitNotEmptyException",
    ];
    const EXISTS: [&str; 5] = [
        "ResourceExistsException",
        "Resource.AlreadyAssociated",
        "InvalidPermission.Duplicate",
        "DuplicateOrganizationalUnitException",
        // Another subnet has these addresses; it may be the one that a lost create made.
        "InvalidSubnet.Conflict",
    ];
    match code {
        _ if is_throttling(code) || status == 429 => Class::Throttled,
        _ if is_quota(code) => Class::Invalid,
        _ if DENIED.contains(&code) || UNKNOWN_CALLER.contains(&code) || status == 401 => {
            Class::Denied
        }
        _ if IN_USE.contains(&code) => Class::InUse,
        // RDS says so of whatever is busy with something else.
        _ if code.starts_with("InvalidDB") && code.contains("State") => Class::InUse,
        _ if code.contains("AlreadyExists") => Class::Exists,
        _ if EXISTS.contains(&code) || code.ends_with(".Duplicate") => Class::Exists,
        "UnknownResourceException" | "DBInstanceNotFound" | "DBSubnetGroupNotFoundFault" => {
            Class::NotFound
        }
        // IAM, S3 and Route 53.
        _ if code.starts_with("NoSuch") => Class::NotFound,
        _ if code.ends_with(".NotFound") || code.ends_with("NotFoundException") => Class::NotFound,
        _ if code.ends_with("NotFound") || code.ends_with("NotFoundFault") => Class::NotFound,
        _ if status >= 500 => Class::Unreachable,
        _ if code.starts_with("Invalid")
            || code.starts_with("Validation")
            || code.starts_with("Malformed") =>
        {
            Class::Invalid
        }
        _ => Class::Other,
    }
}

/// Takes a fault that says that the object is not there for the answer `None`.
pub(crate) fn absent<T>(result: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(fault) if fault.class == Class::NotFound => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The fault of an answer that lacks what the service's model promises.
pub(crate) fn incomplete(action: &str, field: &str) -> Fault {
    Fault::new(Class::Other, format!("{action} answered without `{field}`"))
        .hint("run the same command again; if it stays so, the service's interface has changed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denied_read_is_never_absence() {
        assert_eq!(class("UnauthorizedOperation", 403), Class::Denied);
        assert_eq!(class("AccessDeniedException", 400), Class::Denied);
        assert_eq!(class("RequestExpired", 400), Class::Denied);
        assert_eq!(class("InvalidVpcID.NotFound", 400), Class::NotFound);
        assert_eq!(class("ResourceNotFoundException", 404), Class::NotFound);
        assert_eq!(class("InvalidGroup.Duplicate", 400), Class::Exists);
        assert_eq!(class("InternalError", 500), Class::Unreachable);
    }

    #[test]
    fn a_full_quota_is_no_throttling() {
        assert_eq!(class("RequestLimitExceeded", 503), Class::Throttled);
        assert_eq!(class("VpcLimitExceeded", 400), Class::Invalid);
        assert_eq!(class("AddressLimitExceeded", 400), Class::Invalid);
    }
}
