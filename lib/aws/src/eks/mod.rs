//! EKS: the cluster and what belongs to it.
//!
//! Shared by its kinds: what passes by itself, absence that follows from an absent cluster, tags,
//! and health in words. What EKS does in the background after a call is in `update`.

mod access_entry;
mod access_policy;
mod addon;
mod addon_version;
mod cluster;
mod node_group;
mod pod_identity_association;
mod presence;
mod risks;
mod rules;
mod update;

pub use access_entry::{AccessEntry, AccessEntryHandle, AccessEntryOutputs};
pub use access_policy::{
    AccessPolicy, AccessPolicyHandle, AccessPolicyName, AccessPolicyOutputs, AccessScope,
};
pub use addon::{Addon, AddonHandle, AddonOutputs};
pub use addon_version::{AddonVersion, AddonVersionHandle, AddonVersionOutputs};
pub use cluster::{Cluster, ClusterHandle, ClusterOutputs, EndpointAccess, LogType, SupportType};
pub use node_group::{
    Capacity, NodeGroup, NodeGroupHandle, NodeGroupOutputs, Scaling, Taint, TaintEffect,
    TemplateVersion,
};
pub use pod_identity_association::{
    PodIdentityAssociation, PodIdentityAssociationHandle, PodIdentityAssociationOutputs,
};
pub use presence::cluster_exists;

pub(crate) use rules::rules;

use crate::{Tags, fault, tags};
use aws_sdk_eks::Client;
use groundplan_core::{Class, Fault, Patience, Registry, Result, StepCx, Val};
use std::collections::{BTreeSet, HashMap};

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new()
        .with::<AccessEntry>()
        .with::<AccessPolicy>()
        .with::<Addon>()
        .with_derived::<AddonVersion>()
        .with::<Cluster>()
        .with::<NodeGroup>()
        .with::<PodIdentityAssociation>()
}

/// What is in a cluster is looked for there: two clusters of one region are two places.
const PLACE: &[&str] = &["scope", "cluster"];

/// A role or policy that was just made is known to EKS within about two minutes.
const SETTLING: Patience = Patience::new(1000, 10, 120);

/// Whether EKS refuses a role because it has not heard of it, or of its policies, yet. The API has
/// two codes for all that is wrong with a request, so the text must tell.
fn settling(fault: &Fault) -> bool {
    const TEXTS: [&str; 5] = [
        "error in role params",
        "trusted entity is not correct",
        "doesn't have the amazon eks managed policies",
        "iam role's policy must include",
        "invalid principal",
    ];
    let why = fault.why.as_deref().unwrap_or_default().to_lowercase();
    (fault.is("InvalidParameterException") || fault.is("InvalidRequestException"))
        && (TEXTS.iter().any(|text| why.contains(text))
            || (why.contains("role") && why.contains("does not exist")))
}

/// Takes a fault that says that the object, or the whole cluster it is in, is not there for `None`.
fn absent<T>(result: Result<T>) -> Result<Option<T>> {
    match fault::absent(result) {
        // Some calls say so with another code.
        Err(fault) if is_no_cluster(&fault) => Ok(None),
        other => other,
    }
}

fn is_no_cluster(fault: &Fault) -> bool {
    fault.is("ClientException")
        && fault.why.as_ref().is_some_and(|why| why.contains("No cluster found"))
}

/// The clusters that objects are in.
fn clusters<'a>(of: impl Iterator<Item = &'a Val<String>>) -> BTreeSet<&'a str> {
    of.map(|cluster| cluster.get().as_str()).collect()
}

