//! `eks.node_group`: machines that a cluster runs pods on.

mod change;
mod observe;
mod template;

pub use template::TemplateVersion;

use super::{PLACE, SETTLING, absent, failed, marked, pairs, risks, says, settling};
use crate::{
    Arn, Clients, CxAws, Scope, SubnetId, Tags, defaults,
    fault::{fault, incomplete},
    found::{each, take_or_refuse},
    scope, tags,
    taking::parts,
};
use aws_sdk_eks::types::{self, NodegroupStatus};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, LostCreate, Mark, Marked, Meta, Naming, Near,
    Patience, Probe, Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical,
    Val, Wanted, When,
};
use observe::{describe, issues, look, outputs};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Machines of one make, that AWS starts, joins to the cluster and replaces when they fail.
///
/// They run the version of Kubernetes that the cluster has when the group is made. Number, labels,
/// taints, tags and the version of a launch template change in place, anything else makes a new group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeGroup {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The cluster's name.
    pub cluster: Val<String>,
    /// The name, unique in the cluster; made from stack, resource name and generation if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the machines may do. Needs `AmazonEKSWorkerNodePolicy` and
    /// `AmazonEC2ContainerRegistryPullOnly`.
    pub role: Val<Arn>,
    /// Where the machines are.
    pub subnets: Vec<Val<SubnetId>>,
    /// The machines' types, the preferred one first; none where the launch template says it.
    pub instance_types: Vec<String>,
    /// The machines' system, e.g. `AL2023_x86_64_STANDARD`.
    pub ami_type: String,
    /// How the machines are paid for.
    pub capacity: Capacity,
    /// The size of each machine's disk in GiB. A launch template says that in its place.
    pub disk_gib: u32,
    /// How the machines are made beyond that. Another version of the same template replaces them one by
    /// one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launch_template: Option<TemplateVersion>,
    /// How many machines. Where an autoscaler decides on `scaling.desired`, ignore that field.
    pub scaling: Scaling,
    /// Kubernetes labels of the nodes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Kubernetes taints of the nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
    /// Added to the ownership tags. They do not spread to the machines.
    pub tags: Tags,
}

impl NodeGroup {
    /// Two machines, at most four, of the type `m6i.large` with Amazon Linux 2023.
    pub fn new(
        scope: Val<Scope>,
        cluster: Val<String>,
        role: Val<Arn>,
        subnets: impl IntoIterator<Item = Val<SubnetId>>,
    ) -> Self {
        Self {
            scope,
            cluster,
            name: None,
            role,
            subnets: subnets.into_iter().collect(),
            instance_types: vec!["m6i.large".to_owned()],
            ami_type: "AL2023_x86_64_STANDARD".to_owned(),
            capacity: Capacity::OnDemand,
            disk_gib: 50,
            launch_template: None,
            scaling: Scaling { min: 2, desired: 2, max: 4 },
            labels: BTreeMap::new(),
            taints: Vec::new(),
            tags: Tags::new(),
        }
    }
}

/// How machines are paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Capacity {
    /// By time, and they stay.
    OnDemand,
    /// Cheaper, and AWS may take them away.
    Spot,
}

/// How many machines a group has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scaling {
    /// Never fewer.
    pub min: u32,
    /// As many now.
    pub desired: u32,
    /// Never more.
    pub max: u32,
}

/// Keeps pods that do not tolerate it off the nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taint {
    /// The key.
    pub key: String,
    /// The value, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What happens to such pods.
    pub effect: TaintEffect,
}

/// What happens to pods that do not tolerate a taint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaintEffect {
    /// They are not put there.
    NoSchedule,
    /// They are put there only if there is no other place.
    PreferNoSchedule,
    /// They are not put there, and those that run there are evicted.
    NoExecute,
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`NodeGroup`].
    pub struct NodeGroupOutputs -> NodeGroupHandle {
        /// The name.
        name: String,
        /// The ARN.
        arn: Arn,
    }
}

