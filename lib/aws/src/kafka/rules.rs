//! Rules over Kafka clusters.

use super::Cluster;
use groundplan_core::{Rule, Rules, Severity, View};

const PLAIN_TEXT: Rule = Rule {
    id: "kafka-plain-text",
    severity: Severity::Error,
    field: "plain_text",
    why: "messages and passwords in them can be read by whoever sees the network",
    mend: "leave `plain_text` out and let clients use TLS",
};
const NOBODY: Rule = Rule {
    id: "kafka-unauthenticated",
    severity: Severity::Error,
    field: "sign_in",
    why: "whoever reaches the network reads and writes every topic, and nothing tells who it was",
    mend: "open `sign_in.iam` or `sign_in.scram` in place of `nobody`",
};
const ZONES: Rule = Rule {
    id: "kafka-two-zones",
    severity: Severity::Warn,
    field: "subnets",
    why: "with one of two zones lost there is no majority of replicas, and nothing can be written",
    mend: "name a subnet in each of three zones",
};
const BURSTABLE: Rule = Rule {
    id: "kafka-burstable",
    severity: Severity::Warn,
    field: "instance_type",
    why: "AWS says of T types that they are for tests: they slow down when their credits are spent",
    mend: "use a type such as `kafka.m7g.large`",
};
const LOGS: Rule = Rule {
    id: "kafka-logs",
    severity: Severity::Warn,
    field: "log_group",
    why: "why a broker stopped is in its log, which nobody can see without it",
    mend: "set `log_group` to the name of a log group",
};

pub(crate) fn rules() -> Rules {
    Rules::new()
        .on(PLAIN_TEXT, |cluster: &Cluster, _: &View<'_>| {
            cluster.plain_text.then_some("its clients may talk without TLS")
        })
        .on(NOBODY, |cluster: &Cluster, _: &View<'_>| {
            cluster.sign_in.nobody.then_some("its clients need not say who they are")
        })
        .on(ZONES, |cluster: &Cluster, _: &View<'_>| {
            (cluster.subnets.len() == 2).then_some("its brokers are in two zones")
        })
        .on(BURSTABLE, |cluster: &Cluster, _: &View<'_>| {
            let type_ = &cluster.instance_type;
            type_.starts_with("kafka.t3.").then(|| format!("its brokers are of the type {type_}"))
        })
        .on(LOGS, |cluster: &Cluster, _: &View<'_>| {
            cluster.log_group.is_none().then_some("its brokers' logs go nowhere")
        })
}
