//! Rules over Kubernetes objects and Helm releases, as programs write them.
//!
//! A chart's own objects are not looked at here: what a release is told to be is in its values.

mod objects;
mod releases;

pub(crate) use objects::is_public;

use groundplan_core::Rules;

/// Every rule over Kubernetes objects and Helm releases.
pub fn rules() -> Rules {
    objects::rules().and(releases::rules())
}
