//! Rules over search domains.

use super::Domain;
use crate::iam::policy::grants;
use groundplan_core::{Rule, Rules, Severity, Verdict, View, to_json};

const ZONES: Rule = Rule {
    id: "opensearch-one-zone",
    severity: Severity::Warn,
    field: "subnets",
    why: "the domain goes with the zone, and its data with it",
    mend: "name a subnet in each of two or three zones",
};
const MAJORITY: Rule = Rule {
    id: "opensearch-majority",
    severity: Severity::Warn,
    field: "instance_count",
    why: "when one of two nodes is lost the other has no majority, and the domain takes no writes",
    mend: "use three data nodes or more, or three dedicated masters",
};
const MASTERS: Rule = Rule {
    id: "opensearch-dedicated-masters",
    severity: Severity::Warn,
    field: "dedicated_masters",
    why: "data nodes that are busy lose the cluster state, and the more there are the likelier one is",
    mend: "set `dedicated_masters` to three",
};
const OPEN_POLICY: Rule = Rule {
    id: "opensearch-open-policy",
    severity: Severity::Error,
    field: "access_policy",
    why: "whoever reaches the network reads and deletes every index, without being asked who they are",
    mend: "name the roles in `Principal`, or the account's root to let IAM decide",
};
const BURSTABLE: Rule = Rule {
    id: "opensearch-burstable",
    severity: Severity::Warn,
    field: "instance_type",
    why: "AWS says of T types that they are for tests: they slow down when their credits are spent",
    mend: "use a type such as `r7g.large.search`",
};
const ENGINE: Rule = Rule {
    id: "opensearch-engine",
    severity: Severity::Warn,
    field: "engine_version",
    why: "the last version of Elasticsearch there is of 2020, and AWS charges for the support of most",
    mend: "raise `engine_version` to one of OpenSearch",
};

/// So many data nodes are enough to want nodes that only manage.
const MANY: u32 = 5;

pub(crate) fn rules() -> Rules {
    Rules::new()
        .on(ZONES, |domain: &Domain, _: &View<'_>| {
            (domain.subnets.len() < 2).then_some("all its nodes are in one zone")
        })
        .on(MAJORITY, |domain: &Domain, _: &View<'_>| {
            let few = domain.instance_count < 3 && domain.dedicated_masters.is_none();
            few.then(|| format!("{} of its nodes can be master", domain.instance_count))
        })
        .on(MASTERS, |domain: &Domain, _: &View<'_>| {
            let many = domain.instance_count >= MANY && domain.dedicated_masters.is_none();
            many.then(|| format!("{} data nodes manage the cluster", domain.instance_count))
        })
        .on(OPEN_POLICY, open_policy)
        .on(BURSTABLE, |domain: &Domain, _: &View<'_>| {
            let type_ = &domain.instance_type;
            let burstable = type_.starts_with("t2.") || type_.starts_with("t3.");
            burstable.then(|| format!("its nodes are of the type {type_}"))
        })
        .on(ENGINE, |domain: &Domain, _: &View<'_>| {
            let old = domain.engine_version.starts_with("Elasticsearch_");
            old.then(|| format!("it runs {}", domain.engine_version.replace('_', " ")))
        })
}

fn open_policy(domain: &Domain, _: &View<'_>) -> Verdict {
    let Some(policy) = &domain.access_policy else { return Verdict::Kept };
    let Some(grants) = grants(&to_json(policy)) else { return Verdict::Unknown };
    let open = grants.iter().any(|grant| grant.for_everybody() && !grant.is_bound());
    open.then_some("everybody who reaches it may use it").into()
}