impl Resource for NodeGroup {
    const KIND: &'static str = "eks.node_group";
    const META: Meta = Meta {
        immutable: &[
            "scope.account",
            "scope.region",
            "cluster",
            "name",
            "role",
            "subnets",
            "instance_types",
            "ami_type",
            "capacity",
            "disk_gib",
            "launch_template.id",
        ],
        // EKS refuses to delete a cluster with node groups; the machines are in the subnets, and the
        // role is in the instance profile that EKS made for them.
        holds: &["cluster", "role", "subnets"],
        sets: &["subnets", "taints"],
        place: PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 63 },
        read_cost: ReadCost::Object("ListNodegroups answers with names only"),
        iam: Iam {
            object: "eks:nodegroup",
            holes: &[
                ("cluster", Hole::Input("cluster")),
                ("nodegroup", Hole::Name),
                ("role", Hole::NameIn("role")),
                ("passed", Hole::Input("role")),
                ("to", Hole::Text("eks.amazonaws.com")),
                ("service", Hole::Text("eks-nodegroup.amazonaws.com")),
            ],
            search: &["eks:ListNodegroups", "eks:DescribeNodegroup"],
            observe: &["eks:DescribeNodegroup"],
            create: &[
                "eks:CreateNodegroup",
                "eks:TagResource",
                "eks:DescribeNodegroup",
                "iam:PassRole",
                "iam:GetRole",
                "iam:ListAttachedRolePolicies",
                "iam:CreateServiceLinkedRole",
                "ec2:DescribeSubnets",
                "ec2:RunInstances",
            ],
            converge: &[
                "eks:DescribeNodegroup",
                "eks:UpdateNodegroupConfig",
                "eks:UpdateNodegroupVersion",
                "eks:DescribeUpdate",
                "ec2:RunInstances",
                "eks:TagResource",
                "eks:UntagResource",
            ],
            delete: &["eks:DeleteNodegroup", "eks:DescribeNodegroup"],
            only: &[
                ("eks:UpdateNodegroupConfig", When::Changes(&["scaling", "labels", "taints"])),
                ("eks:UpdateNodegroupVersion", When::Changes(&["launch_template"])),
                (
                    "eks:DescribeUpdate",
                    When::Changes(&["scaling", "labels", "taints", "launch_template"]),
                ),
                ("ec2:RunInstances", When::Given("launch_template")),
                ("ec2:RunInstances", When::Changes(&["launch_template"])),
                ("eks:TagResource", When::Sets("tags")),
                ("eks:UntagResource", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(180, 60, 240),
        defaults: &[defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = NodeGroupOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let Some(name) = &self.name {
            let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
            let fits = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            problems.require(
                starts && fits && name.len() <= 63,
                "name",
                format!("`{name}` is not 1 to 63 letters, digits, - and _, starting with a letter or digit"),
            );
        }
        problems.require(!self.subnets.is_empty(), "subnets", "name one or more");
        let types = !self.instance_types.is_empty() || self.launch_template.is_some();
        problems.require(types, "instance_types", "name one or more, e.g. `m6i.large`");
        problems.require(
            (1..=16_384).contains(&self.disk_gib),
            "disk_gib",
            format!("{} is not between 1 and 16384", self.disk_gib),
        );
        let Scaling { min, desired, max } = self.scaling;
        problems.require(max >= 1, "scaling.max", "must be 1 or more");
        problems.require(
            min <= desired && desired <= max,
            "scaling.desired",
            format!("{desired} is not between `min` ({min}) and `max` ({max})"),
        );
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::node_group(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<NodeGroupOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| look(&aws, w)).await
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<NodeGroupOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        observe::marked(&aws, near, mark).await
    }

    async fn create(&self, cx: &StepCx) -> Result<NodeGroupOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // "In use" is a name that is taken, or a cluster that is busy with an update, which passes.
        let passes = |f: &Fault| settling(f) || f.class == Class::InUse;
        cx.retry(SETTLING, passes, || self.try_create(cx, &aws)).await
    }

    /// The cluster's name and the group's: `cluster:group`.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<NodeGroupOutputs>>> {
        let (cluster, name) = parts(id, self.cluster.get())?;
        let aws = cx.aws(self.scope.get()).await?;
        let found = observe::describe(&aws, cluster, name).await?;
        found.map(|group| Ok(Identity::named(observe::outputs(&group)?, name))).transpose()
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        Some(format!("{}:{}", self.cluster.get(), name?))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: NodeGroupOutputs,
        approved: &Fields,
    ) -> Result<NodeGroupOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        self.change(cx, &aws, &live, approved).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &NodeGroupOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let (cluster, name) = (self.cluster.get(), &live.name);
        let Some(found) = describe(&aws, cluster, name).await? else { return Ok(()) };
        let what = format!("the node group `{name}`");
        tags::require_ours(cx.owner(), &what, pairs(found.tags()))?;
        if found.status() != Some(&NodegroupStatus::Deleting) {
            let delete = || async {
                let call = aws.eks.delete_nodegroup().cluster_name(cluster).nodegroup_name(name);
                absent(call.send().await.map_err(fault("eks:DeleteNodegroup")))
            };
            cx.retry(Patience::MINUTES, |f| f.class == Class::InUse, delete).await?;
        }
        cx.wait(Patience::MINUTES, "the node group to be gone", || async {
            let Some(found) = describe(&aws, cluster, name).await? else {
                return Ok(Probe::Ready(()));
            };
            match found.status() {
                Some(status @ NodegroupStatus::DeleteFailed) => {
                    Err(failed(cx, &what, status.as_str(), &issues(&found)))
                }
                status => {
                    let status = status.map_or("?", NodegroupStatus::as_str);
                    Ok(Probe::NotYet(says(status, &issues(&found))))
                }
            }
        })
        .await
    }
}

