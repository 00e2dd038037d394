//! Makes, takes back, changes and schedules the deletion of keys.

use super::{
    Key, KeyOutputs,
    observe::{describe, is_leaving, outputs, rotation, scan, tags_of},
};
use crate::{
    Clients, CxAws,
    fault::{absent, fault, incomplete},
    kms::{SETTLING, pairs, to_tags, unsettled},
    once::OnlyIfThrottled,
    settle::until_visible,
    tags,
};
use aws_sdk_kms::{
    config::Builder,
    operation::create_key::CreateKeyError,
    types::{KeyMetadata, KeyState, Tag},
};
use groundplan_core::{
    Fields, Patience, Probe, Result, StepCx, TAG_ADDRESS, TAG_GENERATION, TAG_LINEAGE,
};

pub(super) async fn create(key: &Key, cx: &StepCx) -> Result<KeyOutputs> {
    let action = "kms:CreateKey";
    let aws = cx.aws(key.scope.get()).await?;
    if let Some(there) = waiting(key, cx, &aws).await? {
        return take_back(cx, &aws, &there).await;
    }
    let made = aws
        .kms
        .create_key()
        .description(&key.description)
        .key_usage(key.usage.as_str().into())
        .key_spec(key.spec.as_str().into())
        .multi_region(key.multi_region)
        .set_tags(Some(to_tags(cx.tags(&key.tags))))
        .customize()
        .config_override(Builder::new().retry_classifier(OnlyIfThrottled::<CreateKeyError>::new()))
        .send()
        .await
        .map_err(fault(action))?;
    outputs(&made.key_metadata.ok_or_else(|| incomplete(action, "KeyMetadata"))?)
}

/// The key that this resource had when it was deleted, if it still waits for that: secrets, snapshots and
/// whatever else outlived it can be read with no other. Not the one that this replaces.
async fn waiting(key: &Key, cx: &StepCx, aws: &Clients) -> Result<Option<KeyMetadata>> {
    let mut latest: Option<(u32, KeyMetadata)> = None;
    for found in scan(aws, &[]).await? {
        let Some(generation) = generation(cx, &found.tags) else { continue };
        if generation < latest.as_ref().map_or(cx.owner().generation, |(latest, _)| *latest) {
            continue;
        }
        let there = describe(aws, &found.id).await?;
        if let Some(there) = there.filter(|there| is_leaving(there) && is_alike(key, there)) {
            latest = Some((generation, there));
        }
    }
    Ok(latest.map(|(_, key)| key))
}

/// The generation of this resource's key that has these tags; none if it is not this resource's.
fn generation(cx: &StepCx, tags: &[Tag]) -> Option<u32> {
    let tag = |key: &str| pairs(tags).into_iter().find(|(k, _)| *k == key).map(|(_, value)| value);
    let ours = tag(TAG_LINEAGE) == Some(&cx.owner().lineage)
        && tag(TAG_ADDRESS) == Some(&cx.address().to_string());
    tag(TAG_GENERATION).filter(|_| ours)?.parse().ok()
}

fn is_alike(key: &Key, there: &KeyMetadata) -> bool {
    there.key_usage().is_some_and(|usage| usage.as_str() == key.usage)
        && there.key_spec().is_some_and(|spec| spec.as_str() == key.spec)
        && there.multi_region().unwrap_or_default() == key.multi_region
}

async fn take_back(cx: &StepCx, aws: &Clients, there: &KeyMetadata) -> Result<KeyOutputs> {
    cancel_deletion(aws, there).await?;
    cx.recovered(format!(
        "the key {} was scheduled for deletion; it is taken back, with all that it encrypted",
        there.key_id()
    ));
    outputs(there)
}

/// The key is disabled afterwards.
async fn cancel_deletion(aws: &Clients, key: &KeyMetadata) -> Result<()> {
    let call = aws.kms.cancel_key_deletion().key_id(key.key_id()).send().await;
    call.map_err(fault("kms:CancelKeyDeletion")).map(drop)
}

