//! Brings an account to what is wanted: waits until it is made, moves it, tags it, closes it.

use super::{
    Account, AccountOutputs,
    observe::{accounts, is_closed, outputs},
    request::{Answer, answer, same_email},
};
use crate::{
    Clients, CxAws,
    fault::{absent, fault},
    organizations::{change, move_account, pairs, parent_of, sync_tags, tags_of},
    tags,
};
use aws_sdk_organizations::types::{self, AccountState, CreateAccountFailureReason as Reason};
use groundplan_core::{Class, Fault, Fields, Patience, Probe, Result, StepCx};

/// How often a request is made anew that met another change of the organization.
const TRIES: usize = 5;

pub(super) async fn converge(
    account: &Account,
    cx: &StepCx,
    live: AccountOutputs,
    approved: &Fields,
) -> Result<AccountOutputs> {
    let aws = cx.aws(account.scope.get()).await?;
    let (there, request) = account.made(cx, &aws, live).await?;
    let live = outputs(&there, request);
    let id = there.id().unwrap_or_default();
    if is_closed(&there) {
        return Err(Fault::new(Class::Refused, format!("account {id} is closed"))
            .why("somebody closed it; its resources stay for 90 days")
            .hint(format!(
                "ask AWS Support to reopen it, or let it go: `apply state forget {}`",
                cx.address()
            )));
    }
    let name = there.name().unwrap_or_default();
    if approved.has("name") && name != account.name {
        return Err(Fault::new(Class::Refused, format!("account {id} is called `{name}`"))
            .why("AWS Organizations renames no account")
            .hint(format!("rename it: {}; or write the name it has", account.rename(id))));
    }
    if approved.has("parent") {
        account.place(cx, &aws, id).await?;
    }
    if approved.has("tags") {
        sync_tags(cx, &aws, id, &tags_of(&aws, id).await?, &account.tags).await?;
    }
    Ok(live)
}

pub(super) async fn close(account: &Account, cx: &StepCx, live: &AccountOutputs) -> Result<()> {
    let aws = cx.aws(account.scope.get()).await?;
    let Some(id) = live.id.as_deref() else {
        return Err(Fault::new(Class::Other, format!("{} is still being made", account.email))
            .hint("run the same command again, in a few minutes"));
    };
    if !account.close_on_delete || by_id(&aws, id).await?.is_none_or(|there| is_closed(&there)) {
        return Ok(());
    }
    let found = tags_of(&aws, id).await?;
    tags::require_ours(cx.owner(), &format!("account {id}"), pairs(&found))?;
    change(cx, || async {
        let call = aws.organizations.close_account().account_id(id).send().await;
        absent(call.map_err(fault("organizations:CloseAccount")))
    })
    .await
    .map_err(|fault| {
        if !fault.is("ConstraintViolationException") {
            return fault;
        }
        fault.hint("an organization closes a part of its accounts in any 30 days: try later, or let it stay: `close_on_delete = false`")
    })?;
    cx.wait(Patience::MINUTES, "the account to be closed", || async {
        Ok(match by_id(&aws, id).await? {
            Some(there) if !is_closed(&there) => Probe::not_yet(state(&there)),
            _ => Probe::Ready(()),
        })
    })
    .await
}

impl Account {
    /// Waits until the account is made. A request that met another change is made anew.
    async fn made(
        &self,
        cx: &StepCx,
        aws: &Clients,
        live: AccountOutputs,
    ) -> Result<(types::Account, Option<String>)> {
        let AccountOutputs { mut request, mut id, .. } = live;
        for _ in 0..TRIES {
            let Some(asked) = request.clone().filter(|_| id.is_none()) else { break };
            match self.answered(cx, aws, &asked).await? {
                Ok(made) => id = Some(made),
                Err(Reason::ConcurrentAccountModification) => {
                    request = Some(self.ask(cx, aws).await?);
                }
                Err(reason) => return Err(self.refused(&reason)),
            }
        }
        let id = id.ok_or_else(|| self.refused(&Reason::ConcurrentAccountModification))?;
        let there = cx
            .wait(Patience::MINUTES, "the account to be active", || async {
                let Some(there) = by_id(aws, &id).await? else {
                    return Ok(Probe::not_yet("not listed yet"));
                };
                Ok(match there.state() {
                    Some(AccountState::PendingActivation) => Probe::not_yet(state(&there)),
                    _ => Probe::Ready(there),
                })
            })
            .await?;
        let email = there.email().unwrap_or_default();
        if !same_email(email, &self.email) {
            let what =
                format!("request {} made account {id} for {email}", request.unwrap_or_default());
            return Err(Fault::new(Class::NotOurs, what)
                .why(format!(
                    "this one is for {}; a request of somebody else had its name",
                    self.email
                ))
                .hint("run the same command again"));
        }
        Ok((there, request))
    }

    /// The account that a request made, or why it made none.
    async fn answered(
        &self,
        cx: &StepCx,
        aws: &Clients,
        request: &str,
    ) -> Result<std::result::Result<String, Reason>> {
        cx.wait(Patience::MINUTES, "the account to be made", || async {
            Ok(match answer(aws, request).await? {
                Some(Answer::Made(id)) => Probe::Ready(Ok(id)),
                Some(Answer::Refused(reason)) => Probe::Ready(Err(reason)),
                Some(Answer::Waiting) => Probe::not_yet("IN_PROGRESS"),
                None => Probe::not_yet("not visible yet"),
            })
        })
        .await
    }

    /// Moves the account to where it is wanted.
    async fn place(&self, cx: &StepCx, aws: &Clients, id: &str) -> Result<()> {
        let parent = self.parent.get();
        let now = parent_of(aws, id).await?;
        match now.filter(|now| now != parent) {
            Some(now) => move_account(cx, aws, id, &now, parent).await,
            None => Ok(()),
        }
    }
}

async fn by_id(aws: &Clients, id: &str) -> Result<Option<types::Account>> {
    Ok(accounts(aws).await?.into_iter().find(|account| account.id() == Some(id)))
}

fn state(account: &types::Account) -> &str {
    account.state().map_or("in an unknown state", AccountState::as_str)
}
