//! A certificate together with the records that have it issued.

use groundplan_aws::{
    Arn, Scope, Tags,
    acm::{Certificate, Validation},
    route53::{Record, RecordType},
};
use groundplan_core::{Stack, Val};
use std::collections::BTreeSet;

/// How long whoever asks keeps a record, in seconds: ACM asks again for as long as it renews.
const TTL: u32 = 300;

/// A certificate of ACM whose domains are all in one public zone, with the records that say so to ACM.
///
/// ACM asks for the same record in every certificate of an account for a domain: a second one for the same
/// domain takes the first one's.
#[derive(Clone, Debug)]
pub struct DnsCertificate {
    /// The account and region: those of the load balancer that uses it.
    pub scope: Val<Scope>,
    /// The id of the public zone that the domains are in.
    pub zone: Val<String>,
    /// The domain, e.g. `data.example.com` or `*.data.example.com`.
    pub domain: String,
    /// Other domains that it is for.
    pub alternatives: Vec<String>,
    /// Added to the ownership tags.
    pub tags: Tags,
}

impl DnsCertificate {
    /// Adds certificate, records and validation. What it gives is the certificate's ARN once it is issued,
    /// so that whatever uses it waits.
    pub fn add(self, stack: &mut Stack, name: &str) -> Val<Arn> {
        let mut domains = vec![self.domain.clone()];
        domains.extend(self.alternatives.iter().cloned());
        let certificate = Certificate {
            alternatives: self.alternatives,
            tags: self.tags,
            ..Certificate::new(self.scope.clone(), self.domain)
        };
        let certificate = stack.add(name, certificate);
        let mut known = BTreeSet::new();
        let mut records = Vec::new();
        for domain in domains {
            // A domain and its wildcard have the same record.
            let base = domain.strip_prefix("*.").unwrap_or(&domain).to_owned();
            if !known.insert(base.clone()) {
                continue;
            }
            let named = certificate.record_names().key(&domain);
            let value = certificate.record_values().key(&domain);
            let record = Record {
                ttl: Some(TTL),
                ..Record::new(
                    self.scope.clone(),
                    self.zone.clone(),
                    named,
                    RecordType::Cname,
                    vec![value],
                )
            };
            let record = stack.add(&format!("{name}-{}", base.replace('.', "-")), record);
            records.push(record.name());
        }
        let validation = Validation::new(self.scope, certificate.arn(), records);
        stack.add(name, validation).certificate()
    }
}
