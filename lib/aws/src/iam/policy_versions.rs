//! Versions of managed policies, and who has one.

use super::document;
use crate::{
    Clients,
    fault::{absent, fault},
    found::pages,
};
use aws_sdk_iam::types;
use groundplan_core::{Fault, Result};

/// The document of the version that counts.
pub(super) async fn text(aws: &Clients, policy: &types::Policy) -> Result<Option<String>> {
    let call = aws
        .iam
        .get_policy_version()
        .policy_arn(policy.arn().unwrap_or_default())
        .version_id(policy.default_version_id().unwrap_or("v1"));
    let found = absent(call.send().await.map_err(fault("iam:GetPolicyVersion")))?;
    let version = found.and_then(|found| found.policy_version);
    Ok(version.and_then(|version| version.document).map(|text| document(&text)))
}

pub(super) async fn versions(aws: &Clients, arn: &str) -> Result<Vec<types::PolicyVersion>> {
    let call = aws.iam.list_policy_versions().policy_arn(arn).into_paginator().items().send();
    Ok(absent(pages("iam:ListPolicyVersions", call).await)?.unwrap_or_default())
}

pub(super) async fn delete_version(
    aws: &Clients,
    arn: &str,
    version: &types::PolicyVersion,
) -> Result<()> {
    let id = version.version_id().unwrap_or_default();
    let call = aws.iam.delete_policy_version().policy_arn(arn).version_id(id).send().await;
    absent(call.map_err(fault("iam:DeletePolicyVersion"))).map(drop)
}

/// Adds to a refused delete who still has the policy.
pub(super) async fn name_holders(aws: &Clients, arn: &str, fault: Fault) -> Fault {
    let Ok(found) = aws.iam.list_entities_for_policy().policy_arn(arn).send().await else {
        return fault;
    };
    let named = |what: &str, name: Option<&str>| Some(format!("the {what} {}", name?));
    let mut holders = Vec::new();
    holders.extend(found.policy_roles().iter().filter_map(|one| named("role", one.role_name())));
    holders.extend(found.policy_users().iter().filter_map(|one| named("user", one.user_name())));
    holders.extend(found.policy_groups().iter().filter_map(|one| named("group", one.group_name())));
    if holders.is_empty() {
        return fault;
    }
    fault.hint(format!("still attached to {}; detach it there, then run again", holders.join(", ")))
}
