//! Deletes a cluster, and waits until it is gone.

use super::{
    Cluster,
    observe::{describe, issues},
};
use crate::{
    Clients, CxAws,
    eks::{
        absent, pairs, says,
        update::{self, Target},
    },
    fault::fault,
    tags,
};
use aws_sdk_eks::types::ClusterStatus;
use groundplan_core::{Class, Fault, Patience, Probe, Result, StepCx};

pub(super) async fn delete(wish: &Cluster, cx: &StepCx, name: &str) -> Result<()> {
    let aws = cx.aws(wish.scope.get()).await?;
    let Some(found) = describe(&aws, name).await? else { return Ok(()) };
    tags::require_ours(cx.owner(), &format!("the cluster `{name}`"), pairs(found.tags()))?;
    if found.status() != Some(&ClusterStatus::Deleting) {
        if found.deletion_protection() == Some(true) {
            lift_protection(cx, &aws, name).await?;
        }
        let delete = || async {
            let call = aws.eks.delete_cluster().name(name).send().await;
            match absent(call.map_err(fault("eks:DeleteCluster"))) {
                Err(fault) if fault.class == Class::InUse => {
                    Err(name_children(&aws, name, fault).await)
                }
                other => other,
            }
        };
        // Without children it is only an update that has not ended.
        let passes = |f: &Fault| f.class == Class::InUse && f.hint.is_none();
        cx.retry(Patience::MINUTES, passes, delete).await?;
    }
    cx.wait(Patience::HOUR, "the cluster to be gone", || async {
        Ok(match describe(&aws, name).await? {
            None => Probe::Ready(()),
            Some(found) => {
                let status = found.status().map_or("?", ClusterStatus::as_str);
                Probe::NotYet(says(status, &issues(&found)))
            }
        })
    })
    .await
}

async fn lift_protection(cx: &StepCx, aws: &Clients, name: &str) -> Result<()> {
    if !cx.unprotected() {
        let what = format!("the cluster `{name}` is protected from being deleted");
        return Err(Fault::new(Class::Refused, what)
            .why("its `deletion_protection` is on")
            .hint(format!("lift it for this run: `--unprotect {}`", cx.address())));
    }
    let start = || async {
        let call = aws.eks.update_cluster_config().name(name).deletion_protection(false);
        Ok(call.send().await.map_err(fault("eks:UpdateClusterConfig"))?.update)
    };
    let what = "the deletion protection to be lifted";
    update::run(cx, &aws.eks, Target::cluster(name), what, start).await
}

/// Adds to a refused delete what is still in the cluster.
async fn name_children(aws: &Clients, name: &str, fault: Fault) -> Fault {
    let groups = aws.eks.list_nodegroups().cluster_name(name).send().await;
    let profiles = aws.eks.list_fargate_profiles().cluster_name(name).send().await;
    let mut children = Vec::new();
    if let Ok(found) = &groups {
        children.extend(found.nodegroups().iter().map(|group| format!("the node group {group}")));
    }
    if let Ok(found) = &profiles {
        let names = found.fargate_profile_names().iter();
        children.extend(names.map(|profile| format!("the Fargate profile {profile}")));
    }
    if children.is_empty() {
        return fault;
    }
    fault.hint(format!("still in it: {}; delete them, then run again", children.join(", ")))
}
