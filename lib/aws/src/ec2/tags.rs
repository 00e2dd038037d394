//! Tags: in the create call, brought to the desired ones, and as the mark of whose an object is.

use crate::{Tags, fault::fault, tags};
use aws_sdk_ec2::{
    Client,
    types::{ResourceType, Tag, TagSpecification},
};
use groundplan_core::{Class, Fault, Fields, Json, Result, StepCx, TAG_LINEAGE};

/// The names and values of an object's tags.
pub(super) fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().filter_map(|tag| Some((tag.key()?, tag.value()?))).collect()
}

/// Tags for a create call: the program's and the owner's.
pub(super) fn specification(cx: &StepCx, of: ResourceType, tags: &Tags) -> TagSpecification {
    let tags = cx.tags(tags).into_iter().map(|(k, v)| Tag::builder().key(k).value(v).build());
    TagSpecification::builder().resource_type(of).set_tags(Some(tags.collect())).build()
}

/// The managed tags of an object, as a field of its live inputs.
pub(super) fn live_tags(all: &[Tag]) -> Json {
    tags::managed(pairs(all))
}

/// Brings the approved tags of an object to the desired ones. When it changes any, it also brings the
/// ownership tags back if they are gone.
pub(super) async fn sync_tags(
    cx: &StepCx,
    ec2: &Client,
    id: &str,
    live: &[Tag],
    desired: &Tags,
    approved: &Fields,
) -> Result<()> {
    if !approved.has("tags") {
        return Ok(());
    }
    let desired = cx.tags(desired);
    let may = |key: &str| key.starts_with("groundplan:") || approved.has(&format!("tags.{key}"));
    let live: Tags = pairs(live)
        .into_iter()
        .filter(|(k, _)| !k.starts_with("aws:"))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    let (mut set, mut remove) = tags::difference(&live, &desired);
    set.retain(|key, _| may(key));
    remove.retain(|key| may(key));
    if !set.is_empty() {
        let set = set.into_iter().map(|(k, v)| Tag::builder().key(k).value(v).build());
        ec2.create_tags()
            .resources(id)
            .set_tags(Some(set.collect()))
            .send()
            .await
            .map_err(fault("ec2:CreateTags"))?;
    }
    if !remove.is_empty() {
        let remove = remove.into_iter().map(|k| Tag::builder().key(k).build());
        ec2.delete_tags()
            .resources(id)
            .set_tags(Some(remove.collect()))
            .send()
            .await
            .map_err(fault("ec2:DeleteTags"))?;
    }
    Ok(())
}

/// Refuses to delete an object that does not carry this stack's mark.
///
/// Only the lineage counts: address and generation on the tag are those of its create, and a
/// resource may have been moved since.
pub(super) fn require_ours(cx: &StepCx, id: &str, tags: &[Tag]) -> Result<()> {
    let tags = pairs(tags);
    let lineage = tags.iter().find(|(key, _)| *key == TAG_LINEAGE).map(|(_, value)| *value);
    let why = match lineage {
        Some(lineage) if lineage == cx.lineage() => return Ok(()),
        Some(other) => {
            format!("its tag `{TAG_LINEAGE}` is {other}, this stack's is {}", cx.lineage())
        }
        None => format!("it has no tag `{TAG_LINEAGE}` any more"),
    };
    Err(Fault::new(Class::NotOurs, format!("{id} was not deleted, as it is not this stack's"))
        .why(why)
        .hint(format!(
            "if it is, give it the tag again: `aws ec2 create-tags --resources {id} --tags Key={TAG_LINEAGE},Value={}`; \
             if not: `apply state forget {}`",
            cx.lineage(),
            cx.address()
        )))
}