/// The names and values of an object's tags.
fn pairs(tags: Option<&HashMap<String, String>>) -> Vec<(&str, &str)> {
    tags.into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

/// Tags for a create call: the program's and the owner's.
/// Whether an ARN is that of something of this name in a cluster: `…:nodegroup/CLUSTER/NAME/…`.
fn is_of(arn: &str, cluster: &str, name: &str) -> bool {
    let mut parts = arn.split('/').skip(1);
    parts.next() == Some(cluster) && parts.next() == Some(name)
}

fn marked(cx: &StepCx, tags: &Tags) -> HashMap<String, String> {
    cx.tags(tags).into_iter().collect()
}

/// Brings the tags of an object to the desired ones, and its ownership tags back if they are gone.
async fn sync_tags(
    cx: &StepCx,
    eks: &Client,
    arn: &str,
    live: Option<&HashMap<String, String>>,
    desired: &Tags,
) -> Result<()> {
    let live = pairs(live).into_iter().filter(|(key, _)| !key.starts_with("aws:"));
    let live = live.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let (set, remove) = tags::difference(&live, &cx.tags(desired));
    if !set.is_empty() {
        let call = eks.tag_resource().resource_arn(arn).set_tags(Some(set.into_iter().collect()));
        call.send().await.map_err(fault::fault("eks:TagResource"))?;
    }
    if !remove.is_empty() {
        let call = eks.untag_resource().resource_arn(arn).set_tag_keys(Some(remove));
        call.send().await.map_err(fault::fault("eks:UntagResource"))?;
    }
    Ok(())
}

/// One issue of an object's health: `Ec2SubnetNotFound: the subnet is gone (subnet-1)`.
fn issue(code: Option<&str>, message: Option<&str>, ids: &[String]) -> String {
    let mut text = code.unwrap_or("an issue without a code").to_owned();
    if let Some(message) = message {
        text = format!("{text}: {message}");
    }
    if !ids.is_empty() {
        text = format!("{text} ({})", ids.join(", "));
    }
    text
}

/// The state of an object in words, with what ails it.
fn says(status: &str, issues: &[String]) -> String {
    if issues.is_empty() { status.to_owned() } else { format!("{status}: {}", issues.join("; ")) }
}

/// The fault of an object that EKS gave up on.
fn failed(cx: &StepCx, what: &str, status: &str, issues: &[String]) -> Fault {
    let why =
        if issues.is_empty() { "EKS names no health issue".to_owned() } else { issues.join("; ") };
    Fault::new(Class::Other, format!("{what} is {status}"))
        .why(why)
        .hint(format!("mend the cause, then make it anew: `apply --replace {}`", cx.address()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(why: &str) -> Fault {
        Fault::new(Class::Invalid, "eks:CreateCluster failed")
            .code("InvalidParameterException")
            .why(why)
    }

    #[test]
    fn only_what_iam_has_not_spread_yet_is_tried_again() {
        for passes in [
            "Role with arn: arn:aws:iam::1:role/x, could not be assumed because it does not exist or the trusted entity is not correct",
            "The role with ARN does not exist.",
            "Error in role params",
            "The provided role doesn't have the Amazon EKS Managed Policies associated with it.",
            "The specified principalArn is invalid: invalid principal.",
        ] {
            assert!(settling(&refused(passes)), "{passes}");
        }
        for stays in ["unsupported Kubernetes version", "The subnet ID 'subnet-1' does not exist"] {
            assert!(!settling(&refused(stays)), "{stays}");
        }
        let other = Fault::new(Class::Denied, "x").code("AccessDeniedException").why("role x");
        assert!(!settling(&other));
    }

    #[test]
    fn an_absent_cluster_has_no_children_but_a_denied_read_says_nothing() {
        let gone = Fault::new(Class::Other, "x")
            .code("ClientException")
            .why("No cluster found for name: a.");
        assert_eq!(absent::<()>(Err(gone)), Ok(None));
        let gone = Fault::new(Class::NotFound, "x").code("ResourceNotFoundException");
        assert_eq!(absent::<()>(Err(gone)), Ok(None));
        let denied = Fault::new(Class::Denied, "x").code("AccessDeniedException");
        assert!(absent::<()>(Err(denied)).is_err());
    }

    #[test]
    fn health_reads_as_a_sentence() {
        let issues = [issue(Some("Ec2SubnetNotFound"), Some("it is gone"), &["subnet-1".into()])];
        assert_eq!(says("CREATING", &issues), "CREATING: Ec2SubnetNotFound: it is gone (subnet-1)");
        assert_eq!(says("ACTIVE", &[]), "ACTIVE");
    }
}
