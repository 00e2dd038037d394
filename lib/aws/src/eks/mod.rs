//! EKS: the cluster and what belongs to it.

use groundplan_core::Registry;

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new()
}
