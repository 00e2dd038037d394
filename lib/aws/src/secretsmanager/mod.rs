//! Secrets Manager: where secrets are kept, so that they are nowhere else.

use groundplan_core::Registry;

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new()
}
