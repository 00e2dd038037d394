//! Who administers a cluster, and the value through which workloads reach it.

use super::{Base, Cluster};
use groundplan_aws::{
    Arn,
    eks::{AccessEntry, AccessPolicy, AccessPolicyName},
};
use groundplan_core::{Stack, Val};
use groundplan_kube::{Access, ClusterAccess};

/// Adds the administrators, and the access that rests on their entries and on `through`.
pub(super) fn add(
    cluster: &Cluster<'_>,
    base: &Base,
    stack: &mut Stack,
    name: &str,
    mut through: Vec<Val<String>>,
) -> Val<ClusterAccess> {
    let scope = &cluster.account.scope;
    for (called, principal) in administrators(cluster) {
        let entry_name = format!("{name}-{called}");
        let entry = AccessEntry {
            tags: cluster.tags.clone(),
            ..AccessEntry::new(scope.clone(), base.cluster.name(), principal)
        };
        let entry = stack.add(&entry_name, entry);
        let policy = AccessPolicy::new(
            scope.clone(),
            base.cluster.name(),
            entry.principal(),
            AccessPolicyName::ClusterAdmin,
        );
        through.push(stack.add(&entry_name, policy).policy());
    }
    let access = Access {
        role: cluster.account.role.clone(),
        via: cluster.account.via.clone(),
        through,
        ..Access::new(
            base.cluster.name(),
            cluster.account.id.clone(),
            cluster.account.region.as_str(),
            base.cluster.endpoint(),
            base.cluster.certificate_authority(),
        )
    };
    stack.derive(name, access).access()
}

/// Who administers it, each by a name: whom the program names, and the role that is taken in the account.
fn administrators(cluster: &Cluster<'_>) -> Vec<(String, Val<Arn>)> {
    let named = cluster.administrators.iter();
    let mut all: Vec<_> =
        named.map(|arn| (last_part(arn.as_str()).to_owned(), arn.clone().into())).collect();
    if let Some(role) = cluster.account.role.clone() {
        let known = role.known().map(|role| last_part(role).to_owned());
        let role = role.typed();
        if !all.iter().any(|(_, arn)| *arn == role) {
            all.push((known.unwrap_or_else(|| "account-role".to_owned()), role));
        }
    }
    all
}

/// The name at the end of a role's or user's ARN.
fn last_part(principal: &str) -> &str {
    principal.rsplit('/').next().unwrap_or_default()
}
