//! Kafka clusters: one change at a time, and how clients reach them.

use super::{Network, fault};
use crate::harness::Wire;
use groundplan::Stack;
use groundplan::aws::kafka::{Cluster, Configuration, Revision};

const CLUSTER: &str = "kafka.cluster/main";

/// A configuration and a cluster with it, in two zones.
async fn program(wire: &Wire, change: impl FnOnce(&mut Configuration, &mut Cluster)) -> Stack {
    let network = Network::of(wire).await;
    let (mut stack, scope) = wire.stack();
    let mut configuration =
        Configuration::new(scope.clone()).with("auto.create.topics.enable", false);
    let subnets = network.subnets[..2].iter().map(|subnet| subnet.clone().into()).collect();
    let groups = vec![network.group.into()];
    let mut cluster = Cluster::new(scope, "3.8.x", "kafka.m7g.large", 100, subnets, groups);
    change(&mut configuration, &mut cluster);
    let configuration = stack.add("main", configuration);
    let (arn, revision) = (configuration.arn(), configuration.revision());
    cluster.configuration = Some(Revision { arn, revision });
    stack.add("main", cluster);
    stack
}

/// Calls without the objects that they are about.
fn short(calls: &[String]) -> Vec<String> {
    let words = |call: &String| {
        let parts = call.split(['/', ' ']).filter(|part| !part.is_empty() && *part != "v1");
        parts.filter(|part| !part.contains("%3A")).collect::<Vec<_>>().join(" ")
    };
    calls.iter().map(words).collect()
}

/// The ports of each sort of address.
async fn ports(wire: &Wire) -> Vec<String> {
    let outputs = wire.outputs(CLUSTER).await;
    let addresses = ["plain_text", "tls", "scram", "iam"].map(|way| format!("bootstrap_{way}"));
    let found = addresses.iter().filter_map(|name| outputs[name].as_str());
    found.filter_map(|all| Some(all.rsplit_once(':')?.1.to_owned())).collect()
}

#[tokio::test]
async fn a_cluster_is_reached_in_the_ways_that_are_open() {
    let wire = Wire::new("kafka-ways");
    wire.apply(program(&wire, |_, _| {}).await).await;
    assert_eq!(wire.plan(program(&wire, |_, _| {}).await).await, [""; 0]);
    assert_eq!(ports(&wire).await, ["9098"], "IAM over TLS alone");
    let open = |_: &mut Configuration, cluster: &mut Cluster| {
        cluster.sign_in.nobody = true;
        cluster.sign_in.scram = true;
        cluster.plain_text = true;
    };
    let calls = wire.apply(program(&wire, open).await).await;
    assert_eq!(short(&calls), ["PATCH clusters security"], "one call for all of it");
    assert_eq!(ports(&wire).await, ["9092", "9094", "9096", "9098"]);
    assert_eq!(wire.plan(program(&wire, open).await).await, [""; 0]);
    wire.apply(program(&wire, |_, _| {}).await).await;
    assert_eq!(ports(&wire).await, ["9098"]);
    wire.destroy().await;
}

#[tokio::test]
async fn several_changes_are_made_one_after_the_other() {
    let wire = Wire::new("kafka-changes");
    wire.apply(program(&wire, |_, _| {}).await).await;
    let next = |configuration: &mut Configuration, cluster: &mut Cluster| {
        configuration.properties.insert("num.partitions".into(), "6".into());
        cluster.kafka_version = "3.9.x".into();
        cluster.volume_gib = 200;
        cluster.brokers = 4;
        cluster.monitoring = "PER_BROKER".into();
        cluster.tags.insert("team".into(), "data".into());
    };
    let calls = wire.apply(program(&wire, next).await).await;
    let expected = [
        "POST tags",
        "PUT clusters monitoring",
        "PUT clusters nodes count",
        "PUT clusters nodes storage",
        "PUT clusters version",
        "PUT configurations",
    ];
    assert_eq!(short(&calls), expected, "the new revision comes with the new version");
    assert_eq!(wire.plan(program(&wire, next).await).await, [""; 0]);
    assert_eq!(wire.outputs("kafka.configuration/main").await["revision"], 2);
    wire.destroy().await;
}

#[tokio::test]
async fn what_msk_never_does_is_refused_before_it_is_asked() {
    let wire = Wire::new("kafka-never");
    wire.apply(program(&wire, |_, _| {}).await).await;
    let older = program(&wire, |_, cluster| cluster.kafka_version = "3.6.0".into()).await;
    let (report, calls) = wire.try_apply(older).await;
    assert_eq!(calls, [""; 0]);
    assert!(fault(&report).what.contains("does not go back to 3.6.0"), "{report:?}");
    let smaller = program(&wire, |_, cluster| cluster.volume_gib = 50).await;
    let (report, calls) = wire.try_apply(smaller).await;
    assert_eq!(calls, [""; 0]);
    assert_eq!(fault(&report).hint.as_deref(), Some("set `volume_gib` to 100"));
    wire.apply(program(&wire, |_, _| {}).await).await;
    wire.destroy().await;
}
