//! How the clusters of a run are reached: as whom, and how it is known that one is gone.

use crate::realm::World;
use aws_credential_types::provider::ProvideCredentials;
use groundplan::{
    Class, Fault,
    aws::{Aws, Clients, Scope, eks::cluster_exists},
    kube::{ClusterAccess, CredentialsSource, Helm, Kube, Presence},
};
use std::{path::Path, sync::Arc};

impl World {
    /// What the kinds in clusters are lent. Where there are no clusters, workloads are written to a
    /// folder.
    pub(crate) fn kube(&self, helm: Helm, rendered: &Path) -> Kube {
        let kube = Kube::new(self.credentials(), helm).presence(self.presence());
        match &self.sandbox {
            None => kube,
            Some(local) if local.has_no_clusters() => kube.into_folder(rendered),
            Some(local) => kube.sandbox(&local.running.endpoint),
        }
    }

    fn credentials(&self) -> CredentialsSource {
        let (aws, partition) = (self.aws.clone(), self.caller.partition.clone());
        Arc::new(move |access| {
            let (aws, partition) = (aws.clone(), partition.clone());
            Box::pin(async move {
                let clients = clients(&aws, &access, &partition).await?;
                clients.credentials.provide_credentials().await.map_err(|error| {
                    Fault::new(
                        Class::Denied,
                        format!("no credentials for cluster `{}`", access.name),
                    )
                    .why(error.to_string())
                    .hint("sign in, e.g. `aws sso login`, or set AWS_PROFILE")
                })
            })
        })
    }

    fn presence(&self) -> Presence {
        let (aws, partition) = (self.aws.clone(), self.caller.partition.clone());
        Arc::new(move |access| {
            let (aws, partition) = (aws.clone(), partition.clone());
            Box::pin(async move {
                let clients = clients(&aws, &access, &partition).await?;
                cluster_exists(&clients, &access.name).await
            })
        })
    }
}

/// The clients of the account and region of a cluster, in the role that uses it.
async fn clients(
    aws: &Aws,
    access: &ClusterAccess,
    partition: &str,
) -> Result<Arc<Clients>, Fault> {
    let ClusterAccess { account, region, role, via, .. } = access.clone();
    let scope = Scope { account, region, partition: partition.to_owned(), role, via };
    aws.clients(&scope).await
}
