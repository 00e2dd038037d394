//! Makes, changes and deletes permission sets.

use super::{
    BROUGHT_OUT, PermissionSet, PermissionSetOutputs, duration,
    observe::{by_name, describe, given, outputs, pairs, tags_of},
};
use crate::{
    Arn, Clients, CxAws,
    fault::{absent, fault, incomplete},
    found::{Listed, each, pages, take_or_refuse},
    settle::{until_gone, until_visible},
    sso::{
        SETTLING, collided, instance_of,
        provision::{accounts, provision},
    },
    tags,
};
use aws_sdk_ssoadmin::types::{self, Tag};
use groundplan_core::{Class, Fault, Fields, Result, StepCx};

/// A set that has the name that was to be given.
struct Namesake {
    set: types::PermissionSet,
    tags: Vec<Tag>,
}

impl Listed for Namesake {
    fn id(&self) -> &str {
        self.set.permission_set_arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(&self.tags)
    }
}

pub(super) async fn create(set: &PermissionSet, cx: &StepCx) -> Result<PermissionSetOutputs> {
    let action = "sso:CreatePermissionSet";
    let aws = cx.aws(set.scope.get()).await?;
    let call = aws
        .sso
        .create_permission_set()
        .instance_arn(set.instance.get().as_str())
        .name(&set.name)
        .set_description(set.description.clone())
        .session_duration(duration::written(set.session_seconds))
        .set_relay_state(set.relay_state.clone())
        .set_tags(Some(to_tags(cx.tags(&set.tags))));
    match call.send().await.map_err(fault(action)) {
        Ok(made) => {
            let made = made.permission_set.ok_or_else(|| incomplete(action, "PermissionSet"))?;
            Ok(outputs(&made))
        }
        Err(fault) if collided(&fault) => {
            let found = by_name(&aws, set.instance.get(), &set.name).await?;
            let Some(found) = found else { return Err(fault) };
            let tags = tags_of(&aws, &outputs(&found).arn).await?;
            let what = format!("a permission set `{}`", set.name);
            let hint = "give this resource another `name`, or delete that set";
            let taken = take_or_refuse(cx, Namesake { set: found, tags }, &what, hint)?;
            Ok(outputs(&taken.set))
        }
        Err(fault) => Err(fault),
    }
}

pub(super) async fn converge(
    set: &PermissionSet,
    cx: &StepCx,
    live: PermissionSetOutputs,
    approved: &Fields,
) -> Result<PermissionSetOutputs> {
    let aws = cx.aws(set.scope.get()).await?;
    let visible = || describe(&aws, &live.arn);
    let found = until_visible(cx, "the permission set to be visible", visible).await?;
    set.update(cx, &aws, &found, approved).await?;
    if BROUGHT_OUT.iter().any(|field| approved.has(field)) {
        provision(cx, &aws, &live.arn).await?;
    }
    if approved.has("tags") {
        set.sync_tags(cx, &aws, &live.arn).await?;
    }
    Ok(live)
}

pub(super) async fn delete(
    set: &PermissionSet,
    cx: &StepCx,
    live: &PermissionSetOutputs,
) -> Result<()> {
    let aws = cx.aws(set.scope.get()).await?;
    let arn = &live.arn;
    if describe(&aws, arn).await?.is_none() {
        return Ok(());
    }
    let tags = tags_of(&aws, arn).await?;
    tags::require_ours(cx.owner(), &format!("the permission set `{}`", live.name), pairs(&tags))?;
    let delete = || async {
        let call = aws.sso.delete_permission_set().instance_arn(instance_of(arn));
        let done = call.permission_set_arn(arn.as_str()).send().await;
        match absent(done.map_err(fault("sso:DeletePermissionSet"))) {
            Err(fault) if collided(&fault) => Err(name_holders(&aws, arn, fault).await),
            done => done,
        }
    };
    // With nobody who has it, a conflict is what Identity Center has not finished yet.
    cx.retry(SETTLING, collided, delete).await?;
    until_gone(cx, "the permission set to be gone", || describe(&aws, arn)).await
}

