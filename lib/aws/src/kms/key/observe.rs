//! Reads keys: by id, or among all of the account where none is recorded.

use super::{Key, KeyOutputs, SYMMETRIC};
use crate::{
    Clients, CxAws,
    fault::{absent, fault, incomplete},
    found::{self, Listed, Match, carrying, each, find, pages},
    kms::pairs,
    tags,
};
use aws_sdk_kms::types::{KeyManagerType, KeyMetadata, KeyState, Tag};
use groundplan_core::{
    Class, Cx, Identity, Json, Live, Mark, Marked, Near, Result, Seen, Wanted, json,
};

/// A key with its tags.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) id: String,
    pub(super) tags: Vec<Tag>,
}

impl Listed for Found {
    fn id(&self) -> &str {
        &self.id
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(&self.tags)
    }
}

pub(super) async fn observe(cx: &Cx, wanted: &[Wanted<Key>]) -> Result<Vec<Seen<KeyOutputs>>> {
    let Some(first) = wanted.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.inputs.scope.get()).await?;
    // Only where an id is not recorded all keys are looked at.
    let all = if wanted.iter().any(|w| w.outputs.is_none()) {
        scan(&aws, &[]).await?
    } else {
        Vec::new()
    };
    each(wanted, async |w| {
        if let Some(recorded) = &w.outputs {
            return look(&aws, &recorded.id).await;
        }
        match find(&all, w, None) {
            Match::None => Ok(Seen::Absent),
            Match::Many(found) => Ok(Seen::Ambiguous(found)),
            Match::One(found) => match describe(&aws, &found.id).await? {
                Some(key) if !is_leaving(&key) => Ok(live(&aws, &key, &found.tags).await?.into()),
                _ => Ok(Seen::Absent),
            },
        }
    })
    .await
}

async fn look(aws: &Clients, id: &str) -> Result<Seen<KeyOutputs>> {
    let Some(key) = describe(aws, id).await? else { return Ok(Seen::Absent) };
    let tags = tags_of(aws, id).await?;
    Ok(live(aws, &key, &tags).await?.into())
}

/// By its id, its ARN or one of its aliases. One that waits for its deletion is none.
pub(super) async fn identify(key: &Key, cx: &Cx, id: &str) -> Result<Option<Identity<KeyOutputs>>> {
    let aws = cx.aws(key.scope.get()).await?;
    let found = describe(&aws, id).await?.filter(|found| !is_leaving(found));
    found.map(|found| Ok(Identity::new(outputs(&found)?))).transpose()
}

/// Each key of the account costs a call: neither their list nor anything else says whose they are.
pub(super) async fn marked(
    cx: &Cx,
    near: &Near<Key>,
    mark: &Mark,
) -> Result<Vec<Marked<KeyOutputs>>> {
    let Some(first) = near.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.scope.get()).await?;
    let all = scan(&aws, &near.recorded).await?;
    let mut marked = Vec::new();
    for (owner, found) in carrying(&all, mark) {
        // One that waits for its deletion is gone as far as a program is concerned.
        let Some(key) = describe(&aws, &found.id).await?.filter(|key| !is_leaving(key)) else {
            continue;
        };
        let live = live(&aws, &key, &found.tags).await?;
        marked.push(found::marked(owner, found, live));
    }
    Ok(marked)
}

