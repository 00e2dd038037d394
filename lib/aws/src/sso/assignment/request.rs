//! Asks Identity Center to assign somebody or to end that, and waits for what comes of it.
//!
//! Both take a while, in which the request alone says how it goes. Asking twice for the same is harmless.

use super::{AccountAssignment, Principal};
use crate::{
    Arn, Clients,
    fault::{absent, fault, incomplete},
    found::{each, pages},
    settle::{until_gone, until_visible},
    sso::{SETTLING, collided, instance_of},
};
use aws_sdk_ssoadmin::types::{
    AccountAssignmentOperationStatus as Operation, OperationStatusFilter, PrincipalType,
    StatusValues, TargetType,
};
use groundplan_core::{Class, Fault, Patience, Probe, Result, StepCx};
use std::collections::BTreeSet;

/// Who may: the API's word for the sort, and the id.
type Key = (String, String);

/// Who has a set in an account; nobody if the set is gone.
pub(super) async fn assigned(aws: &Clients, set: &Arn, account: &str) -> Result<BTreeSet<Key>> {
    let call = aws.sso.list_account_assignments().instance_arn(instance_of(set));
    let call = call.permission_set_arn(set.as_str()).account_id(account);
    let items = call.into_paginator().items().send();
    let found = absent(pages("sso:ListAccountAssignments", items).await)?;
    let found = found.unwrap_or_default().into_iter();
    Ok(found.filter_map(|one| Some((one.principal_type?.to_string(), one.principal_id?))).collect())
}

/// Whether Identity Center was asked for this assignment and has not brought it about yet.
pub(super) async fn is_under_way(aws: &Clients, wanted: &AccountAssignment) -> Result<bool> {
    let set = wanted.permission_set.get();
    let filter = OperationStatusFilter::builder().status(StatusValues::InProgress).build();
    let call = aws.sso.list_account_assignment_creation_status().instance_arn(instance_of(set));
    let items = call.filter(filter).into_paginator().items().send();
    let found = absent(pages("sso:ListAccountAssignmentCreationStatus", items).await)?;
    let requests = found.unwrap_or_default().into_iter().filter_map(|one| one.request_id);
    let found = each(requests, async |request| creation(aws, set, &request).await).await?;
    Ok(found.into_iter().flatten().any(|operation| wanted.is_of(&operation)))
}

/// How a request to assign goes; none if Identity Center does not know it any more.
async fn creation(aws: &Clients, set: &Arn, request: &str) -> Result<Option<Operation>> {
    let call = aws.sso.describe_account_assignment_creation_status();
    let call = call.instance_arn(instance_of(set));
    let found = call.account_assignment_creation_request_id(request).send().await;
    let found = absent(found.map_err(fault("sso:DescribeAccountAssignmentCreationStatus")))?;
    Ok(found.and_then(|found| found.account_assignment_creation_status))
}

/// How a request to end an assignment goes; none if Identity Center does not know it any more.
async fn deletion(aws: &Clients, set: &Arn, request: &str) -> Result<Option<Operation>> {
    let call = aws.sso.describe_account_assignment_deletion_status();
    let call = call.instance_arn(instance_of(set));
    let found = call.account_assignment_deletion_request_id(request).send().await;
    let found = absent(found.map_err(fault("sso:DescribeAccountAssignmentDeletionStatus")))?;
    Ok(found.and_then(|found| found.account_assignment_deletion_status))
}

impl Principal {
    /// As the API says it.
    pub(super) fn key(&self) -> Key {
        (self.kind().to_string(), self.parts().1.to_owned())
    }

    fn kind(&self) -> PrincipalType {
        match self {
            Self::Group(_) => PrincipalType::Group,
            Self::User(_) => PrincipalType::User,
        }
    }
}

impl AccountAssignment {
    fn is_of(&self, operation: &Operation) -> bool {
        let (set, account) = self.place();
        operation.permission_set_arn() == Some(set.as_str())
            && operation.target_id() == Some(account)
            && operation.principal_type() == Some(&self.principal.kind())
            && operation.principal_id() == Some(self.principal.parts().1)
    }

