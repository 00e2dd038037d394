//! Certificates, zones and records.

use super::{Refusal, refused, scope};
use groundplan::{
    Stack, Val,
    aws::{
        VpcId,
        acm::Certificate,
        route53::{Alias, Record, RecordType, Zone},
    },
};

pub(super) const ROWS: &[Refusal] = &[
    refused(
        |s| certificate(s, |c| c.domain = "Data.Example.com".into()),
        "domain",
        "small letters",
    ),
    refused(|s| certificate(s, |c| c.domain = "localhost".into()), "domain", "no domain such as"),
    refused(|s| certificate(s, twice), "alternatives[0]", "is there already"),
    refused(|s| certificate(s, many), "alternatives", "up to 100"),
    refused(|s| zone(s, |z| z.name = "data..example".into()), "name", "no name such as"),
    refused(|s| zone(s, |z| z.name = "*.example.com".into()), "name", "no wildcard"),
    refused(|s| zone(s, |z| z.private = true), "vpcs", "a private zone has a VPC"),
    refused(|s| zone(s, public_with_vpc), "vpcs", "a public one has none"),
    refused(|s| zone(s, |z| z.comment = "x".repeat(257)), "comment", "256 characters"),
    refused(|s| record(s, |r| r.values = vec![text("10.0.0")]), "values[0]", "no IPv4 address"),
    refused(|s| record(s, |r| r.values.clear()), "values", "name one at least"),
    refused(|s| record(s, |r| r.ttl = None), "ttl", "values need one"),
    refused(|s| record(s, both), "values", "an alias has none"),
    refused(|s| record(s, |r| r.weight = Some(1)), "set_id", "goes with a `set_id`"),
    refused(|s| record(s, |r| r.set_id = Some("a".into())), "set_id", "and none without"),
    refused(|s| record(s, names), "values", "a CNAME has one value"),
    refused(|s| record(s, unquoted), "values[0]", "no double quotes"),
    refused(|s| record(s, |r| r.name = text("a b.example.com")), "name", "no name such as"),
];

fn text(text: &str) -> Val<String> {
    text.to_owned().into()
}

fn certificate(stack: &mut Stack, change: fn(&mut Certificate)) {
    let mut certificate = Certificate::new(scope(), "data.example.com");
    change(&mut certificate);
    stack.add("main", certificate);
}

fn twice(certificate: &mut Certificate) {
    certificate.alternatives = vec![certificate.domain.clone()];
}

fn many(certificate: &mut Certificate) {
    certificate.alternatives = (0..100).map(|n| format!("n{n}.example.com")).collect();
}

fn zone(stack: &mut Stack, change: fn(&mut Zone)) {
    let mut zone = Zone::public(scope(), "example.com");
    change(&mut zone);
    stack.add("main", zone);
}

fn public_with_vpc(zone: &mut Zone) {
    let vpc = VpcId::from("vpc-1").into();
    *zone = Zone { private: false, ..Zone::private(scope(), "example.com", vec![vpc]) };
}

fn record(stack: &mut Stack, change: fn(&mut Record)) {
    let values = vec![text("192.0.2.1")];
    let mut record = Record::new(scope(), text("Z1"), text("a.example.com"), RecordType::A, values);
    change(&mut record);
    stack.add("main", record);
}

fn alias() -> Alias {
    Alias { name: text("x.elb.amazonaws.com"), zone: text("Z2"), evaluate_health: true }
}

fn both(record: &mut Record) {
    (record.alias, record.ttl) = (Some(alias()), None);
}

fn names(record: &mut Record) {
    record.record_type = RecordType::Cname;
    record.values = vec![text("one.example.com"), text("two.example.com")];
}

fn unquoted(record: &mut Record) {
    record.record_type = RecordType::Txt;
    record.values = vec![text("v=spf1 -all")];
}
