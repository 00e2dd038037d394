//! Certificates with their tags, which no other call answers with.

use super::describe;
use crate::{
    Clients,
    fault::{absent, fault},
    found::Listed,
};
use aws_sdk_acm::types::{CertificateDetail, Filters, KeyAlgorithm, Tag};
use groundplan_core::Result;

/// A certificate with its tags.
pub(super) struct Found {
    pub(super) detail: CertificateDetail,
    pub(super) tags: Vec<Tag>,
}

impl Listed for Found {
    fn id(&self) -> &str {
        self.detail.certificate_arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(&self.tags)
    }

    fn says(&self) -> String {
        let status = self.detail.status().map_or("in an unknown state", |status| status.as_str());
        format!("{status} for {}", self.detail.domain_name().unwrap_or_default())
    }
}

pub(super) fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().map(|tag| (tag.key(), tag.value().unwrap_or_default())).collect()
}

/// A certificate of an ARN.
pub(super) async fn find(aws: &Clients, arn: &str) -> Result<Option<Found>> {
    let Some(detail) = describe(aws, arn).await? else { return Ok(None) };
    Ok(tags_of(aws, arn).await?.map(|tags| Found { detail, tags }))
}

pub(super) async fn tags_of(aws: &Clients, arn: &str) -> Result<Option<Vec<Tag>>> {
    let call = aws.acm.list_tags_for_certificate().certificate_arn(arn).send().await;
    let found = absent(call.map_err(fault("acm:ListTagsForCertificate")))?;
    Ok(found.map(|found| found.tags.unwrap_or_default()))
}

/// ARN and domain of every certificate. Without saying so ACM leaves out whatever is not RSA 2048.
pub(super) async fn list(aws: &Clients) -> Result<Vec<(String, String)>> {
    let all = Filters::builder().set_key_types(Some(
        KeyAlgorithm::values().iter().copied().map(KeyAlgorithm::from).collect(),
    ));
    let (all, mut listed, mut more) = (all.build(), Vec::new(), None);
    loop {
        let call = aws.acm.list_certificates().includes(all.clone()).set_next_token(more);
        let page = call.send().await.map_err(fault("acm:ListCertificates"))?;
        let named = page.certificate_summary_list().iter().filter_map(|one| {
            Some((
                one.certificate_arn()?.to_owned(),
                one.domain_name().unwrap_or_default().to_owned(),
            ))
        });
        listed.extend(named);
        more = page.next_token;
        if more.is_none() {
            return Ok(listed);
        }
    }
}
