//! Certificates that are of no use any more.

use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, FailureReason};
use groundplan_core::{Class, Fault};

/// Why a certificate will never be issued any more, if so.
pub(super) fn over(detail: &CertificateDetail) -> Option<Fault> {
    let status = ended(detail)?;
    let arn = detail.certificate_arn().unwrap_or_default();
    let why = detail.failure_reason().map(FailureReason::as_str);
    let why = why.unwrap_or(match status {
        "VALIDATION_TIMED_OUT" => "its domains did not have their records within 72 hours",
        _ => "ACM gives no reason",
    });
    let fault = Fault::new(Class::Other, format!("the certificate {arn} is {status}"));
    Some(fault.code(status).why(why).hint(
        "see that the zone is the one that the domain's registrar names; then run again: the next run replaces the certificate",
    ))
}

/// The status of a certificate that is not, and will not be, of use.
pub(super) fn ended(detail: &CertificateDetail) -> Option<&str> {
    let status = detail.status()?;
    let over = [
        CertificateStatus::Failed,
        CertificateStatus::ValidationTimedOut,
        CertificateStatus::Revoked,
        CertificateStatus::Expired,
    ];
    over.contains(status).then(|| status.as_str())
}
