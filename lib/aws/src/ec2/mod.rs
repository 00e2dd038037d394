//! EC2: the network.
//!
//! Shared by its kinds: filters by owner, tags in the create call, tags brought to the desired ones.

mod subnet;
mod vpc;

pub use subnet::{Subnet, SubnetHandle, SubnetOutputs};
pub use vpc::{Vpc, VpcHandle, VpcOutputs};

use crate::{Clients, Tags, fault::fault, tags};
use aws_sdk_ec2::{
    Client,
    types::{Filter, ResourceType, Tag, TagSpecification},
};
use groundplan_core::{
    Class, Cx, Fault, Json, Registry, Resource, Result, StepCx, TAG_LINEAGE, Wanted,
};

/// Every kind of EC2.
pub(crate) fn registry() -> Registry {
    Registry::new().with::<Subnet>().with::<Vpc>()
}

/// The names and values of an object's tags.
pub(crate) fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().filter_map(|tag| Some((tag.key()?, tag.value()?))).collect()
}

/// A filter by one name.
pub(crate) fn filter(name: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Filter {
    let values = values.into_iter().map(Into::into).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}

/// The filters of one or two listing calls that together find all wanted objects: by recorded id
/// (`id_filter`), which finds them also if somebody removed our tags, and by lineage for the rest.
pub(crate) fn filters<R: Resource>(
    cx: &Cx,
    wanted: &[Wanted<R>],
    id_filter: &str,
    id: fn(&R::Outputs) -> &str,
) -> Vec<Filter> {
    let recorded: Vec<_> = wanted.iter().filter_map(|w| w.outputs.as_ref().map(id)).collect();
    let mut filters = Vec::new();
    if recorded.len() < wanted.len() {
        filters.push(filter(&format!("tag:{TAG_LINEAGE}"), [cx.lineage()]));
    }
    if !recorded.is_empty() {
        filters.push(filter(id_filter, recorded));
    }
    filters
}

/// Tags for a create call: the program's and the owner's.
pub(crate) fn specification(cx: &StepCx, of: ResourceType, tags: &Tags) -> TagSpecification {
    let tags = cx.tags(tags).into_iter().map(|(k, v)| Tag::builder().key(k).value(v).build());
    TagSpecification::builder().resource_type(of).set_tags(Some(tags.collect())).build()
}

/// The managed tags of an object, as a field of its live inputs.
pub(crate) fn live_tags(all: &[Tag]) -> Json {
    tags::managed(pairs(all))
}

/// Brings the tags of an object to the desired ones, and its ownership tags back if they are gone.
pub(crate) async fn sync_tags(
    cx: &StepCx,
    ec2: &Client,
    id: &str,
    live: &[Tag],
    desired: &Tags,
) -> Result<()> {
    let live: Tags = pairs(live)
        .into_iter()
        .filter(|(k, _)| !k.starts_with("aws:"))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    let (set, remove) = tags::difference(&live, &cx.tags(desired));
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

/// Adds to an "in use" fault the network interfaces that still hold the object.
pub(crate) async fn name_holders(
    aws: &Clients,
    filter_name: &str,
    id: &str,
    fault: Fault,
) -> Fault {
    if fault.class != Class::InUse {
        return fault;
    }
    let call =
        aws.ec2.describe_network_interfaces().filters(filter(filter_name, [id])).send().await;
    let holders: Vec<_> = call
        .ok()
        .and_then(|found| found.network_interfaces)
        .unwrap_or_default()
        .iter()
        .map(|eni| {
            format!(
                "{} ({})",
                eni.network_interface_id().unwrap_or("?"),
                eni.description().unwrap_or("no description")
            )
        })
        .collect();
    if holders.is_empty() {
        return fault;
    }
    fault.hint(format!("still held by {}; delete what owns it, then run again", holders.join(", ")))
}
