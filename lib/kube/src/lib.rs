//! What runs in a cluster: access to it, objects, and Helm releases.
//!
//! Every kind takes its cluster as a value, a [`ClusterAccess`], so that a cluster made in the same run
//! can be used in it. An [`Access`] gives that value, and stands between the cluster and all that is in
//! it: made before, removed after. [`Kube`] holds the clients of a run and [`Helm`] the `helm` program;
//! the driver makes both and lends them to the kinds.
//!
//! Nothing here prints, reads the environment, or waits other than through the engine. Only `helm` starts
//! a program, and writes files below a folder of its own; `folder` stands in for clusters where none is.

mod access;
mod client;
mod fault;
mod folder;
mod gone;
mod health;
mod helm;
mod key;
mod marks;
mod object;
mod pods;
mod rules;
mod settle;
mod token;
mod tree;
mod yaml;

pub use access::{Access, AccessHandle, AccessOutputs, ClusterAccess};
pub use client::{CredentialsSource, Kube, Presence};
pub use helm::{
    Chart, Helm, HelmCall, HelmCli, HelmOutput, HelmRelease, HelmReleaseHandle, HelmReleaseOutputs,
    HelmSettings, Spawned, exec_bound,
};
pub use object::{KubeObject, KubeObjectHandle, KubeObjectOutputs, Wait};
pub use rules::rules;

use groundplan_core::Registry;

/// Every kind of this crate.
pub fn registry() -> Registry {
    Registry::new().with_derived::<Access>().with::<KubeObject>().with::<HelmRelease>()
}
