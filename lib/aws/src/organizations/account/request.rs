//! Makes an account: asks for it, and waits for the answer, which may be no.
//!
//! `CreateAccount` takes no token. What keeps one account from being made twice is its e-mail address,
//! which AWS takes once and never again.

use super::{
    Account, AccountOutputs,
    observe::{accounts, is_closed, outputs, requests},
};
use crate::{
    Clients, CxAws,
    fault::{absent, fault, incomplete},
    once::OnlyIfThrottled,
    organizations::{TURN, is_busy, pairs, tags_of, to_tags},
    tags,
};
use aws_sdk_organizations::{
    config::Builder,
    operation::create_account::CreateAccountError,
    types::{self, CreateAccountFailureReason as Reason, CreateAccountState as State},
};
use groundplan_core::{Class, Fault, Patience, Probe, Result, StepCx, TAG_ADDRESS, TAG_LINEAGE};

/// How long other requests for accounts may keep one waiting.
const QUEUE: Patience = Patience::new(1000, 15, 1800);

/// Asks for the account, unless it is there.
pub(super) async fn create(account: &Account, cx: &StepCx) -> Result<AccountOutputs> {
    let aws = cx.aws(account.scope.get()).await?;
    let listed = accounts(&aws).await?;
    let there = listed.iter().find(|a| a.email().is_some_and(|e| same_email(e, &account.email)));
    if let Some(there) = there {
        return account.take(cx, &aws, there).await;
    }
    let request = Some(account.ask(cx, &aws).await?);
    Ok(AccountOutputs { request, id: None, arn: None, joined: None })
}

/// AWS knows addresses by their letters, whatever their case.
pub(super) fn same_email(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// What a request came to.
pub(super) enum Answer {
    /// Nothing yet.
    Waiting,
    /// This account.
    Made(String),
    /// There is none, for this reason.
    Refused(Reason),
}

/// What a request came to; none if AWS does not know it.
pub(super) async fn answer(aws: &Clients, request: &str) -> Result<Option<Answer>> {
    let action = "organizations:DescribeCreateAccountStatus";
    let call = aws.organizations.describe_create_account_status();
    let found = call.create_account_request_id(request).send().await.map_err(fault(action));
    let Some(status) = absent(found)?.and_then(|found| found.create_account_status) else {
        return Ok(None);
    };
    Ok(Some(match status.state() {
        Some(State::Succeeded) => {
            Answer::Made(status.account_id.ok_or_else(|| incomplete(action, "AccountId"))?)
        }
        Some(State::Failed) => {
            Answer::Refused(status.failure_reason.unwrap_or(Reason::InternalFailure))
        }
        _ => Answer::Waiting,
    }))
}

impl Account {
    /// Takes an account that has the e-mail address already for this one, if it is.
    async fn take(
        &self,
        cx: &StepCx,
        aws: &Clients,
        there: &types::Account,
    ) -> Result<AccountOutputs> {
        let id = there.id().ok_or_else(|| incomplete("organizations:ListAccounts", "Id"))?;
        let what = format!("account {id} has the e-mail address {}", self.email);
        if is_closed(there) {
            return Err(Fault::new(Class::Exists, format!("{what} and is closed"))
                .why("AWS never gives an address to a second account")
                .hint("ask AWS Support to reopen it, within 90 days, or give another `email`"));
        }
        let found = tags_of(aws, id).await?;
        // One that an earlier object of this resource left is it again.
        let has = |key, value: &str| pairs(&found).contains(&(key, value));
        if has(TAG_LINEAGE, cx.lineage()) && has(TAG_ADDRESS, &cx.address().to_string()) {
            return Ok(outputs(there, None));
        }
        let marked = pairs(&found).iter().any(|(key, _)| *key == TAG_LINEAGE);
        let fault = tags::not_ours(&format!("{what} already and"), pairs(&found));
        Err(fault.hint(if marked {
            "give this one another `email`, or let that stack forget the account".to_owned()
        } else {
            let address = cx.address();
            format!(
                "if it is to be this one: `apply import {address} {id}`; else give another `email`"
            )
        }))
    }

    /// The command that renames the account.
    pub(super) fn rename(&self, id: &str) -> String {
        format!("`aws account put-account-name --account-id {id} --account-name \"{}\"`", self.name)
    }

    /// Asks for the account when no other is being made; the request.
    pub(super) async fn ask(&self, cx: &StepCx, aws: &Clients) -> Result<String> {
        let action = "organizations:CreateAccount";
        let tags = to_tags(cx.tags(&self.tags));
        let ask = || async {
            // Nobody else of this run may ask between the look and the call.
            let _turn = TURN.lock().await;
            if !requests(aws, State::InProgress).await?.is_empty() {
                return Ok(Probe::not_yet("another account is being made"));
            }
            let call = aws
                .organizations
                .create_account()
                .account_name(&self.name)
                .email(&self.email)
                .role_name(&self.role_name)
                .set_tags(Some(tags.clone()))
                .customize()
                .config_override(
                    Builder::new().retry_classifier(OnlyIfThrottled::<CreateAccountError>::new()),
                );
            match call.send().await.map_err(fault(action)) {
                Ok(made) => {
                    let status = made.create_account_status;
                    let request = status.and_then(|status| status.id);
                    Ok(Probe::Ready(request.ok_or_else(|| incomplete(action, "Id"))))
                }
                Err(fault) if is_busy(&fault) => Ok(Probe::not_yet(fault.to_string())),
                // A wait would go on after a call without an answer; this one must be looked into first.
                Err(fault) if fault.class == Class::Unreachable => Ok(Probe::Ready(Err(fault))),
                Err(fault) => Err(fault),
            }
        };
        cx.wait(QUEUE, "the organization to take another account", ask).await?
    }

    /// Why a request was refused, and what to do.
    pub(super) fn refused(&self, reason: &Reason) -> Fault {
        let hint = match reason {
            Reason::EmailAlreadyExists => {
                "give another `email`: some AWS account has this one, or had it".to_owned()
            }
            Reason::AccountLimitExceeded => {
                "ask for more: `aws service-quotas list-service-quotas --service-code organizations`".to_owned()
            }
            Reason::InvalidEmail => "give another `email`, of a domain that exists".to_owned(),
            Reason::InvalidAddress | Reason::MissingBusinessValidation => {
                "complete the management account's address in the billing console".to_owned()
            }
            Reason::MissingPaymentInstrument | Reason::InvalidPaymentInstrument => {
                "give the management account a way to pay, in the billing console".to_owned()
            }
            _ => "run the same command again; if it stays so, ask AWS Support".to_owned(),
        };
        let class = match reason {
            Reason::EmailAlreadyExists => Class::Exists,
            Reason::InternalFailure | Reason::ConcurrentAccountModification => Class::Other,
            _ => Class::Invalid,
        };
        Fault::new(class, format!("AWS made no account for {}", self.email))
            .code(reason.as_str())
            .hint(hint)
    }
}