/// Every key of the account and region with its tags, but for these.
pub(super) async fn scan(aws: &Clients, but: &[KeyOutputs]) -> Result<Vec<Found>> {
    let listed = pages("kms:ListKeys", aws.kms.list_keys().into_paginator().items().send()).await?;
    let ids = listed.into_iter().filter_map(|key| key.key_id);
    let ids = ids.filter(|id| but.iter().all(|known| known.id != *id));
    let read = each(ids, async |id| {
        match tags_of(aws, &id).await {
            Ok(tags) => Ok(Some(Found { id, tags })),
            // The key's own policy keeps its tags from the account's identities: no key of ours does.
            Err(fault) if fault.class == Class::Denied && says_key_policy(fault.why.as_deref()) => {
                Ok(None)
            }
            Err(fault) if fault.class == Class::NotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    });
    Ok(read.await?.into_iter().flatten().collect())
}

/// `… because no resource-based policy allows the kms:ListResourceTags action`
fn says_key_policy(why: Option<&str>) -> bool {
    why.is_some_and(|why| why.contains("resource-based policy"))
}

pub(super) async fn tags_of(aws: &Clients, id: &str) -> Result<Vec<Tag>> {
    let call = aws.kms.list_resource_tags().key_id(id).into_paginator().items().send();
    pages("kms:ListResourceTags", call).await
}

/// A key by id or ARN, also one that waits for its deletion. Those of AWS itself are none.
pub(super) async fn describe(aws: &Clients, id: &str) -> Result<Option<KeyMetadata>> {
    let call = aws.kms.describe_key().key_id(id).send().await;
    let found =
        absent(call.map_err(fault("kms:DescribeKey")))?.and_then(|found| found.key_metadata);
    Ok(found.filter(|key| key.key_manager() != Some(&KeyManagerType::Aws)))
}

/// Whether a key waits for its deletion.
pub(super) fn is_leaving(key: &KeyMetadata) -> bool {
    matches!(key.key_state(), Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
}

/// After how many days a key rotates; none if it does not.
pub(super) async fn rotation(aws: &Clients, key: &KeyMetadata) -> Result<Option<i32>> {
    if spec(key) != SYMMETRIC {
        return Ok(None);
    }
    let call = aws.kms.get_key_rotation_status().key_id(key.key_id()).send().await;
    let found = call.map_err(fault("kms:GetKeyRotationStatus"))?;
    // A period is told since periods can be chosen; before that it was a year.
    let days = found.rotation_period_in_days().unwrap_or(365);
    Ok(found.key_rotation_enabled().then_some(days))
}

fn spec(key: &KeyMetadata) -> &str {
    key.key_spec().map_or(SYMMETRIC, |spec| spec.as_str())
}

async fn live(aws: &Clients, key: &KeyMetadata, tags: &[Tag]) -> Result<Live<KeyOutputs>> {
    let mut fields = json!({
        "description": key.description().unwrap_or_default(),
        "usage": key.key_usage().map(aws_sdk_kms::types::KeyUsageType::as_str),
        "spec": spec(key),
        "multi_region": key.multi_region().unwrap_or_default(),
        "enabled": enabled(key),
        "tags": tags::managed(pairs(tags)),
    });
    // KMS answers nothing more of a key that waits for its deletion.
    if !is_leaving(key) {
        fields["rotation_days"] = json!(rotation(aws, key).await?);
    }
    Ok(Live::new(outputs(key)?, fields).tagged(pairs(tags)))
}

/// Whether a key can be used; for one that waits for its deletion, until when it can be taken back.
fn enabled(key: &KeyMetadata) -> Json {
    if !is_leaving(key) {
        return (key.key_state() != Some(&KeyState::Disabled)).into();
    }
    let day = key.deletion_date().map(ToString::to_string).unwrap_or_default();
    let day = day.split('T').next().filter(|day| !day.is_empty()).unwrap_or("an unknown day");
    format!("scheduled for deletion on {day}").into()
}

pub(super) fn outputs(key: &KeyMetadata) -> Result<KeyOutputs> {
    let arn = key.arn().ok_or_else(|| incomplete("kms:DescribeKey", "Arn"))?;
    Ok(KeyOutputs { id: key.key_id().to_owned(), arn: arn.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_kms::primitives::DateTime;

    #[test]
    fn a_key_that_waits_for_its_deletion_says_until_when() {
        let key = |state| KeyMetadata::builder().key_id("1").key_state(state);
        let built =
            |builder: aws_sdk_kms::types::builders::KeyMetadataBuilder| builder.build().unwrap();
        assert_eq!(enabled(&built(key(KeyState::Enabled))), true);
        assert_eq!(enabled(&built(key(KeyState::Disabled))), false);
        let leaving =
            key(KeyState::PendingDeletion).deletion_date(DateTime::from_secs(1_800_000_000));
        assert_eq!(enabled(&built(leaving)), "scheduled for deletion on 2027-01-15");
    }

    #[test]
    fn only_a_key_s_own_policy_keeps_it_out_of_sight() {
        let by_key = "User: x is not authorized to perform: kms:ListResourceTags on resource: y because no resource-based policy allows the kms:ListResourceTags action";
        assert!(says_key_policy(Some(by_key)));
        let by_iam = by_key.replace("resource-based", "identity-based");
        assert!(!says_key_policy(Some(&by_iam)));
        assert!(!says_key_policy(None));
    }
}
