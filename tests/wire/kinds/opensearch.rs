//! Search domains.

use super::{specimen::Specimen, specimens};
use groundplan::aws::{
    iam::ServiceLinkedRole,
    opensearch::{DedicatedMasters, Domain},
};
use groundplan::{Val, json_text};

specimens![domain];

fn domain() -> Specimen<Domain> {
    Specimen::new("domain", |ground| {
        let linked = ServiceLinkedRole::new(ground.scope(), "opensearchservice.amazonaws.com");
        let linked = ground.add("search", linked);
        ground.before.insert(linked.address().clone());
        let subnets = vec![ground.subnet("a").id(), ground.subnet("b").id()];
        let groups = vec![ground.group("search").id()];
        let (version, size) = ("OpenSearch_2.19", "r7g.large.search");
        let domain = Domain::new(ground.scope(), version, size, 100, subnets, groups);
        Domain { access_policy: Some(allows("es:ESHttp*")), ..domain }
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
    .replace("name", |domain, _| domain.name = Some("domain-another-name".into()))
    .fixed("vpc", "it is that of the subnets")
    .fixed("subnets", "another subnet of the same zone is to be had in another network alone")
    .fixed("engine_version", "tested with its steps")
    .fixed("kms_key", "takes a key of the account; tested with domains")
}

fn allows(action: &str) -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*" },
        ],
    })
}
