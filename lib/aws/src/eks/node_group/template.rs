//! The launch template of a node group: told in a create, and rolled over to another version.

use super::{NodeGroup, NodeGroupOutputs, change::count};
use crate::{
    Clients, LaunchTemplateId,
    eks::update::{self, Target},
    fault::fault,
};
use aws_sdk_eks::types::{self, LaunchTemplateSpecification};
use groundplan_core::{Fields, Json, Result, StepCx, Val, json};
use serde::{Deserialize, Serialize};

/// A version of a launch template.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TemplateVersion {
    /// The template. Another one makes a new group.
    pub id: Val<LaunchTemplateId>,
    /// The number of the version: the output `version` of an
    /// [`ec2::LaunchTemplate`](crate::ec2::LaunchTemplate).
    pub version: Val<String>,
}

impl TemplateVersion {
    pub(super) fn request(&self) -> LaunchTemplateSpecification {
        let template = LaunchTemplateSpecification::builder().id(self.id.get().as_str());
        template.version(self.version.get()).build()
    }
}

/// The template as it is told, in the form of the inputs.
pub(super) fn live(found: &types::Nodegroup) -> Option<Json> {
    let template = found.launch_template()?;
    Some(json!({ "id": template.id(), "version": template.version() }))
}

impl NodeGroup {
    /// The size of a disk, where no template says it.
    pub(super) fn disk(&self) -> Option<i32> {
        self.launch_template.is_none().then(|| count(self.disk_gib))
    }

    /// Replaces the machines by such of the wanted version of the template, one by one, each with its pods
    /// drained.
    pub(super) async fn roll_over(
        &self,
        cx: &StepCx,
        aws: &Clients,
        live: &NodeGroupOutputs,
        found: &types::Nodegroup,
        approved: &Fields,
    ) -> Result<()> {
        let Some(wanted) = &self.launch_template else { return Ok(()) };
        let version = found.launch_template().and_then(|template| template.version());
        if !approved.has("launch_template") || version == Some(wanted.version.get()) {
            return Ok(());
        }
        let cluster = self.cluster.get();
        let target = Target { node_group: Some(&live.name), ..Target::cluster(cluster) };
        // Without a version EKS would raise the machines to that of the cluster, which no plan showed. With
        // an image of one's own it takes none.
        let own_image = found.ami_type() == Some(&types::AmiTypes::Custom);
        let kubernetes = found.version().filter(|_| !own_image).map(str::to_owned);
        let start = || async {
            let call = aws
                .eks
                .update_nodegroup_version()
                .cluster_name(cluster)
                .nodegroup_name(&live.name)
                .set_version(kubernetes.clone())
                .launch_template(wanted.request());
            Ok(call.send().await.map_err(fault("eks:UpdateNodegroupVersion"))?.update)
        };
        update::run(cx, &aws.eks, target, "the machines to be replaced", start).await
    }
}
