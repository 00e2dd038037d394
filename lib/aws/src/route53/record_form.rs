//! Records in the form of Route 53, and the calls that read and write them.

use super::{
    plain,
    record::{Alias, Failover, Record, RecordType},
};
use crate::{
    Clients,
    fault::{absent, fault, incomplete},
};
use aws_sdk_route53::types::{
    self, AliasTarget, Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet,
    ResourceRecordSetFailover, ResourceRecordSetRegion, RrType,
};
use groundplan_core::{Json, Result, json, to_json};

/// The most records that a page has.
const PAGE: i32 = 300;
/// The most changes of one call that empties a zone; Route 53 takes 1000 records in one.
const CHANGES_AT_ONCE: usize = 100;

/// Every record of a zone; none if there is no such zone.
pub(super) async fn list(aws: &Clients, zone: &str) -> Result<Option<Vec<ResourceRecordSet>>> {
    let mut listed = Vec::new();
    let mut next = (None, None, None);
    loop {
        let (name, sort, set) = next;
        let call = aws.route53.list_resource_record_sets().hosted_zone_id(zone).max_items(PAGE);
        let call = call.set_start_record_name(name).set_start_record_type(sort);
        let call = call.set_start_record_identifier(set).send().await;
        let Some(page) = absent(call.map_err(fault("route53:ListResourceRecordSets")))? else {
            return Ok(None);
        };
        listed.extend(page.resource_record_sets);
        if !page.is_truncated {
            return Ok(Some(listed));
        }
        next = (page.next_record_name, page.next_record_type, page.next_record_identifier);
    }
}

/// Makes one change of a zone, whole or not at all; the id by which it is asked after.
pub(super) async fn change(
    aws: &Clients,
    zone: &str,
    action: ChangeAction,
    sets: Vec<ResourceRecordSet>,
) -> Result<String> {
    let what = "route53:ChangeResourceRecordSets";
    let change = |set| {
        let change = Change::builder().action(action.clone()).resource_record_set(set).build();
        change.expect("BUG: a change has an action")
    };
    let changes = sets.into_iter().map(change).collect();
    let batch = ChangeBatch::builder().set_changes(Some(changes)).build();
    let call = aws.route53.change_resource_record_sets().hosted_zone_id(zone);
    let call = call.change_batch(batch.expect("BUG: there are changes")).send().await;
    let made = call.map_err(fault(what))?;
    made.change_info.map(|info| info.id).ok_or_else(|| incomplete(what, "ChangeInfo"))
}

/// Takes every record out of a zone but those that it began with.
pub(super) async fn empty(aws: &Clients, zone: &str, name: &str) -> Result<()> {
    let listed = list(aws, zone).await?.unwrap_or_default();
    let own = |set: &ResourceRecordSet| {
        let first = [RrType::Soa, RrType::Ns].contains(set.r#type());
        !(first && plain(set.name()) == plain(name))
    };
    let goes: Vec<_> = listed.into_iter().filter(own).collect();
    for some in goes.chunks(CHANGES_AT_ONCE) {
        change(aws, zone, ChangeAction::Delete, some.to_vec()).await?;
    }
    Ok(())
}

impl Record {
    /// Whether a live record has its name, type and set.
    pub(super) fn is(&self, set: &ResourceRecordSet) -> bool {
        plain(set.name()) == plain(self.name.get())
            && set.r#type().as_str() == self.record_type.as_str()
            && set.set_identifier() == self.set_id.as_deref()
    }

    /// In the form of the API.
    pub(super) fn to_api(&self) -> ResourceRecordSet {
        let value = |value: &groundplan_core::Val<String>| {
            let record = ResourceRecord::builder().value(value.get()).build();
            record.expect("BUG: a record has a value")
        };
        let values: Vec<_> = self.values.iter().map(value).collect();
        let alias = self.alias.as_ref().map(|alias| {
            AliasTarget::builder()
                .dns_name(alias.name.get())
                .hosted_zone_id(alias.zone.get())
                .evaluate_target_health(alias.evaluate_health)
                .build()
                .expect("BUG: an alias has a name and a zone")
        });
        let failover = self.failover.map(|role| match role {
            Failover::Primary => ResourceRecordSetFailover::Primary,
            Failover::Secondary => ResourceRecordSetFailover::Secondary,
        });
        let region = self.latency_region.as_deref().map(ResourceRecordSetRegion::from);
        ResourceRecordSet::builder()
            .name(self.name.get())
            .r#type(RrType::from(self.record_type.as_str()))
            .set_ttl(self.ttl.map(i64::from))
            .set_resource_records(Some(values).filter(|values| !values.is_empty()))
            .set_alias_target(alias)
            .set_set_identifier(self.set_id.clone())
            .set_weight(self.weight.map(i64::from))
            .set_region(region)
            .set_failover(failover)
            .set_health_check_id(self.health_check.clone())
            .build()
            .expect("BUG: a record has a name and a type")
    }
}

/// A live record in the form of the inputs, with what those cannot say under `other`.
pub(super) fn fields(set: &ResourceRecordSet) -> Json {
    let values = set.resource_records().iter().map(types::ResourceRecord::value);
    let alias = set.alias_target().map(|alias| {
        to_json(&Alias {
            name: plain(alias.dns_name()).into(),
            zone: alias.hosted_zone_id().to_owned().into(),
            evaluate_health: alias.evaluate_target_health(),
        })
    });
    let failover = set.failover().map(|role| match role {
        ResourceRecordSetFailover::Primary => Failover::Primary,
        _ => Failover::Secondary,
    });
    let mut fields = json!({
        "ttl": set.ttl(),
        "values": values.collect::<Vec<_>>(),
        "alias": alias,
        "weight": set.weight(),
        "latency_region": set.region().map(ResourceRecordSetRegion::as_str),
        "failover": failover,
        "health_check": set.health_check_id(),
    });
    let other = [
        ("a place", set.geo_location().is_some() || set.geo_proximity_location().is_some()),
        ("several values", set.multi_value_answer() == Some(true)),
        ("a network", set.cidr_routing_config().is_some()),
        ("a traffic policy", set.traffic_policy_instance_id().is_some()),
    ];
    if let Some((name, _)) = other.iter().find(|(_, there)| *there) {
        fields["other"] = (*name).into();
    }
    fields
}

impl RecordType {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Caa => "CAA",
            Self::Cname => "CNAME",
            Self::Mx => "MX",
            Self::Ns => "NS",
            Self::Ptr => "PTR",
            Self::Srv => "SRV",
            Self::Txt => "TXT",
        }
    }
}
