//! Search domains.

use super::{Refusal, refused, scope};
use groundplan::{
    Stack,
    aws::{
        Arn, SecurityGroupId, SubnetId,
        opensearch::{DedicatedMasters, Domain, DomainPolicy},
    },
};

pub(super) const ROWS: &[Refusal] = &[
    refused(|s| domain(s, |d| d.name = Some("DataHub".into())), "name", "a lower-case letter"),
    refused(|s| domain(s, |d| d.name = Some("ab".into())), "name", "2 to 27 of those"),
    refused(
        |s| domain(s, |d| d.engine_version = "2.19".into()),
        "engine_version",
        "`OpenSearch_2.19`",
    ),
    refused(
        |s| domain(s, |d| d.instance_type = "r7g.large".into()),
        "instance_type",
        "no type such as",
    ),
    refused(
        |s| domain(s, |d| d.instance_count = 4),
        "instance_count",
        "spread evenly over 3 subnets",
    ),
    refused(|s| domain(s, masters), "dedicated_masters.count", "an even number has no majority"),
    refused(|s| domain(s, |d| d.volume_gib = 1), "volume_gib", "between 10 and 24576"),
    refused(|s| domain(s, |d| d.security_groups.clear()), "security_groups", "name one at least"),
    refused(|s| domain(s, alias), "kms_key", "the key's own ARN"),
    refused(
        |s| domain(s, |d| d.access_policy = Some("{".into())),
        "access_policy",
        "no JSON document",
    ),
    refused(|s| domain(s, logs), "logs.application", "the ARN of no log group"),
    refused(
        |s| domain(s, |d| d.off_peak_start = Some("2 am".into())),
        "off_peak_start",
        "no time of day such as `02:30`",
    ),
    refused(|s| domain(s, tuned), "auto_tune", "t3.small.search cannot be tuned"),
    refused(|s| policy(s, "[]"), "document", "no JSON object"),
];

fn domain(stack: &mut Stack, change: fn(&mut Domain)) {
    let subnets = ["subnet-1", "subnet-2", "subnet-3"].map(|id| SubnetId::from(id).into()).to_vec();
    let groups = vec![SecurityGroupId::from("sg-1").into()];
    let mut domain =
        Domain::new(scope(), "OpenSearch_2.19", "r7g.large.search", 100, subnets, groups);
    change(&mut domain);
    stack.add("main", domain);
}

fn masters(domain: &mut Domain) {
    let instance_type = "m7g.large.search".to_owned();
    domain.dedicated_masters = Some(DedicatedMasters { instance_type, count: 4 });
}

fn logs(domain: &mut Domain) {
    domain.logs.application = Some(Arn::from("/search/hub").into());
}

fn tuned(domain: &mut Domain) {
    domain.instance_type = "t3.small.search".into();
    domain.auto_tune = Some(true);
}

fn alias(domain: &mut Domain) {
    domain.kms_key = Some(Arn::from("arn:aws:kms:eu-west-1:111122223333:alias/data").into());
}

fn policy(stack: &mut Stack, document: &str) {
    stack.add("main", DomainPolicy::new(scope(), "main".into(), document.into()));
}
