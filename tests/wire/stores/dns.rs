//! Certificates that DNS has issued, records that are somebody's, zones with records.

use super::fault;
use crate::harness::Wire;
use groundplan::{
    Class, Stack,
    aws::{
        Tags,
        route53::{Record, RecordType, Zone},
    },
    platform::DnsCertificate,
};

fn domain(wire: &Wire) -> String {
    format!("{}.example.com", wire.name())
}

fn program(wire: &Wire, force_destroy: bool) -> Stack {
    let (mut stack, scope) = wire.stack();
    let zone = Zone { force_destroy, ..Zone::public(scope.clone(), domain(wire)) };
    let zone = stack.add("main", zone);
    let name = format!("a.{}", domain(wire));
    let values = vec!["192.0.2.1".to_owned().into()];
    stack.add("a", Record::new(scope, zone.id(), name, RecordType::A, values));
    stack
}

/// Another stack makes a record in the zone.
async fn make(wire: &Wire, other: &Wire, name: &str) {
    let zone = wire.outputs("route53.zone/main").await["id"].as_str().expect("an id").to_owned();
    let (mut stack, scope) = other.stack();
    let name = format!("{name}.{}", domain(wire));
    let values = vec!["198.51.100.1".to_owned().into()];
    stack.add("theirs", Record::new(scope, zone.into(), name, RecordType::A, values));
    other.apply(stack).await;
}

#[tokio::test]
async fn a_certificate_is_issued_in_the_run_that_makes_its_records() {
    let wire = Wire::new("dns-certificate");
    let program = || {
        let (mut stack, scope) = wire.stack();
        let zone = stack.add("main", Zone::public(scope.clone(), domain(&wire)));
        let certificate = DnsCertificate {
            scope,
            zone: zone.id(),
            domain: domain(&wire),
            alternatives: vec![format!("*.{}", domain(&wire)), format!("other.{}", domain(&wire))],
            tags: Tags::new(),
        };
        certificate.add(&mut stack, "site");
        stack
    };
    wire.apply(program()).await;
    assert_eq!(wire.plan(program()).await, [""; 0]);
    assert_eq!(wire.recorded("route53.record").await.len(), 2, "a wildcard shares its domain's");
    let issued = wire.outputs("acm.validation/site").await;
    assert_eq!(issued["certificate"], wire.outputs("acm.certificate/site").await["arn"]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_record_of_somebody_else_is_not_overwritten() {
    let wire = Wire::new("dns-foreign");
    let (mut stack, scope) = wire.stack();
    stack.add("main", Zone::public(scope, domain(&wire)));
    wire.apply(stack).await;
    make(&wire, &Wire::new("dns-foreign-other"), "a").await;
    let (report, calls) = wire.try_apply(program(&wire, false)).await;
    let refused = fault(&report);
    assert_eq!(refused.class, Class::NotOurs, "{refused:?}");
    assert!(refused.hint.as_deref().unwrap().contains("apply import"), "{refused:?}");
    assert_eq!(calls, [""; 0]);
    let (mut stack, scope) = wire.stack();
    stack.add("main", Zone { force_destroy: true, ..Zone::public(scope, domain(&wire)) });
    wire.apply(stack).await;
    wire.destroy().await;
}

#[tokio::test]
async fn a_zone_with_records_of_others_stays_unless_they_may_go() {
    let wire = Wire::new("dns-full");
    wire.apply(program(&wire, false)).await;
    make(&wire, &Wire::new("dns-full-other"), "b").await;
    let report = wire.try_destroy().await;
    let refused = fault(&report);
    assert!(refused.is("HostedZoneNotEmpty"), "{refused:?}");
    assert!(refused.hint.as_deref().unwrap().contains("`force_destroy`"), "{refused:?}");
    wire.apply(program(&wire, true)).await;
    wire.destroy().await;
}
