//! Zones, and the records in them.

use super::{ground::Ground, specimen::Specimen, specimens};
use groundplan::aws::route53::{Alias, Record, RecordType, Zone, ZoneHandle, ZoneVpc};

specimens![record, record_set, zone, zone_private];

fn zone() -> Specimen<Zone> {
    Specimen::new("zone", |ground| {
        Zone::public(ground.scope(), format!("{}.example.com", ground.name()))
    })
    .tags(|zone| &mut zone.tags)
    .update("comment", |zone, _| zone.comment = "of the platform".into())
    .replace("name", |zone, _| zone.name = format!("other.{}", zone.name))
    .replace("private", |zone, ground| {
        *zone = Zone::private(zone.scope.clone(), zone.name.clone(), vec![ground.vpc().id()]);
    })
    .copies(|zone, _, number| zone.name = format!("n{number}.{}", zone.name))
    .fixed("vpcs", "a public zone has none; `zone_private` has some")
    .fixed("force_destroy", "says what a delete takes with it; tested with zones")
}

fn zone_private() -> Specimen<Zone> {
    Specimen::new("zone-private", |ground| {
        let vpc = ground.vpc().id();
        Zone::private(ground.scope(), format!("{}.internal", ground.name()), vec![vpc])
    })
    .tags(|zone| &mut zone.tags)
    .update("vpcs", |zone, ground| {
        zone.vpcs = vec![ZoneVpc { vpc: ground.other_vpc().id(), region: None }];
    })
    .fixed("name", "as with a public one")
    .fixed("private", "as with a public one")
    .fixed("comment", "as with a public one")
    .fixed("force_destroy", "says what a delete takes with it; tested with zones")
}

fn record() -> Specimen<Record> {
    Specimen::new("record", |ground| {
        let zone = a_zone(ground, "main").id();
        let name = format!("*.data.{}.example.com", ground.name());
        Record::new(ground.scope(), zone, name, RecordType::A, vec!["192.0.2.1".to_owned().into()])
    })
    .update("ttl", |record, _| record.ttl = Some(60))
    .update("values", |record, _| record.values.push("192.0.2.2".to_owned().into()))
    .replace("name", |record, ground| {
        record.name = format!("other.{}.example.com", ground.name()).into();
    })
    .replace("record_type", |record, _| {
        record.record_type = RecordType::Txt;
        record.values = vec!["\"v=spf1 -all\"".to_owned().into()];
    })
    .replace("zone", |record, ground| {
        record.zone = a_zone(ground, "two").id();
        record.name = format!("data.two.{}.example.com", ground.name()).into();
    })
    .copies(|record, ground, number| {
        record.name = format!("n{number}.{}.example.com", ground.name()).into();
    })
    .fixed("alias", "takes the place of values: `record_set` has one")
    .fixed("set_id", "a record of its own: `record_set`")
    .fixed("weight", "goes with a set: `record_set`")
    .fixed("latency_region", "goes with a set: `record_set`")
    .fixed("failover", "goes with a set: `record_set`")
    .fixed("health_check", "needs a health check, of which there is no kind")
}

/// One of several of a name, by weight and as an alias.
fn record_set() -> Specimen<Record> {
    Specimen::new("record-set", |ground| {
        let zone = a_zone(ground, "main").id();
        let name = format!("data.{}.example.com", ground.name());
        let alias = alias("one");
        let record = Record::alias(ground.scope(), zone, name, RecordType::A, alias);
        Record { set_id: Some("one".into()), weight: Some(10), ..record }
    })
    .update("weight", |record, _| record.weight = Some(90))
    .update("alias.evaluate_health", |record, _| {
        record.alias.as_mut().expect("an alias").evaluate_health = false;
    })
    .update("alias.name", |record, _| record.alias = Some(alias("two")))
    .replace("set_id", |record, _| record.set_id = Some("two".into()))
    .copies(|record, _, number| record.set_id = Some(format!("n{number}")))
    .fixed("zone", "as with one alone: `record`")
    .fixed("name", "as with one alone: `record`")
    .fixed("record_type", "as with one alone: `record`")
    .fixed("ttl", "an alias has none: `record`")
    .fixed("values", "an alias has none: `record`")
    .fixed("latency_region", "another way to share answers; tested with records")
    .fixed("failover", "another way to share answers; tested with records")
    .fixed("health_check", "needs a health check, of which there is no kind")
}

fn alias(name: &str) -> Alias {
    Alias {
        name: format!("{name}.eu-west-1.elb.amazonaws.com").into(),
        zone: "Z32O12XQLNTSW2".to_owned().into(),
        evaluate_health: true,
    }
}

fn a_zone(ground: &mut Ground, name: &str) -> ZoneHandle {
    let below = if name == "main" { String::new() } else { format!("{name}.") };
    let zone = Zone::public(ground.scope(), format!("{below}{}.example.com", ground.name()));
    ground.add(name, zone)
}
