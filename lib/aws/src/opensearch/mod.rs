//! OpenSearch Service: search domains.

mod domain;
mod domain_policy;
mod rules;

pub use domain::{DedicatedMasters, Domain, DomainHandle, DomainLogs, DomainOutputs};
pub use domain_policy::{DomainPolicy, DomainPolicyHandle, DomainPolicyOutputs};

pub(crate) use rules::rules;

use groundplan_core::Registry;

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new().with::<Domain>().with::<DomainPolicy>()
}
