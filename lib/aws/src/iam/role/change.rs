//! What is changed of a role in place, and what keeps one from being deleted.

use super::{Role, boundary};
use crate::{
    Clients,
    fault::{absent, fault},
    iam::{SETTLING, collided, tag_changes},
};
use aws_sdk_iam::types;
use groundplan_core::{Fault, Fields, Result, StepCx};

impl Role {
    pub(super) fn session(&self) -> i32 {
        i32::try_from(self.max_session_seconds).unwrap_or(i32::MAX)
    }

    pub(super) fn boundary(&self) -> Option<&str> {
        self.permissions_boundary.as_ref().map(|arn| arn.get().as_str())
    }

    pub(super) async fn sync_boundary(
        &self,
        cx: &StepCx,
        aws: &Clients,
        role: &types::Role,
    ) -> Result<()> {
        let (name, wanted) = (role.role_name(), self.boundary());
        if boundary(role) == wanted {
            return Ok(());
        }
        let Some(wanted) = wanted else {
            let call = aws.iam.delete_role_permissions_boundary().role_name(name).send().await;
            let action = "iam:DeleteRolePermissionsBoundary";
            return absent(call.map_err(fault(action))).map(drop);
        };
        let put = || async {
            let call = aws.iam.put_role_permissions_boundary().role_name(name);
            let call = call.permissions_boundary(wanted).send().await;
            call.map_err(fault("iam:PutRolePermissionsBoundary"))
        };
        cx.retry(SETTLING, collided, put).await.map(drop)
    }

    pub(super) async fn sync_settings(
        &self,
        cx: &StepCx,
        aws: &Clients,
        role: &types::Role,
        approved: &Fields,
    ) -> Result<()> {
        let description = approved.has("description")
            && role.description().unwrap_or_default() != self.description;
        let session = approved.has("max_session_seconds")
            && role.max_session_duration() != Some(self.session());
        if !description && !session {
            return Ok(());
        }
        let update = || async {
            let call = aws
                .iam
                .update_role()
                .role_name(role.role_name())
                .set_description(description.then(|| self.description.clone()))
                .set_max_session_duration(session.then(|| self.session()));
            call.send().await.map_err(fault("iam:UpdateRole"))
        };
        cx.retry(SETTLING, collided, update).await.map(drop)
    }

    pub(super) async fn sync_tags(
        &self,
        cx: &StepCx,
        aws: &Clients,
        role: &types::Role,
    ) -> Result<()> {
        let (set, remove) = tag_changes(cx, role.tags(), &self.tags);
        let name = role.role_name();
        if !set.is_empty() {
            let call = aws.iam.tag_role().role_name(name).set_tags(Some(set)).send().await;
            call.map_err(fault("iam:TagRole"))?;
        }
        if !remove.is_empty() {
            let call = aws.iam.untag_role().role_name(name).set_tag_keys(Some(remove)).send().await;
            call.map_err(fault("iam:UntagRole"))?;
        }
        Ok(())
    }
}

/// Adds to a refused delete what is still attached to the role: policies, and the instance profiles
/// that EKS and others made for it.
pub(super) async fn name_attached(aws: &Clients, role: &str, fault: Fault) -> Fault {
    let attached = aws.iam.list_attached_role_policies().role_name(role).send().await;
    let inline = aws.iam.list_role_policies().role_name(role).send().await;
    let profiles = aws.iam.list_instance_profiles_for_role().role_name(role).send().await;
    let mut holders = Vec::new();
    if let Ok(found) = &attached {
        let arns = found.attached_policies().iter().filter_map(types::AttachedPolicy::policy_arn);
        holders.extend(arns.map(|arn| format!("the policy {arn}")));
    }
    if let Ok(found) = &inline {
        holders.extend(found.policy_names().iter().map(|name| format!("the inline policy {name}")));
    }
    if let Ok(found) = &profiles {
        let names =
            found.instance_profiles().iter().map(types::InstanceProfile::instance_profile_name);
        holders.extend(names.map(|name| format!("the instance profile {name}")));
    }
    if holders.is_empty() {
        return fault;
    }
    fault.hint(format!(
        "still attached: {}; detach what nothing needs, then run again",
        holders.join(", ")
    ))
}
