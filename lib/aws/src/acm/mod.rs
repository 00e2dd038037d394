//! ACM: certificates for load balancers and other services of AWS, and that they are issued.

mod certificate;
mod domain;
mod ended;
mod find;
mod rules;
mod validation;

pub use certificate::{Certificate, CertificateHandle, CertificateOutputs, KeyAlgorithm};
pub use validation::{Validation, ValidationHandle, ValidationOutputs};

pub(crate) use rules::rules;

use crate::{
    Clients,
    fault::{absent, fault},
};
use aws_sdk_acm::types::{CertificateDetail, Tag};
use groundplan_core::{Registry, Result};

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new().with::<Certificate>().with::<Validation>()
}

/// A certificate as ACM describes it; none if there is none of this ARN.
async fn describe(aws: &Clients, arn: &str) -> Result<Option<CertificateDetail>> {
    let call = aws.acm.describe_certificate().certificate_arn(arn).send().await;
    let found = absent(call.map_err(fault("acm:DescribeCertificate")))?;
    Ok(found.and_then(|found| found.certificate))
}

/// Tags in the form of the API.
fn to_tags(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Tag> {
    let tag = |(key, value)| {
        let tag = Tag::builder().key(key).value(value).build();
        tag.expect("BUG: a tag has a key")
    };
    tags.into_iter().map(tag).collect()
}
