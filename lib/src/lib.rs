//! Infrastructure as Rust: what other teams import.

pub use groundplan_aws as aws;
pub use groundplan_core::*;
pub use groundplan_kube as kube;
pub use groundplan_platform as platform;

/// Every kind that comes with this library.
pub fn registry() -> Registry {
    aws::registry().and(kube::registry())
}
