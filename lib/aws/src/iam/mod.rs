//! IAM: roles and whom they trust.

use groundplan_core::Registry;

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new()
}
