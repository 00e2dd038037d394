//! Answers get lost and processes die: nothing is made twice, nothing is forgotten.
//!
//! A plan that is empty afterwards says so: it shows whatever carries the stack's mark and is not wanted.

use crate::{
    harness::{Wire, without_ids},
    stacks::{self, Program},
};
use futures::future::join_all;
use groundplan::{LostCreate, aws::registry};
use std::collections::BTreeSet;

/// How each kind finds again what a create made whose answer was lost, and whether its create takes a
/// token with which it can be repeated.
const WAYS: [(&str, LostCreate, bool); 68] = [
    ("acm.certificate", LostCreate::ClientToken, false),
    ("acm.validation", LostCreate::NaturalKey, false),
    ("cloudwatch.alarm", LostCreate::UniqueName, false),
    ("cloudwatch.dashboard", LostCreate::NaturalKey, false),
    ("ec2.elastic_ip", LostCreate::Tag, false),
    ("ec2.flow_log", LostCreate::ClientToken, true),
    ("ec2.gateway_attachment", LostCreate::NaturalKey, false),
    ("ec2.internet_gateway", LostCreate::Tag, false),
    ("ec2.launch_template", LostCreate::UniqueName, true),
    ("ec2.nat_gateway", LostCreate::ClientToken, true),
    ("ec2.peering", LostCreate::Tag, false),
    ("ec2.peering_acceptance", LostCreate::NaturalKey, false),
    ("ec2.peering_dns", LostCreate::NaturalKey, false),
    ("ec2.route", LostCreate::NaturalKey, false),
    ("ec2.route_table", LostCreate::ClientToken, true),
    ("ec2.route_table_association", LostCreate::NaturalKey, false),
    ("ec2.security_group", LostCreate::UniqueName, false),
    ("ec2.security_group_rule", LostCreate::Tag, false),
    ("ec2.subnet", LostCreate::Tag, false),
    ("ec2.vpc", LostCreate::Tag, false),
    ("ec2.vpc_endpoint", LostCreate::ClientToken, true),
    ("ecr.lifecycle_policy", LostCreate::NaturalKey, false),
    ("ecr.repository", LostCreate::UniqueName, false),
    ("ecr.repository_policy", LostCreate::NaturalKey, false),
    ("eks.access_entry", LostCreate::NaturalKey, true),
    ("eks.access_policy", LostCreate::NaturalKey, false),
    ("eks.addon", LostCreate::NaturalKey, true),
    ("eks.cluster", LostCreate::UniqueName, true),
    ("eks.node_group", LostCreate::UniqueName, true),
    ("eks.pod_identity_association", LostCreate::NaturalKey, true),
    ("iam.instance_profile", LostCreate::UniqueName, false),
    ("iam.oidc_provider", LostCreate::NaturalKey, false),
    ("iam.policy", LostCreate::UniqueName, false),
    ("iam.role", LostCreate::UniqueName, false),
    ("iam.role_policy", LostCreate::NaturalKey, false),
    ("iam.role_policy_attachment", LostCreate::NaturalKey, false),
    ("iam.service_linked_role", LostCreate::NaturalKey, false),
    ("kafka.cluster", LostCreate::UniqueName, false),
    ("kafka.configuration", LostCreate::UniqueName, false),
    ("kafka.scram_secret", LostCreate::NaturalKey, false),
    ("kms.alias", LostCreate::NaturalKey, false),
    ("kms.key", LostCreate::Tag, false),
    ("kms.key_policy", LostCreate::NaturalKey, false),
    ("logs.group", LostCreate::UniqueName, false),
    ("logs.resource_policy", LostCreate::NaturalKey, false),
    ("opensearch.domain", LostCreate::UniqueName, false),
    ("opensearch.domain_policy", LostCreate::NaturalKey, false),
    ("organizations.account", LostCreate::UniqueName, false),
    ("organizations.unit", LostCreate::UniqueName, false),
    ("ram.acceptance", LostCreate::NaturalKey, true),
    ("ram.organization_sharing", LostCreate::NaturalKey, false),
    ("ram.principal_association", LostCreate::NaturalKey, true),
    ("ram.resource_association", LostCreate::NaturalKey, true),
    ("ram.share", LostCreate::ClientToken, true),
    ("rds.instance", LostCreate::UniqueName, false),
    ("rds.parameter_group", LostCreate::UniqueName, false),
    ("rds.subnet_group", LostCreate::UniqueName, false),
    ("route53.record", LostCreate::NaturalKey, false),
    ("route53.zone", LostCreate::ClientToken, false),
    ("s3.bucket", LostCreate::UniqueName, false),
    ("s3.bucket_policy", LostCreate::NaturalKey, false),
    ("secretsmanager.secret", LostCreate::UniqueName, true),
    ("sso.account_assignment", LostCreate::NaturalKey, false),
    ("sso.customer_policy_attachment", LostCreate::NaturalKey, false),
    ("sso.inline_policy", LostCreate::NaturalKey, false),
    ("sso.managed_policy_attachment", LostCreate::NaturalKey, false),
    ("sso.permission_set", LostCreate::UniqueName, false),
    ("sso.permissions_boundary", LostCreate::NaturalKey, false),
];

