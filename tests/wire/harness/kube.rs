//! Kubernetes for who has AWS alone: what would be in a cluster is written into a folder.

use groundplan::{
    Class, Fault,
    kube::{CredentialsSource, Helm, HelmSettings, Kube},
};
use std::{path::Path, sync::Arc};

/// The folder is beside the state that records what is in it.
pub(super) fn into_folder(state: &Path) -> Kube {
    let nobody: CredentialsSource =
        Arc::new(|_| Box::pin(async { Err(Fault::new(Class::Other, "no cluster answers here")) }));
    let helm = Helm::new(HelmSettings::new(state.join("helm")));
    Kube::new(nobody, helm).into_folder(state.join("rendered"))
}
