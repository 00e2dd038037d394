//! Search domains.

use super::{Network, assert_not_ours, fault};
use crate::harness::Wire;
use aws_sdk_opensearch::types::{DomainEndpointOptions, DomainStatus};
use groundplan::aws::Scope;
use groundplan::aws::opensearch::{DedicatedMasters, Domain};
use groundplan::{Stack, Val};

const DOMAIN: &str = "opensearch.domain/s";
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"es:ESHttp*","Resource":"*"}]}"#;

async fn program(wire: &Wire, change: impl FnOnce(&mut Domain)) -> Stack {
    let (mut stack, scope) = wire.stack();
    add(&mut stack, &Network::of(wire).await, scope, change);
    stack
}

pub(super) fn add(
    stack: &mut Stack,
    network: &Network,
    scope: Val<Scope>,
    change: impl FnOnce(&mut Domain),
) {
    let subnets = network.subnets[..2].iter().map(|subnet| subnet.clone().into()).collect();
    let groups = vec![network.group.clone().into()];
    let (version, size) = ("OpenSearch_2.19", "r7g.large.search");
    let mut domain = Domain::new(scope, version, size, 100, subnets, groups);
    domain.access_policy = Some(POLICY.into());
    change(&mut domain);
    stack.add("s", domain);
}

/// The domain's name.
fn own(wire: &Wire) -> String {
    format!("{}-s", wire.name())
}

async fn find(wire: &Wire) -> DomainStatus {
    let aws = wire.clients().await;
    let call = aws.opensearch.describe_domain().domain_name(own(wire));
    call.send().await.unwrap().domain_status.unwrap()
}

const UPGRADE: &str = "POST /2021-01-01/opensearch/upgradeDomain";
const CREATE: &str = "POST /2021-01-01/opensearch/domain";

fn update(wire: &Wire) -> String {
    format!("POST /2021-01-01/opensearch/domain/{}-s/config", wire.name())
}

#[tokio::test]
async fn a_domain_is_encrypted_and_says_how_to_reach_it() {
    let wire = Wire::new("domain-safe");
    assert_eq!(wire.apply(program(&wire, |_| {}).await).await, [CREATE]);
    assert_eq!(wire.plan(program(&wire, |_| {}).await).await, [""; 0]);
    let there = find(&wire).await;
    assert_eq!(there.encryption_at_rest_options().unwrap().enabled(), Some(true));
    assert_eq!(there.node_to_node_encryption_options().unwrap().enabled(), Some(true));
    let https = there.domain_endpoint_options().unwrap();
    assert_eq!(https.enforce_https(), Some(true));
    assert_eq!(https.tls_security_policy().unwrap().as_str(), "Policy-Min-TLS-1-2-PFS-2023-10");
    let cluster = there.cluster_config().unwrap();
    assert_eq!(cluster.zone_awareness_enabled(), Some(true));
    assert_eq!(cluster.instance_count(), Some(2));
    assert_eq!(wire.outputs(DOMAIN).await["endpoint"], there.endpoints().unwrap()["vpc"]);
    wire.destroy().await;
}