pub(super) async fn converge(
    key: &Key,
    cx: &StepCx,
    live: KeyOutputs,
    approved: &Fields,
) -> Result<KeyOutputs> {
    // For how long it can be taken back is on record only.
    if !["description", "rotation_days", "enabled", "tags"].iter().any(|path| approved.has(path)) {
        return Ok(live);
    }
    let aws = cx.aws(key.scope.get()).await?;
    let mut there = until_visible(cx, "the key to be visible", || describe(&aws, &live.id)).await?;
    if is_leaving(&there) && approved.has("enabled") {
        cancel_deletion(&aws, &there).await?;
        there = settled(cx, &aws, &live.id, |key| !is_leaving(key)).await?;
    }
    if approved.has("description") && there.description().unwrap_or_default() != key.description {
        let call = aws.kms.update_key_description().key_id(&live.id);
        let call = call.description(&key.description).send().await;
        call.map_err(fault("kms:UpdateKeyDescription"))?;
    }
    // Rotation cannot be changed while a key is disabled: it is enabled before, and disabled after.
    let off = there.key_state() == Some(&KeyState::Disabled);
    if approved.has("enabled") && key.enabled && off {
        let call = aws.kms.enable_key().key_id(&live.id).send().await;
        call.map_err(fault("kms:EnableKey"))?;
        there = settled(cx, &aws, &live.id, aws_sdk_kms::types::KeyMetadata::enabled).await?;
    }
    if approved.has("rotation_days") {
        sync_rotation(key, cx, &aws, &there).await?;
    }
    if approved.has("enabled") && !key.enabled && !off {
        let call = aws.kms.disable_key().key_id(&live.id).send().await;
        call.map_err(fault("kms:DisableKey"))?;
        settled(cx, &aws, &live.id, |key| !key.enabled()).await?;
    }
    if approved.has("tags") {
        sync_tags(key, cx, &aws, &live.id).await?;
    }
    Ok(live)
}

async fn settled(
    cx: &StepCx,
    aws: &Clients,
    id: &str,
    done: impl Fn(&KeyMetadata) -> bool + Send + Sync,
) -> Result<KeyMetadata> {
    cx.wait(Patience::SECONDS, "the key to change its state", || async {
        let found = describe(aws, id).await?;
        let state = found.as_ref().and_then(|key| key.key_state()).map_or("?", KeyState::as_str);
        let says = Probe::not_yet(state);
        Ok(found.filter(|key| done(key)).map_or(says, Probe::Ready))
    })
    .await
}

async fn sync_rotation(key: &Key, cx: &StepCx, aws: &Clients, there: &KeyMetadata) -> Result<()> {
    let wanted = key.rotation_days.map(|days| i32::try_from(days).unwrap_or(i32::MAX));
    if rotation(aws, there).await? == wanted {
        return Ok(());
    }
    let id = there.key_id();
    let hint = format!(
        "a disabled key cannot change its rotation: set `enabled` of {} first",
        cx.address()
    );
    let explain = |fault: groundplan_core::Fault| {
        if fault.is("DisabledException") { fault.hint(hint.clone()) } else { fault }
    };
    if let Some(days) = wanted {
        let enable = || async {
            let call = aws.kms.enable_key_rotation().key_id(id).rotation_period_in_days(days);
            call.send().await.map_err(fault("kms:EnableKeyRotation"))
        };
        cx.retry(SETTLING, unsettled, enable).await.map_err(explain).map(drop)
    } else {
        let call = aws.kms.disable_key_rotation().key_id(id).send().await;
        call.map_err(fault("kms:DisableKeyRotation")).map_err(explain).map(drop)
    }
}

async fn sync_tags(key: &Key, cx: &StepCx, aws: &Clients, id: &str) -> Result<()> {
    let live = tags_of(aws, id).await?;
    let (set, remove) = tags::to_change(cx, pairs(&live), &key.tags);
    if !set.is_empty() {
        let call = aws.kms.tag_resource().key_id(id).set_tags(Some(to_tags(set))).send().await;
        call.map_err(fault("kms:TagResource"))?;
    }
    if !remove.is_empty() {
        let call = aws.kms.untag_resource().key_id(id).set_tag_keys(Some(remove)).send().await;
        call.map_err(fault("kms:UntagResource"))?;
    }
    Ok(())
}

/// Schedules the deletion, which is all that KMS does at once.
pub(super) async fn delete(key: &Key, cx: &StepCx, live: &KeyOutputs) -> Result<()> {
    let aws = cx.aws(key.scope.get()).await?;
    let leaving = async || Ok(describe(&aws, &live.id).await?.is_none_or(|key| is_leaving(&key)));
    if leaving().await? {
        return Ok(());
    }
    let tags = tags_of(&aws, &live.id).await?;
    tags::require_ours(cx.owner(), &format!("the key {}", live.arn), pairs(&tags))?;
    let days = i32::try_from(key.deletion_days).unwrap_or(30);
    let call = aws.kms.schedule_key_deletion().key_id(&live.id).pending_window_in_days(days);
    let scheduled = absent(call.send().await.map_err(fault("kms:ScheduleKeyDeletion")));
    if let Err(fault) = scheduled
        // A second call is refused, and the answer to the first may have been lost.
        && !leaving().await?
    {
        return Err(fault);
    }
    cx.wait(Patience::SECONDS, "the key to be scheduled for deletion", || async {
        Ok(if leaving().await? { Probe::Ready(()) } else { Probe::not_yet("still in use") })
    })
    .await
}
