//! CloudWatch Logs: groups of logs, and which services may write to them.

mod group;
mod key;
mod resource_policy;
mod risks;
mod rules;

pub use group::{LogGroup, LogGroupClass, LogGroupHandle, LogGroupOutputs};
pub use resource_policy::{LogResourcePolicy, LogResourcePolicyHandle, LogResourcePolicyOutputs};

pub(crate) use rules::rules;

use groundplan_core::Registry;

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new().with::<LogGroup>().with::<LogResourcePolicy>()
}
