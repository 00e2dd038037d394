//! Organizations: units, the accounts in them, and the organization itself.
//!
//! All of it is called in the management account, and is global: the region of a scope only picks the
//! client. Shared by its kinds: one change at a time, and tags.

mod account;
mod organization;
mod risks;
mod unit;

pub use account::{Account, AccountHandle, AccountOutputs};
pub use organization::{Organization, OrganizationHandle, OrganizationOutputs};
pub use unit::{Unit, UnitHandle, UnitOutputs};

use crate::scope::REACH_ANYWHERE as REACH;
use crate::{
    Clients, Tags,
    fault::{absent, fault},
    found::pages,
    tags,
};
use aws_sdk_organizations::types::Tag;
use groundplan_core::{Fault, Patience, Problems, Registry, Result, StepCx};
use tokio::sync::Mutex;

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new().with::<Account>().with_derived::<Organization>().with::<Unit>()
}

/// How long other changes of the organization may keep one waiting.
const SETTLING: Patience = Patience::new(500, 10, 300);

/// Organizations takes one change at a time: of one run, only one is on its way.
static TURN: Mutex<()> = Mutex::const_new(());

/// Changes the organization, once no other change is on its way.
async fn change<T, F>(cx: &StepCx, mut call: impl FnMut() -> F + Send) -> Result<T>
where
    F: Future<Output = Result<T>> + Send,
    T: Send,
{
    let in_turn = || {
        let call = call();
        async move {
            let _turn = TURN.lock().await;
            call.await
        }
    };
    cx.retry(SETTLING, is_busy, in_turn).await
}

/// Whether a change met another one, or an organization that is still being made: both pass.
fn is_busy(fault: &Fault) -> bool {
    ["ConcurrentModificationException", "FinalizingOrganizationException"]
        .iter()
        .any(|code| fault.is(code))
}

/// The names and values of an object's tags.
fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().map(|tag| (tag.key(), tag.value())).collect()
}

/// Tags in the form of the API.
fn to_tags(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Tag> {
    let tag = |(key, value)| {
        let tag = Tag::builder().key(key).value(value).build();
        tag.expect("BUG: a tag has key and value")
    };
    tags.into_iter().map(tag).collect()
}

/// The tags of a unit or account; none if there is no such object.
async fn tags_of(aws: &Clients, id: &str) -> Result<Vec<Tag>> {
    let call = aws.organizations.list_tags_for_resource().resource_id(id);
    let listed = pages("organizations:ListTagsForResource", call.into_paginator().items().send());
    Ok(absent(listed.await)?.unwrap_or_default())
}

/// Brings the tags of a unit or account to the desired ones and its marks.
async fn sync_tags(
    cx: &StepCx,
    aws: &Clients,
    id: &str,
    live: &[Tag],
    desired: &Tags,
) -> Result<()> {
    let (set, remove) = tags::to_change(cx, pairs(live), desired);
    if !set.is_empty() {
        let set = to_tags(set);
        change(cx, || async {
            let call = aws.organizations.tag_resource().resource_id(id);
            let call = call.set_tags(Some(set.clone())).send().await;
            call.map_err(fault("organizations:TagResource"))
        })
        .await?;
    }
    if !remove.is_empty() {
        change(cx, || async {
            let call = aws.organizations.untag_resource().resource_id(id);
            let call = call.set_tag_keys(Some(remove.clone())).send().await;
            call.map_err(fault("organizations:UntagResource"))
        })
        .await?;
    }
    Ok(())
}

/// The root or unit that a unit or account is in; none if there is no such object.
async fn parent_of(aws: &Clients, id: &str) -> Result<Option<String>> {
    let call = aws.organizations.list_parents().child_id(id).send().await;
    let found = absent(call.map_err(fault("organizations:ListParents")))?;
    Ok(found.and_then(|found| found.parents?.into_iter().next()?.id))
}

/// Moves an account; one that is there already is no fault.
async fn move_account(cx: &StepCx, aws: &Clients, id: &str, from: &str, to: &str) -> Result<()> {
    let moved = change(cx, || async {
        let call = aws.organizations.move_account().account_id(id);
        let call = call.source_parent_id(from).destination_parent_id(to).send().await;
        call.map_err(fault("organizations:MoveAccount")).map(drop)
    });
    match moved.await {
        Err(fault) if fault.is("DuplicateAccountException") => Ok(()),
        moved => moved,
    }
}

/// Notes a text that is no root and no unit, if it is known already.
fn check_parent(problems: &mut Problems, parent: Option<&String>) {
    let Some(parent) = parent else { return };
    let fits = parent.starts_with("r-") || parent.starts_with("ou-");
    let what = format!("`{parent}` is no root (`r-…`) and no unit (`ou-…`)");
    problems.require(fits, "parent", what);
}

/// Notes tags that Organizations does not take.
fn check_tags(problems: &mut Problems, tags: &Tags) {
    // Fifty in all, of which four say whose the object is.
    let what = format!("{} tags are too many: 46 are the most", tags.len());
    problems.require(tags.len() <= 46, "tags", what);
}
