//! Brings a permission set to the accounts that have it.
//!
//! Identity Center writes a set into an account as a role when somebody is assigned there. What changes in the
//! set afterwards changes nothing in the account until the set is provisioned again. So whatever changes a set
//! provisions it before it is done: a right that a run took away is gone when the run says so. Changes of one
//! set that come together are brought out together.

use super::{SETTLING, collided, instance_of};
use crate::{
    Arn, Clients,
    fault::{absent, fault, incomplete},
    found::pages,
};
use aws_sdk_ssoadmin::types::{
    PermissionSetProvisioningStatus, ProvisionTargetType, ProvisioningStatus, StatusValues,
};
use groundplan_core::{Class, Fault, Patience, Probe, Result, StepCx};
use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// The changes of a set in this process, by their number.
#[derive(Default)]
struct Changes {
    /// The last one that is to be brought out.
    last: AtomicU64,
    /// The last one that was. Who holds it is bringing changes out.
    done: tokio::sync::Mutex<u64>,
}

static SETS: LazyLock<Mutex<HashMap<String, Arc<Changes>>>> = LazyLock::new(Mutex::default);

/// The accounts that have a set; with `stale`, those that have not got its latest changes. None have one that
/// is gone.
pub(super) async fn accounts(aws: &Clients, set: &Arn, stale: bool) -> Result<Vec<String>> {
    let status = stale.then_some(ProvisioningStatus::LatestPermissionSetNotProvisioned);
    let call = aws.sso.list_accounts_for_provisioned_permission_set();
    let call = call.instance_arn(instance_of(set)).permission_set_arn(set.as_str());
    let call = call.set_provisioning_status(status).into_paginator().items();
    let found = pages("sso:ListAccountsForProvisionedPermissionSet", call.send()).await;
    let mut found = absent(found)?.unwrap_or_default();
    found.sort();
    Ok(found)
}

/// Brings what was just changed in a set to all accounts that have it, and waits until it is there.
pub(super) async fn provision(cx: &StepCx, aws: &Clients, set: &Arn) -> Result<()> {
    let changes = {
        let mut sets = SETS.lock().unwrap_or_else(PoisonError::into_inner);
        sets.entry(set.to_string()).or_default().clone()
    };
    let this = changes.last.fetch_add(1, Ordering::SeqCst) + 1;
    let mut done = changes.done.lock().await;
    if *done >= this {
        return Ok(());
    }
    let last = changes.last.load(Ordering::SeqCst);
    if !accounts(aws, set, false).await?.is_empty() {
        bring_out(cx, aws, set).await?;
    }
    *done = last;
    Ok(())
}

async fn bring_out(cx: &StepCx, aws: &Clients, set: &Arn) -> Result<()> {
    let action = "sso:ProvisionPermissionSet";
    let start = || async {
        let call = aws.sso.provision_permission_set().instance_arn(instance_of(set));
        let call = call.permission_set_arn(set.as_str());
        let call = call.target_type(ProvisionTargetType::AllProvisionedAccounts).send().await;
        call.map_err(fault(action))
    };
    let Some(started) = absent(cx.retry(SETTLING, collided, start).await)? else { return Ok(()) };
    let request = started.permission_set_provisioning_status.and_then(|status| status.request_id);
    let request = request.ok_or_else(|| incomplete(action, "RequestId"))?;
    cx.wait(Patience::MINUTES, "the accounts to have the permission set's changes", || async {
        let call = aws.sso.describe_permission_set_provisioning_status();
        let call =
            call.instance_arn(instance_of(set)).provision_permission_set_request_id(&request);
        let found = call.send().await;
        let found = found.map_err(fault("sso:DescribePermissionSetProvisioningStatus"))?;
        let status = found.permission_set_provisioning_status;
        match status.as_ref().and_then(PermissionSetProvisioningStatus::status) {
            Some(StatusValues::Succeeded) => Ok(Probe::Ready(())),
            Some(StatusValues::Failed) => {
                Err(failed(set, status.as_ref().and_then(|status| status.failure_reason())))
            }
            status => Ok(Probe::not_yet(status.map_or("unknown", StatusValues::as_str))),
        }
    })
    .await
}

fn failed(set: &Arn, why: Option<&str>) -> Fault {
    let what = format!("the accounts that have {set} did not get its changes");
    Fault::new(Class::Invalid, what)
        .why(why.unwrap_or("Identity Center gave no reason"))
        .hint("has every one of these accounts the customer policies that the set names? Then run again: what is missing is brought out")
}
