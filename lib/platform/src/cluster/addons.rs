//! Add-ons: those that nodes need, and those that need nodes.

use super::{Base, Cluster};
use crate::{ServiceAccountRole, names::after};
use groundplan_aws::eks::{Addon, AddonHandle, AddonVersion};
use groundplan_core::{Address, Options, Stack, Val, json};

const CNI_POLICY: &str = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";
const EBS_POLICY: &str = "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy";

/// The network: without it nodes never become ready. Its permissions are a role of its own, not the
/// nodes'.
pub(super) fn before_nodes(
    cluster: &Cluster<'_>,
    base: &Base,
    stack: &mut Stack,
    name: &str,
) -> Vec<Address> {
    let role = ServiceAccountRole {
        managed: vec![CNI_POLICY.to_owned()],
        tags: cluster.tags.clone(),
        ..service_account(cluster, base, "aws-node")
    };
    let role = role.add(stack, &format!("{name}-vpc-cni"));
    let cni = Addon { role: Some(role.arn()), ..addon(cluster, base, stack, name, "vpc-cni") };
    let proxy = addon(cluster, base, stack, name, "kube-proxy");
    let none = Options::default;
    [(cni, none()), (proxy, none())]
        .map(|(addon, options)| put(stack, name, addon, options).address().clone())
        .to_vec()
}

/// Names and volumes. `gp3` volumes are what a claim gets that names no class: EKS marks none itself.
pub(super) fn after_nodes(
    cluster: &Cluster<'_>,
    base: &Base,
    stack: &mut Stack,
    name: &str,
    nodes: &Address,
) -> Vec<Val<String>> {
    let role = ServiceAccountRole {
        managed: vec![EBS_POLICY.to_owned()],
        tags: cluster.tags.clone(),
        ..service_account(cluster, base, "ebs-csi-controller-sa")
    };
    let role = role.add(stack, &format!("{name}-ebs-csi"));
    let ebs = Addon {
        role: Some(role.arn()),
        configuration: Some(
            json!({ "defaultStorageClass": { "enabled": true } }).to_string().into(),
        ),
        ..addon(cluster, base, stack, name, "aws-ebs-csi-driver")
    };
    let dns = addon(cluster, base, stack, name, "coredns");
    [ebs, dns].map(|addon| put(stack, name, addon, after([nodes])).name()).to_vec()
}

fn service_account<'a>(
    cluster: &Cluster<'_>,
    base: &'a Base,
    account: &str,
) -> ServiceAccountRole<'a> {
    ServiceAccountRole::new(
        cluster.account.scope.clone(),
        &base.identity_provider,
        "kube-system",
        account,
    )
}

/// An add-on in the version that EKS recommends for the cluster's.
fn addon(cluster: &Cluster<'_>, base: &Base, stack: &mut Stack, name: &str, addon: &str) -> Addon {
    let version = AddonVersion::new(cluster.account.scope.clone(), addon, &cluster.version);
    let version = stack.derive(&format!("{name}-{addon}"), version);
    Addon {
        version: Some(version.version()),
        tags: cluster.tags.clone(),
        ..Addon::new(cluster.account.scope.clone(), base.cluster.name(), addon)
    }
}

fn put(stack: &mut Stack, name: &str, addon: Addon, options: Options) -> AddonHandle {
    let name = format!("{name}-{}", addon.name);
    stack.add_with(&name, addon, options)
}
