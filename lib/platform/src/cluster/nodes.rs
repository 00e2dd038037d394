//! The machines of a cluster: one managed node group in private subnets.

use super::{Base, Cluster};
use crate::{documents::trust_service, names::after};
use groundplan_aws::{
    Arn,
    eks::{NodeGroup, NodeGroupHandle, Scaling},
    iam::{Role, RolePolicyAttachment},
};
use groundplan_core::{Address, Stack};

/// Neither the network's nor any workload's permissions are here: those have roles of their own.
const POLICIES: [&str; 2] = [
    "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
    "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
];

/// The machines of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nodes {
    /// Instance types, the preferred one first, e.g. `m7i.xlarge`.
    pub instance_types: Vec<String>,
    /// The least there are.
    pub min: u32,
    /// How many there are now.
    pub desired: u32,
    /// The most there are.
    pub max: u32,
    /// The size of each machine's disk, in GiB.
    pub disk_gib: u32,
}

pub(super) fn add(
    cluster: &Cluster<'_>,
    base: &Base,
    stack: &mut Stack,
    name: &str,
    network_addons: &[Address],
) -> NodeGroupHandle {
    let (scope, tags) = (&cluster.account.scope, &cluster.tags);
    let trust = trust_service("ec2.amazonaws.com");
    let role = Role { tags: tags.clone(), ..Role::new(scope.clone(), trust) };
    let role = stack.add(&format!("{name}-nodes"), role);
    let mut first: Vec<_> = network_addons.iter().chain(&cluster.network.egress).cloned().collect();
    for (number, policy) in POLICIES.into_iter().enumerate() {
        let policy =
            RolePolicyAttachment::new(scope.clone(), role.name(), Arn::from(policy).into());
        let policy = stack.add(&format!("{name}-nodes-{number}"), policy);
        first.push(policy.address().clone());
    }
    let Nodes { instance_types, min, desired, max, disk_gib } = cluster.nodes.clone();
    let group = NodeGroup {
        instance_types,
        disk_gib,
        scaling: Scaling { min, desired, max },
        tags: tags.clone(),
        ..NodeGroup::new(
            scope.clone(),
            base.cluster.name(),
            role.arn(),
            cluster.network.private_ids(),
        )
    };
    stack.add_with(name, group, after(&first))
}