#[tokio::test]
async fn only_what_is_shown_is_changed() {
    let wire = Wire::new("domain-change");
    wire.apply(program(&wire, |_| {}).await).await;
    let before = wire.outputs(DOMAIN).await;
    let next = |domain: &mut Domain| {
        domain.instance_count = 4;
        domain.volume_gib = 200;
        domain.dedicated_masters =
            Some(DedicatedMasters { instance_type: "m7g.large.search".into(), count: 3 });
        domain.tags.insert("team".into(), "data".into());
    };
    let lines = [
        "update opensearch.domain/s dedicated_masters.count: null → 3",
        "update opensearch.domain/s dedicated_masters.instance_type: null → \"m7g.large.search\"",
        "update opensearch.domain/s instance_count: 2 → 4",
        "update opensearch.domain/s tags.team: null → \"data\"",
        "update opensearch.domain/s volume_gib: 100 → 200",
    ];
    assert_eq!(wire.plan(program(&wire, next).await).await, lines);
    let calls = wire.apply(program(&wire, next).await).await;
    assert_eq!(calls, [update(&wire), "POST /2021-01-01/tags".to_owned()]);
    assert_eq!(wire.plan(program(&wire, next).await).await, [""; 0]);
    assert_eq!(wire.outputs(DOMAIN).await, before, "outputs are stable");
    let back = |domain: &mut Domain| {
        next(domain);
        domain.dedicated_masters = None;
        domain.tags.clear();
    };
    let calls = wire.apply(program(&wire, back).await).await;
    assert_eq!(calls, [update(&wire), "POST /2021-01-01/tags-removal".to_owned()]);
    assert_eq!(wire.plan(program(&wire, back).await).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_domain_that_somebody_weakened_is_mended() {
    let wire = Wire::new("domain-drift");
    wire.apply(program(&wire, |_| {}).await).await;
    let aws = wire.clients().await;
    let open = DomainEndpointOptions::builder().enforce_https(false).build();
    let call = aws.opensearch.update_domain_config().domain_name(own(&wire));
    let policy = POLICY.replace("es:ESHttp*", "es:*");
    call.domain_endpoint_options(open).access_policies(policy).send().await.unwrap();
    let plan = wire.plan(program(&wire, |_| {}).await).await;
    assert_eq!(plan.len(), 2, "{plan:?}");
    assert!(plan[0].starts_with("update opensearch.domain/s access_policy: "), "{plan:?}");
    assert_eq!(plan[1], "update opensearch.domain/s enforce_https: false → null (drift)");
    assert_eq!(wire.apply(program(&wire, |_| {}).await).await, [update(&wire)]);
    assert_eq!(wire.plan(program(&wire, |_| {}).await).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_made_one_domain() {
    let wire = Wire::new("domain-lost");
    wire.lose_answers([CREATE]);
    wire.apply(program(&wire, |_| {}).await).await;
    assert_eq!(wire.plan(program(&wire, |_| {}).await).await, [""; 0]);
    wire.destroy().await;
    wire.die_after(CREATE, program(&wire, |_| {}).await).await;
    assert_eq!(wire.apply(program(&wire, |_| {}).await).await, [""; 0]);
    assert_eq!(wire.plan(program(&wire, |_| {}).await).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn the_engine_is_raised_in_place_and_never_lowered() {
    let wire = Wire::new("domain-upgrade");
    wire.apply(program(&wire, |_| {}).await).await;
    let newer = |domain: &mut Domain| domain.engine_version = "OpenSearch_3.1".into();
    let line = r#"update opensearch.domain/s engine_version: "OpenSearch_2.19" → "OpenSearch_3.1""#;
    assert_eq!(wire.plan(program(&wire, newer).await).await, [line]);
    let calls = wire.apply(program(&wire, newer).await).await;
    assert_eq!(calls, [UPGRADE; 2], "one only checks");
    assert_eq!(find(&wire).await.engine_version(), Some("OpenSearch_3.1"));
    assert_eq!(wire.plan(program(&wire, newer).await).await, [""; 0]);
    let refusals = wire.try_plan(program(&wire, |_| {}).await).await.refusals;
    let [refused] = &refusals[..] else { panic!("{refusals:?}") };
    assert!(refused.what.contains("does not go back to OpenSearch_2.19"), "{refused:?}");
    wire.destroy().await;
}

#[tokio::test]
async fn a_domain_that_the_service_finds_unfit_is_left_as_it_is() {
    let wire = Wire::new("domain-unfit");
    let issue = "an index was made by an older engine";
    let unfit = |domain: &mut Domain| {
        domain.tags.insert("sandbox:upgrade-check".into(), issue.into());
    };
    wire.apply(program(&wire, unfit).await).await;
    let newer = |version: &'static str| {
        move |domain: &mut Domain| {
            unfit(domain);
            domain.engine_version = version.into();
        }
    };
    let (report, calls) = wire.try_apply(program(&wire, newer("OpenSearch_3.1")).await).await;
    assert_eq!(calls, [UPGRADE], "the check alone");
    assert!(fault(&report).to_string().contains(issue), "{report:?}");
    let (report, calls) = wire.try_apply(program(&wire, newer("OpenSearch_9.9")).await).await;
    assert_eq!(calls, [""; 0]);
    let hint = fault(&report).hint.as_deref().unwrap();
    assert!(hint.contains("OpenSearch_3.1"), "{hint}");
    assert_eq!(find(&wire).await.engine_version(), Some("OpenSearch_2.19"));
    wire.destroy().await;
}

#[tokio::test]
async fn the_declared_actions_are_enough() {
    let wire = Wire::new("domain-actions").limited_to(&["opensearch.domain"]).await;
    wire.apply(program(&wire, |_| {}).await).await;
    let next = |domain: &mut Domain| {
        domain.volume_gib = 200;
        domain.tags.insert("team".into(), "data".into());
    };
    wire.apply(program(&wire, next).await).await;
    wire.apply(program(&wire, |domain| domain.volume_gib = 200).await).await;
    wire.destroy().await;
}

#[tokio::test]
async fn anothers_domain_is_neither_changed_nor_deleted() {
    let wire = Wire::new("domain-foreign");
    let aws = wire.clients().await;
    aws.opensearch.create_domain().domain_name(own(&wire)).send().await.unwrap();
    let (report, calls) = wire.try_apply(program(&wire, |_| {}).await).await;
    assert_not_ours(&report);
    assert_eq!(calls, [""; 0], "CreateDomain might have changed it");
    wire.destroy().await;
    assert_eq!(find(&wire).await.domain_name(), own(&wire));
    aws.opensearch.delete_domain().domain_name(own(&wire)).send().await.unwrap();
}