    /// Asks for the assignment; the request.
    pub(super) async fn ask(&self, cx: &StepCx, aws: &Clients) -> Result<Option<String>> {
        let action = "sso:CreateAccountAssignment";
        let (set, account) = self.place();
        let ask = || async {
            let call = aws
                .sso
                .create_account_assignment()
                .instance_arn(instance_of(set))
                .permission_set_arn(set.as_str())
                .target_type(TargetType::AwsAccount)
                .target_id(account)
                .principal_type(self.principal.kind())
                .principal_id(self.principal.parts().1);
            call.send().await.map_err(fault(action))
        };
        let asked = cx.retry(SETTLING, collided, ask).await?;
        let status = asked.account_assignment_creation_status;
        Ok(status.ok_or_else(|| incomplete(action, "AccountAssignmentCreationStatus"))?.request_id)
    }

    /// Waits until the assignment holds.
    pub(super) async fn until_assigned(
        &self,
        cx: &StepCx,
        aws: &Clients,
        request: Option<&str>,
    ) -> Result<()> {
        let (set, account) = self.place();
        let what = format!("{} to have the permission set in {account}", self.principal);
        if let Some(request) = request {
            let status = || creation(aws, set, request);
            self.until_done(cx, &what, "could not be assigned", status).await?;
        }
        let key = self.principal.key();
        let listed =
            || async { Ok(assigned(aws, set, account).await?.contains(&key).then_some(())) };
        until_visible(cx, &what, listed).await
    }

    /// Ends the assignment, and waits until it has ended.
    pub(super) async fn end(&self, cx: &StepCx, aws: &Clients) -> Result<()> {
        let action = "sso:DeleteAccountAssignment";
        let (set, account) = self.place();
        let key = self.principal.key();
        if !assigned(aws, set, account).await?.contains(&key) {
            return Ok(());
        }
        let end = || async {
            let call = aws
                .sso
                .delete_account_assignment()
                .instance_arn(instance_of(set))
                .permission_set_arn(set.as_str())
                .target_type(TargetType::AwsAccount)
                .target_id(account)
                .principal_type(self.principal.kind())
                .principal_id(self.principal.parts().1);
            absent(call.send().await.map_err(fault(action)))
        };
        let asked = cx.retry(SETTLING, collided, end).await?;
        let status = asked.and_then(|asked| asked.account_assignment_deletion_status);
        let what = format!("{} to have the permission set in {account} no more", self.principal);
        if let Some(request) = status.and_then(|status| status.request_id) {
            let status = || deletion(aws, set, &request);
            self.until_done(cx, &what, "could not be taken away", status).await?;
        }
        let listed =
            || async { Ok(assigned(aws, set, account).await?.contains(&key).then_some(())) };
        until_gone(cx, &what, listed).await
    }

    /// Waits until a request has come to its end, and says why where that is none.
    async fn until_done<F>(
        &self,
        cx: &StepCx,
        what: &str,
        failed: &str,
        mut status: impl FnMut() -> F + Send,
    ) -> Result<()>
    where
        F: Future<Output = Result<Option<Operation>>> + Send,
    {
        cx.wait(Patience::MINUTES, what, || {
            let status = status();
            async move {
                let Some(operation) = status.await? else { return Ok(Probe::Ready(())) };
                match operation.status() {
                    Some(StatusValues::Succeeded) => Ok(Probe::Ready(())),
                    Some(StatusValues::Failed) => {
                        Err(self.explain(failed, operation.failure_reason()))
                    }
                    status => Ok(Probe::not_yet(status.map_or("unknown", StatusValues::as_str))),
                }
            }
        })
        .await
    }

    fn explain(&self, failed: &str, why: Option<&str>) -> Fault {
        let (set, account) = self.place();
        let what = format!("{set} {failed} for {} in account {account}", self.principal);
        Fault::new(Class::Invalid, what).why(why.unwrap_or("Identity Center gave no reason")).hint(
            "is the account in the organization, and has it the customer policies that the set names? Then run again",
        )
    }
}
