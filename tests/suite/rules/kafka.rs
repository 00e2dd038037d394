//! Kafka clusters.

use super::{Case, scope};
use groundplan::{
    Stack,
    aws::{SecurityGroupId, SubnetId, kafka::Cluster},
};

pub(super) const CASES: &[Case] = &[
    (
        "kafka-plain-text",
        |s| {
            cluster(s, |c| {
                // The only way that Kafka has without TLS.
                c.sign_in.nobody = true;
                c.plain_text = true;
            });
        },
        |s| cluster(s, |_| {}),
    ),
    ("kafka-unauthenticated", |s| cluster(s, |c| c.sign_in.nobody = true), |s| cluster(s, |_| {})),
    (
        "kafka-two-zones",
        |s| {
            cluster(s, |c| {
                c.subnets.truncate(2);
                c.brokers = 2;
            });
        },
        |s| cluster(s, |_| {}),
    ),
    (
        "kafka-burstable",
        |s| cluster(s, |c| c.instance_type = "kafka.t3.small".into()),
        |s| cluster(s, |_| {}),
    ),
    ("kafka-logs", |s| cluster(s, |c| c.log_group = None), |s| cluster(s, |_| {})),
];

fn cluster(stack: &mut Stack, change: fn(&mut Cluster)) {
    let subnets = ["subnet-a", "subnet-b", "subnet-c"].map(|id| SubnetId::from(id).into()).into();
    let groups = vec![SecurityGroupId::from("sg-1").into()];
    let mut cluster = Cluster::new(scope(), "3.8.x", "kafka.m7g.large", 100, subnets, groups);
    cluster.log_group = Some("kafka".to_owned().into());
    change(&mut cluster);
    stack.add("it", cluster);
}
