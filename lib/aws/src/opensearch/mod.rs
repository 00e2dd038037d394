//! OpenSearch Service: search domains.

mod domain;

pub use domain::{DedicatedMasters, Domain, DomainHandle, DomainOutputs};

use groundplan_core::Registry;

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new().with::<Domain>()
}