impl NodeGroup {
    async fn try_create(&self, cx: &StepCx, aws: &Clients) -> Result<NodeGroupOutputs> {
        let action = "eks:CreateNodegroup";
        let capacity = match self.capacity {
            Capacity::OnDemand => types::CapacityTypes::OnDemand,
            Capacity::Spot => types::CapacityTypes::Spot,
        };
        let Scaling { min, desired, max } = self.scaling;
        let scaling = types::NodegroupScalingConfig::builder()
            .min_size(change::count(min))
            .desired_size(change::count(desired))
            .max_size(change::count(max));
        let labels = self.labels.clone().into_iter().collect();
        let call = aws
            .eks
            .create_nodegroup()
            .cluster_name(self.cluster.get())
            .nodegroup_name(cx.name())
            .node_role(self.role.get().as_str())
            .set_subnets(Some(self.subnets.iter().map(|id| id.get().to_string()).collect()))
            .set_instance_types(
                (!self.instance_types.is_empty()).then(|| self.instance_types.clone()),
            )
            .ami_type(self.ami_type.as_str().into())
            .capacity_type(capacity)
            .set_disk_size(self.disk())
            .set_launch_template(self.launch_template.as_ref().map(TemplateVersion::request))
            .scaling_config(scaling.build())
            .set_labels((!self.labels.is_empty()).then_some(labels))
            .set_taints(Some(self.taints.iter().map(change::to_taint).collect()))
            .set_tags(Some(marked(cx, &self.tags)))
            .client_request_token(cx.token());
        match call.send().await.map_err(fault(action)) {
            Ok(made) => outputs(&made.nodegroup.ok_or_else(|| incomplete(action, "nodegroup"))?),
            Err(fault) if fault.class == Class::InUse => {
                let found = describe(aws, self.cluster.get(), cx.name()).await?;
                let Some(found) = found else { return Err(fault) };
                let what = format!("a node group `{}`", cx.name());
                let hint = "give this resource another `name`, or delete that node group";
                outputs(&take_or_refuse(cx, found, &what, hint)?)
            }
            Err(fault) => Err(fault),
        }
    }
}