/// Says in which accounts somebody is assigned through a set that cannot be deleted.
async fn name_holders(aws: &Clients, arn: &Arn, fault: Fault) -> Fault {
    let held = async {
        let accounts = accounts(aws, arn, false).await?;
        let held = each(&accounts, |account| is_assigned(aws, arn, account)).await?;
        let held = accounts.iter().zip(held).filter(|(_, held)| *held);
        Ok::<_, Fault>(held.map(|(account, _)| account.clone()).collect::<Vec<_>>())
    };
    match held.await {
        Ok(held) if held.is_empty() => fault,
        Ok(held) => {
            let what = format!("{arn} cannot be deleted: somebody is assigned through it");
            Fault::new(Class::InUse, what).why(format!("in {}", held.join(", "))).hint(
                "take these assignments away first: `aws sso-admin list-account-assignments` lists those of an account",
            )
        }
        Err(other) => other,
    }
}

async fn is_assigned(aws: &Clients, set: &Arn, account: &str) -> Result<bool> {
    let call = aws.sso.list_account_assignments().instance_arn(instance_of(set));
    let call = call.permission_set_arn(set.as_str()).account_id(account);
    let items = call.into_paginator().items().send();
    let found = absent(pages("sso:ListAccountAssignments", items).await)?;
    Ok(found.is_some_and(|found| !found.is_empty()))
}

impl PermissionSet {
    /// Brings the approved fields to what is wanted. What a call leaves out, Identity Center empties: the
    /// others are said as they are.
    async fn update(
        &self,
        cx: &StepCx,
        aws: &Clients,
        found: &types::PermissionSet,
        approved: &Fields,
    ) -> Result<()> {
        let either = |field: &str, wanted: Option<String>, is: Option<&str>| {
            if approved.has(field) { wanted } else { given(is).map(str::to_owned) }
        };
        let session = found.session_duration().unwrap_or_default();
        let is_session = duration::read(session) == Some(self.session_seconds);
        let session = if approved.has("session_seconds") && !is_session {
            duration::written(self.session_seconds)
        } else {
            session.to_owned()
        };
        let description = either("description", self.description.clone(), found.description());
        let relay_state = either("relay_state", self.relay_state.clone(), found.relay_state());
        if Some(session.as_str()) == found.session_duration()
            && description.as_deref() == given(found.description())
            && relay_state.as_deref() == given(found.relay_state())
        {
            return Ok(());
        }
        let arn = Arn::from(found.permission_set_arn().unwrap_or_default());
        let update = || async {
            let call = aws.sso.update_permission_set().instance_arn(instance_of(&arn));
            let call = call.permission_set_arn(arn.as_str()).session_duration(&session);
            let call = call.set_description(description.clone());
            let done = call.set_relay_state(relay_state.clone()).send().await;
            done.map_err(fault("sso:UpdatePermissionSet"))
        };
        cx.retry(SETTLING, collided, update).await.map(drop)
    }

    async fn sync_tags(&self, cx: &StepCx, aws: &Clients, arn: &Arn) -> Result<()> {
        let live = tags_of(aws, arn).await?;
        let (set, remove) = tags::to_change(cx, pairs(&live), &self.tags);
        if !set.is_empty() {
            let set = to_tags(set);
            let tag = || async {
                let call = aws.sso.tag_resource().instance_arn(instance_of(arn));
                let call = call.resource_arn(arn.as_str()).set_tags(Some(set.clone()));
                call.send().await.map_err(fault("sso:TagResource"))
            };
            cx.retry(SETTLING, collided, tag).await?;
        }
        if !remove.is_empty() {
            let untag = || async {
                let call = aws.sso.untag_resource().instance_arn(instance_of(arn));
                let call = call.resource_arn(arn.as_str()).set_tag_keys(Some(remove.clone()));
                call.send().await.map_err(fault("sso:UntagResource"))
            };
            cx.retry(SETTLING, collided, untag).await?;
        }
        Ok(())
    }
}

/// Tags in the form of the API.
fn to_tags(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Tag> {
    let tag = |(key, value)| {
        let tag = Tag::builder().key(key).value(value).build();
        tag.expect("BUG: a tag has key and value")
    };
    tags.into_iter().map(tag).collect()
}
