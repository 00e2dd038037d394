//! MSK: managed Kafka.

mod cluster;
mod configuration;
mod rules;
mod scram_secret;

pub use cluster::{Cluster, ClusterHandle, ClusterOutputs, Prometheus, Revision, SignIn};
pub use configuration::{Configuration, ConfigurationHandle, ConfigurationOutputs};
pub use scram_secret::{ScramSecret, ScramSecretHandle, ScramSecretOutputs};

pub(crate) use rules::rules;

use groundplan_core::Registry;

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new().with::<Cluster>().with::<Configuration>().with::<ScramSecret>()
}
