//! Zones as Route 53 knows them, with what only other calls answer.

use super::plain;
use crate::{
    Clients,
    fault::{absent, fault},
    found::{Listed, each},
};
use aws_sdk_route53::types::{HostedZone, HostedZoneConfig, Tag, TagResourceType, Vpc};
use groundplan_core::Result;
use std::collections::BTreeMap;

/// How many zones one call answers the tags of.
const TAGS_AT_ONCE: usize = 10;

/// A zone with all that its kind manages.
pub(super) struct Found {
    pub(super) zone: HostedZone,
    pub(super) vpcs: Vec<Vpc>,
    pub(super) name_servers: Vec<String>,
    pub(super) tags: Vec<Tag>,
}

impl Found {
    /// The id as users know it, without what stands before it in answers.
    pub(super) fn zone_id(&self) -> &str {
        short(self.zone.id())
    }

    pub(super) fn is_private(&self) -> bool {
        self.zone.config().is_some_and(HostedZoneConfig::private_zone)
    }
}

impl Listed for Found {
    fn id(&self) -> &str {
        self.zone_id()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(&self.tags)
    }

    fn says(&self) -> String {
        let sort = if self.is_private() { "private" } else { "public" };
        let records = self.zone.resource_record_set_count().unwrap_or_default();
        format!("{sort}, {records} records")
    }
}

fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter()
        .map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default()))
        .collect()
}

pub(super) fn short(id: &str) -> &str {
    id.trim_start_matches("/hostedzone/")
}

/// A zone by its id, without its tags.
pub(super) async fn get(aws: &Clients, id: &str) -> Result<Option<Found>> {
    let call = aws.route53.get_hosted_zone().id(id).send().await;
    let found = absent(call.map_err(fault("route53:GetHostedZone")))?;
    Ok(found.and_then(|found| {
        let servers = found.delegation_set.map(|set| set.name_servers);
        Some(Found {
            zone: found.hosted_zone?,
            vpcs: found.vpcs.unwrap_or_default(),
            name_servers: servers.unwrap_or_default(),
            tags: Vec::new(),
        })
    }))
}

/// A zone by its id.
pub(super) async fn find(aws: &Clients, id: &str) -> Result<Option<Found>> {
    let found = get(aws, id).await?.into_iter().collect();
    Ok(tagged(aws, found).await?.pop())
}

/// Zones with their tags.
pub(super) async fn tagged(aws: &Clients, mut found: Vec<Found>) -> Result<Vec<Found>> {
    let ids: Vec<_> = found.iter().map(|one| one.zone_id().to_owned()).collect();
    let mut tags = tags_of(aws, &ids).await?;
    for one in &mut found {
        one.tags = tags.remove(one.zone_id()).unwrap_or_default();
    }
    Ok(found)
}

/// The tags of zones, by id.
pub(super) async fn tags_of(aws: &Clients, ids: &[String]) -> Result<BTreeMap<String, Vec<Tag>>> {
    let sets = each(ids.chunks(TAGS_AT_ONCE), async |some| {
        let call = aws.route53.list_tags_for_resources();
        let call = call.resource_type(TagResourceType::Hostedzone);
        let call = call.set_resource_ids(Some(some.to_vec())).send().await;
        Ok(call.map_err(fault("route53:ListTagsForResources"))?.resource_tag_sets)
    });
    let sets = sets.await?.into_iter().flatten();
    let named = sets.filter_map(|set| Some((set.resource_id?, set.tags.unwrap_or_default())));
    Ok(named.collect())
}

/// The ids of zones of a name.
pub(super) async fn of_name(aws: &Clients, name: &str) -> Result<Vec<String>> {
    let call = aws.route53.list_hosted_zones_by_name().dns_name(name).send().await;
    let listed = call.map_err(fault("route53:ListHostedZonesByName"))?;
    // In order of names, beginning with this one.
    let same = listed.hosted_zones.iter().take_while(|zone| plain(zone.name()) == plain(name));
    Ok(same.map(|zone| short(zone.id()).to_owned()).collect())
}

/// The ids of all zones.
pub(super) async fn all(aws: &Clients) -> Result<Vec<String>> {
    let zones = aws.route53.list_hosted_zones().into_paginator().items().send();
    let zones = crate::found::pages("route53:ListHostedZones", zones).await?;
    Ok(zones.iter().map(|zone| short(zone.id()).to_owned()).collect())
}