#[test]
fn every_kind_has_a_way_back() {
    let all = registry();
    let declared = all.kinds().filter_map(|kind| Some((kind, all.meta(kind)?.lost_create)));
    let ways: Vec<_> = WAYS.iter().map(|(kind, way, _)| (*kind, *way)).collect();
    assert_eq!(declared.collect::<Vec<_>>(), ways);
}

/// A whole life; the calls that changed something, each once.
async fn life(program: &Program) -> BTreeSet<String> {
    let Program { wire, first, second } = program;
    let mut calls = wire.apply(first.clone()).await;
    assert_tokens(wire).await;
    calls.extend(wire.apply(second.clone()).await);
    calls.extend(wire.destroy().await);
    calls.iter().map(|call| without_ids(call)).collect()
}

/// Where a create takes a token, it is the one on record.
async fn assert_tokens(wire: &Wire) {
    for (kind, _, takes) in WAYS {
        for (address, entry) in wire.recorded(kind).await {
            assert_eq!(wire.sent(&entry.token), takes, "{address}");
        }
    }
}

#[tokio::test]
async fn answers_that_are_lost_change_nothing() {
    let programs = stacks::all("lost").await;
    join_all(programs.iter().map(answers_get_lost)).await;
}

async fn answers_get_lost(program: &Program) {
    let Program { wire, first, second } = program;
    wire.lose_an_answer_to_each_change();
    for version in [first, second] {
        wire.apply(version.clone()).await;
        assert_eq!(wire.plan(version.clone()).await, [""; 0], "{}", wire.name());
    }
    wire.destroy().await;
    assert_eq!(wire.destroy().await, [""; 0], "nothing is left");
    let lost = wire.changes_without_answer();
    assert_eq!(life(program).await, lost, "no change was left out");
}

#[tokio::test]
async fn a_process_can_die_after_any_change() {
    let programs = stacks::all("dying").await;
    join_all(programs.iter().map(processes_die)).await;
}

async fn processes_die(program: &Program) {
    let Program { wire, first, second } = program;
    let mut died = BTreeSet::new();
    for version in [first, second] {
        died.extend(wire.apply_dying(version.clone()).await);
        assert_eq!(wire.plan(version.clone()).await, [""; 0], "{}", wire.name());
    }
    died.extend(wire.destroy_dying().await);
    assert_eq!(wire.destroy().await, [""; 0], "nothing is left");
    let missed: Vec<_> =
        life(program).await.into_iter().filter(|call| !died.contains(call)).collect();
    assert_eq!(missed, [""; 0], "a process died after each");
}
