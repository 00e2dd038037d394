//! Search domains.

use super::{ground::Ground, logs::writes, specimen::Specimen, specimens};
use groundplan::aws::{
    Arn,
    iam::{ServiceLinkedRole, ServiceLinkedRoleHandle},
    logs::{LogGroup, LogResourcePolicy},
    opensearch::{DedicatedMasters, Domain, DomainLogs, DomainPolicy},
};
use groundplan::{Val, json_text};

specimens![domain, domain_policy];

/// A domain in two zones, and the service's role, which it needs first.
fn a_domain(ground: &mut Ground) -> (Domain, ServiceLinkedRoleHandle) {
    let linked = ServiceLinkedRole::new(ground.scope(), "opensearchservice.amazonaws.com");
    let linked = ground.add("search", linked);
    let subnets = vec![ground.subnet("a").id(), ground.subnet("b").id()];
    let groups = vec![ground.group("search").id()];
    let (version, size) = ("OpenSearch_2.19", "r7g.large.search");
    (Domain::new(ground.scope(), version, size, 100, subnets, groups), linked)
}

/// A group that the service may write to before the domain is there.
fn a_group(ground: &mut Ground, name: &str) -> Val<Arn> {
    let policy = writes("es.amazonaws.com");
    let policy = LogResourcePolicy::new(ground.scope(), ground.name().to_owned(), policy);
    let policy = ground.add("search", policy);
    ground.before.insert(policy.address().clone());
    ground.add(name, LogGroup::new(ground.scope(), 30)).arn()
}

fn domain() -> Specimen<Domain> {
    Specimen::new("domain", |ground| {
        let (domain, linked) = a_domain(ground);
        ground.before.insert(linked.address().clone());
        let index_slow = Some(a_group(ground, "index"));
        Domain {
            access_policy: Some(allows("es:ESHttp*")),
            logs: DomainLogs { index_slow, ..DomainLogs::default() },
            off_peak_start: Some("23:00".into()),
            auto_tune: Some(true),
            ..domain
        }
    })
    .tags(|domain| &mut domain.tags)
    .copies(|_, _, _| {})
    .update("instance_type", |domain, _| domain.instance_type = "r7g.xlarge.search".into())
    .update("instance_count", |domain, _| domain.instance_count = 4)
    .update("volume_gib", |domain, _| domain.volume_gib = 200)
    .update("dedicated_masters", |domain, _| {
        let (instance_type, count) = ("m7g.large.search".into(), 3);
        domain.dedicated_masters = Some(DedicatedMasters { instance_type, count });
    })
    .update("security_groups", |domain, ground| {
        domain.security_groups = vec![ground.group("more").id()];
    })
    .update("access_policy", |domain, _| domain.access_policy = Some(allows("es:ESHttpGet")))
    .update("logs", |domain, ground| {
        let application = Some(a_group(ground, "application"));
        domain.logs = DomainLogs { application, ..DomainLogs::default() };
    })
    .update("off_peak_start", |domain, _| domain.off_peak_start = Some("01:30".into()))
    .update("auto_software_update", |domain, _| domain.auto_software_update = true)
    .update("auto_tune", |domain, _| domain.auto_tune = Some(false))
    .replace("name", |domain, _| domain.name = Some("domain-another-name".into()))
    .fixed("vpc", "it is that of the subnets")
    .fixed("subnets", "another subnet of the same zone is to be had in another network alone")
    .fixed("engine_version", "tested with its steps")
    .fixed("kms_key", "takes a key of the account; tested with domains")
}

fn domain_policy() -> Specimen<DomainPolicy> {
    Specimen::new("domain-policy", |ground| {
        let (domain, linked) = a_domain(ground);
        let domain = ground.add_after("it", domain, [linked.address()]);
        DomainPolicy::new(ground.scope(), domain.name(), allows("es:ESHttpGet"))
    })
    .update("document", |policy, _| {
        policy.document = allows("es:ESHttpPut");
    })
    .replace("domain", |policy, ground| {
        let (domain, linked) = a_domain(ground);
        policy.domain = ground.add_after("other", domain, [linked.address()]).name();
    })
}

fn allows(action: &str) -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*" },
        ],
    })
}
