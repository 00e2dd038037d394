//! Finds accounts again: by id, by the request that makes them, by e-mail address and mark.

use super::{
    Account, AccountOutputs,
    request::{Answer, answer, same_email},
};
use crate::{
    Clients, CxAws,
    fault::incomplete,
    found::{Listed, each, pages, see_marked},
    organizations::{pairs, parent_of, tags_of},
    tags,
    taking::keyed,
};
use aws_sdk_organizations::types::{self, AccountState, CreateAccountState, Tag};
use groundplan_core::{Cx, Identity, Json, Live, Mark, Marked, Near, Result, Seen, Wanted, json};

/// An account with all that is read of it.
struct Found {
    account: types::Account,
    parent: Option<String>,
    tags: Vec<Tag>,
    request: Option<String>,
}

impl Listed for Found {
    fn id(&self) -> &str {
        self.account.id().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(&self.tags)
    }

    fn says(&self) -> String {
        self.account.email().unwrap_or_default().to_owned()
    }
}

/// The account of the organization that an id or e-mail address is that of.
pub(super) async fn identify(
    account: &Account,
    cx: &Cx,
    id: &str,
) -> Result<Option<Identity<AccountOutputs>>> {
    let digits = id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
    if !digits {
        keyed(id, Some(account.email.as_str()), ())?;
    }
    let aws = cx.aws(account.scope.get()).await?;
    let is_it = |there: &types::Account| {
        let email = there.email().unwrap_or_default();
        if digits { there.id() == Some(id) } else { same_email(email, id) }
    };
    let found = accounts(&aws).await?.into_iter().find(is_it);
    Ok(found.map(|found| Identity::new(outputs(&found, None))))
}

pub(super) async fn observe(
    cx: &Cx,
    wanted: &[Wanted<Account>],
) -> Result<Vec<Seen<AccountOutputs>>> {
    let Some(first) = wanted.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.inputs.scope.get()).await?;
    let listed = accounts(&aws).await?;
    each(wanted, |w| look(&aws, &listed, w)).await
}

/// Looks among the accounts that have an e-mail address of `near`: others cost no call.
pub(super) async fn marked(
    cx: &Cx,
    near: &Near<Account>,
    mark: &Mark,
) -> Result<Vec<Marked<AccountOutputs>>> {
    let Some(first) = near.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.scope.get()).await?;
    let named = |account: &types::Account| {
        let email = account.email().unwrap_or_default();
        let recorded = near.is_recorded(|one| one.id.as_deref() == account.id());
        !recorded && near.iter().any(|n| same_email(&n.email, email)) && !is_closed(account)
    };
    let mut listed = accounts(&aws).await?;
    listed.retain(named);
    if listed.is_empty() {
        return Ok(Vec::new());
    }
    // By its request an account is known whose id was not recorded yet.
    let made = requests(&aws, CreateAccountState::Succeeded).await?;
    let request = |account: &types::Account| {
        let of = made.iter().find(|status| status.account_id() == account.id());
        of.and_then(|status| status.id.clone())
    };
    let found = each(listed, |account| {
        let request = request(&account);
        async { Ok(Found { request, ..read(&aws, account).await? }) }
    });
    Ok(see_marked(&found.await?, mark, live))
}

async fn look(
    aws: &Clients,
    listed: &[types::Account],
    wanted: &Wanted<Account>,
) -> Result<Seen<AccountOutputs>> {
    let recorded = wanted.outputs.as_ref();
    let request = recorded.and_then(|o| o.request.clone());
    let mut id = recorded.and_then(|o| o.id.clone());
    if let (None, Some(request)) = (&id, &request) {
        match answer(aws, request).await? {
            Some(Answer::Waiting) => return Ok(asked(request)),
            Some(Answer::Made(made)) => id = Some(made),
            Some(Answer::Refused(_)) | None => {}
        }
    }
    if let Some(id) = id {
        let Some(account) = listed.iter().find(|a| a.id() == Some(&id)) else {
            return Ok(Seen::Absent);
        };
        let found = Found { request, ..read(aws, account.clone()).await? };
        return Ok(live(&found).tagged(found.tags()).into());
    }
    let email = &wanted.inputs.email;
    // One that is closed is nobody's any more, and a create says so.
    let theirs =
        |a: &&types::Account| a.email().is_some_and(|e| same_email(e, email)) && !is_closed(a);
    if let Some(account) = listed.iter().find(theirs) {
        let found = read(aws, account.clone()).await?;
        let ours = tags::owned(&wanted.owner, found.tags());
        let seen = || live(&found).tagged(found.tags()).into();
        return Ok(if ours { seen() } else { Seen::Absent });
    }
    // It may be on its way. Whether it is this one shows when it is there.
    let waiting = requests(aws, CreateAccountState::InProgress).await?;
    let named = waiting.iter().find(|s| s.account_name() == Some(&wanted.inputs.name));
    Ok(named.and_then(|status| status.id()).map_or(Seen::Absent, asked))
}

/// An account that is on its way: nothing of it can be compared.
fn asked(request: &str) -> Seen<AccountOutputs> {
    let request = Some(request.to_owned());
    Live::new(AccountOutputs { request, id: None, arn: None, joined: None }, Json::Null).into()
}

async fn read(aws: &Clients, account: types::Account) -> Result<Found> {
    let missing = || incomplete("organizations:ListAccounts", "Id");
    let id = account.id().ok_or_else(missing)?;
    let (parent, tags) = (parent_of(aws, id).await?, tags_of(aws, id).await?);
    Ok(Found { account, parent, tags, request: None })
}

fn live(found: &Found) -> Live<AccountOutputs> {
    let mut fields = json!({
        "parent": found.parent,
        "name": found.account.name(),
        "email": found.account.email(),
        "tags": tags::managed(pairs(&found.tags)),
    });
    // No input, so an account that somebody closed shows as a change.
    if is_closed(&found.account) {
        fields["state"] = "closed".into();
    }
    Live::new(outputs(&found.account, found.request.clone()), fields).tagged(pairs(&found.tags))
}

pub(super) fn outputs(account: &types::Account, request: Option<String>) -> AccountOutputs {
    AccountOutputs {
        request,
        id: account.id.clone(),
        arn: account.arn().map(Into::into),
        joined: account.joined_timestamp().map(aws_smithy_types::DateTime::secs),
    }
}

/// Whether it is closed or on its way to be. Its address stays taken.
pub(super) fn is_closed(account: &types::Account) -> bool {
    let closed = [AccountState::Closed, AccountState::PendingClosure, AccountState::Suspended];
    account.state().is_some_and(|state| closed.contains(state))
}

/// Every account of the organization.
pub(super) async fn accounts(aws: &Clients) -> Result<Vec<types::Account>> {
    let call = aws.organizations.list_accounts().into_paginator().send();
    let found = pages("organizations:ListAccounts", call).await?;
    Ok(found.into_iter().filter_map(|page| page.accounts).flatten().collect())
}

/// Every request for an account that is in a state.
pub(super) async fn requests(
    aws: &Clients,
    state: CreateAccountState,
) -> Result<Vec<types::CreateAccountStatus>> {
    let call = aws.organizations.list_create_account_status().states(state).into_paginator();
    let found = pages("organizations:ListCreateAccountStatus", call.send()).await?;
    Ok(found.into_iter().filter_map(|page| page.create_account_statuses).flatten().collect())
}
