//! EKS: the cluster and what belongs to it.

mod presence;

pub use presence::cluster_exists;

use groundplan_core::Registry;

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new()
}
