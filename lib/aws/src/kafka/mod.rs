//! MSK: managed Kafka.

mod cluster;
mod configuration;
mod rules;

pub use cluster::{Cluster, ClusterHandle, ClusterOutputs, Prometheus, Revision, SignIn};
pub use configuration::{Configuration, ConfigurationHandle, ConfigurationOutputs};

pub(crate) use rules::rules;

use groundplan_core::Registry;

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new().with::<Cluster>().with::<Configuration>()
}
