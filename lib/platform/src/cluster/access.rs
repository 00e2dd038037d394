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
    let scope = &cluster.scope;
    for principal in &cluster.administrators {
        let entry_name = format!("{name}-{}", last_part(principal));
        let entry = AccessEntry {
            tags: cluster.tags.clone(),
            ..AccessEntry::new(scope.clone(), base.cluster.name(), principal.clone().into())
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
        through,
        ..Access::new(
            base.cluster.name(),
            cluster.account.as_str(),
            cluster.region.as_str(),
            base.cluster.endpoint(),
            base.cluster.certificate_authority(),
        )
    };
    stack.derive(name, access).access()
}

/// The name at the end of a role's or user's ARN.
fn last_part(principal: &Arn) -> &str {
    principal.as_str().rsplit('/').next().unwrap_or_default()
}
