//! Managed Kafka.

use super::{ground::Ground, specimen::Specimen, specimens};
use groundplan::{
    Val,
    aws::{
        Arn,
        kafka::{Cluster, ClusterHandle, Configuration, Prometheus, Revision, ScramSecret, SignIn},
        kms::Key,
        secretsmanager::{Generate, Secret},
    },
};

specimens![cluster, configuration, scram_secret];

fn cluster() -> Specimen<Cluster> {
    Specimen::new("kafka", |ground| {
        let subnets = ["a", "b", "c"].map(|zone| ground.subnet(zone).id()).to_vec();
        let groups = vec![ground.group("data").id()];
        let first = Configuration::new(ground.scope()).with("num.partitions", 3);
        let first = ground.add("first", first);
        Cluster {
            brokers: 6,
            configuration: Some(Revision { arn: first.arn(), revision: first.revision() }),
            ..Cluster::new(ground.scope(), "3.8.x", "kafka.m7g.large", 100, subnets, groups)
        }
    })
    .tags(|cluster| &mut cluster.tags)
    .update("instance_type", |cluster, _| cluster.instance_type = "kafka.m7g.xlarge".into())
    .update("brokers", |cluster, _| cluster.brokers = 12)
    .update("configuration", |cluster, ground| {
        let other = Configuration::new(ground.scope()).with("num.partitions", 6);
        let other = ground.add("other", other);
        cluster.configuration = Some(Revision { arn: other.arn(), revision: other.revision() });
    })
    .update("sign_in", |cluster, _| cluster.sign_in.scram = true)
    .update("monitoring", |cluster, _| cluster.monitoring = "PER_BROKER".into())
    .update("prometheus", |cluster, _| {
        cluster.prometheus = Some(Prometheus { jmx: true, node: false });
    })
    .update("log_group", |cluster, _| cluster.log_group = Some("/kafka/data".into()))
    .replace("name", |cluster, _| cluster.name = Some("kafka-of-another-name".into()))
    .replace("subnets", |cluster, _| drop(cluster.subnets.pop()))
    .replace("security_groups", |cluster, ground| {
        cluster.security_groups.push(ground.group("more").id());
    })
    .fixed("kafka_version", "goes up only; tested with clusters")
    .fixed("volume_gib", "grows only; tested with clusters")
    .fixed("kms_key", "takes a key of the account")
    .fixed("plain_text", "goes together with `sign_in`; tested with clusters")
}

fn configuration() -> Specimen<Configuration> {
    Specimen::new("configuration", |ground| Configuration {
        kafka_versions: vec!["3.8.x".into()],
        ..Configuration::new(ground.scope())
            .with("auto.create.topics.enable", false)
            .with("num.partitions", 6)
    })
    .update("properties", |it, _| {
        it.properties.remove("num.partitions");
        it.properties.insert("log.retention.hours".into(), "72".into());
    })
    .update("description", |it, _| it.description = "for the platform".into())
    .replace("name", |it, _| it.name = Some("configuration-of-another-name".into()))
    .replace("kafka_versions", |it, _| it.kafka_versions.push("3.9.x".into()))
}

fn scram_secret() -> Specimen<ScramSecret> {
    Specimen::new("scram", |ground| {
        let cluster = passworded(ground, "data").arn();
        ScramSecret::new(ground.scope(), cluster, user(ground, "reader"))
    })
    .replace("cluster", |it, ground| it.cluster = passworded(ground, "more").arn())
    .replace("secret", |it, ground| it.secret = user(ground, "writer"))
}

/// A cluster whose users have passwords.
fn passworded(ground: &mut Ground, name: &str) -> ClusterHandle {
    let subnets = ["a", "b"].map(|zone| ground.subnet(zone).id()).to_vec();
    let groups = vec![ground.group("data").id()];
    let size = "kafka.m7g.large";
    let cluster = Cluster::new(ground.scope(), "3.8.x", size, 100, subnets, groups);
    let sign_in = SignIn { scram: true, ..SignIn::default() };
    ground.add(name, Cluster { sign_in, ..cluster })
}

/// A secret as MSK takes it: of such a name, encrypted by a key of the account.
fn user(ground: &mut Ground, name: &str) -> Val<Arn> {
    let key = ground.add("users", Key::new(ground.scope(), "for users")).arn();
    let values = [("username", Generate::hex(32)), ("password", Generate::password())];
    let secret = Secret {
        name: Some(format!("AmazonMSK_{}-{name}", ground.name())),
        kms_key: Some(key),
        recovery_days: 0,
        ..Secret::generated(ground.scope(), values)
    };
    ground.add(name, secret).arn()
}
