//! Managed Kafka.

use super::{Refusal, refused, scope};
use groundplan::{
    Stack,
    aws::{
        Arn, SecurityGroupId, SubnetId,
        kafka::{Cluster, Configuration, ScramSecret, SignIn},
    },
};

pub(super) const ROWS: &[Refusal] = &[
    refused(|s| with(s, "broker.id", "1"), "properties.broker.id", "set by MSK itself"),
    refused(
        |s| with(s, "auto.create.topics.enable", "no"),
        "properties.auto.create.topics.enable",
        "true or false",
    ),
    refused(|s| with(s, "num.partitions", "0"), "properties.num.partitions", "1 or more"),
    refused(|s| with(s, "num partitions", "1"), "properties.num partitions", "one line"),
    refused(unwritable, "properties.min.insync.replicas", "nothing could be written"),
    refused(named, "name", "no hyphen first"),
    refused(
        |s| cluster(s, |c| c.name = Some("data_1".into())),
        "name",
        "letters, digits and hyphens",
    ),
    refused(|s| cluster(s, |c| c.kafka_version = "3".into()), "kafka_version", "such as `3.8.x`"),
    refused(|s| cluster(s, |c| c.brokers = 4), "brokers", "spread evenly over 3 subnets"),
    refused(
        |s| cluster(s, |c| c.instance_type = "m7g.large".into()),
        "instance_type",
        "no type such as",
    ),
    refused(|s| cluster(s, |c| c.volume_gib = 20_000), "volume_gib", "between 1 and 16384"),
    refused(|s| cluster(s, |c| c.subnets.truncate(1)), "subnets", "two or three"),
    refused(|s| cluster(s, |c| c.security_groups.clear()), "security_groups", "name one at least"),
    refused(|s| cluster(s, |c| c.monitoring = "ALL".into()), "monitoring", "PER_BROKER"),
    refused(|s| cluster(s, |c| c.sign_in = SignIn::default()), "sign_in", "one way at least"),
    refused(|s| cluster(s, |c| c.plain_text = true), "plain_text", "do not sign in"),
    refused(|s| cluster(s, alias), "kms_key", "the key's own ARN"),
    refused(user, "secret", "has to begin with `AmazonMSK_`"),
];

fn user(stack: &mut Stack) {
    let cluster = Arn::from("arn:aws:kafka:eu-west-1:111122223333:cluster/data/1");
    let secret = Arn::from("arn:aws:secretsmanager:eu-west-1:111122223333:secret:reader-a1b2c3");
    stack.add("main", ScramSecret::new(scope(), cluster.into(), secret.into()));
}

fn with(stack: &mut Stack, name: &str, value: &str) {
    stack.add("main", Configuration::new(scope()).with(name, value));
}

fn unwritable(stack: &mut Stack) {
    let it = Configuration::new(scope()).with("default.replication.factor", 2);
    stack.add("main", it.with("min.insync.replicas", 3));
}

fn named(stack: &mut Stack) {
    stack.add("main", Configuration { name: Some("-main".into()), ..Configuration::new(scope()) });
}

fn cluster(stack: &mut Stack, change: fn(&mut Cluster)) {
    let subnets = ["subnet-1", "subnet-2", "subnet-3"].map(|id| SubnetId::from(id).into()).to_vec();
    let groups = vec![SecurityGroupId::from("sg-1").into()];
    let mut cluster = Cluster::new(scope(), "3.8.x", "kafka.m7g.large", 100, subnets, groups);
    change(&mut cluster);
    stack.add("main", cluster);
}

fn alias(cluster: &mut Cluster) {
    cluster.kms_key = Some(Arn::from("arn:aws:kms:eu-west-1:111122223333:alias/data").into());
}
