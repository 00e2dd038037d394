//! What a program writes for a Kafka cluster, and what can never work.

use crate::{Arn, Scope, SecurityGroupId, SubnetId, Tags};
use groundplan_core::{Problems, Val};
use serde::{Deserialize, Serialize};

/// A Kafka cluster of provisioned brokers with storage of their own. It is encrypted at rest and between
/// its brokers; clients use TLS unless `plain_text` lets them do without.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cluster {
    /// The account and region.
    pub scope: Val<Scope>,
    /// Its name, at most 64 characters; from the resource's name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version of Kafka, e.g. `3.8.x`. It can be raised, never lowered.
    pub kafka_version: String,
    /// Brokers: as many in each availability zone, so a multiple of the number of subnets.
    pub brokers: u32,
    /// Their size, e.g. `kafka.m7g.large`.
    pub instance_type: String,
    /// Storage of each broker in GiB. It can only grow.
    pub volume_gib: u32,
    /// One subnet in each availability zone to use: two or three, all of one VPC. Order means nothing.
    pub subnets: Vec<Val<SubnetId>>,
    /// Who may connect. Order means nothing.
    pub security_groups: Vec<Val<SecurityGroupId>>,
    /// The key that encrypts it, by its own ARN and not an alias'; AWS' own key if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<Val<Arn>>,
    /// The properties of its brokers; those that AWS has for the version if absent. A cluster cannot go back
    /// to those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Revision>,
    /// How clients say who they are.
    pub sign_in: SignIn,
    /// Whether clients may also talk without TLS.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plain_text: bool,
    /// How much CloudWatch is told: `DEFAULT`, `PER_BROKER`, `PER_TOPIC_PER_BROKER`,
    /// `PER_TOPIC_PER_PARTITION`. All but the first are paid.
    pub monitoring: String,
    /// What Prometheus can fetch from the brokers; nothing if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<Prometheus>,
    /// The name of the log group that the brokers' logs go to; none if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_group: Option<Val<String>>,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// A revision of a [`Configuration`](crate::kafka::Configuration).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The configuration.
    pub arn: Val<Arn>,
    /// The number of the revision.
    pub revision: Val<i64>,
}

/// How clients say who they are. Several ways can be open at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// As IAM identities.
    #[serde(default)]
    pub iam: bool,
    /// With a user and password from Secrets Manager.
    #[serde(default)]
    pub scram: bool,
    /// With certificates of these private authorities (ACM PCA). Order means nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorities: Vec<Val<Arn>>,
    /// Not at all.
    #[serde(default)]
    pub nobody: bool,
}

/// What Prometheus can fetch from the brokers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prometheus {
    /// Figures of Kafka.
    pub jmx: bool,
    /// Figures of the machines.
    pub node: bool,
}

const LEVELS: [&str; 4] =
    ["DEFAULT", "PER_BROKER", "PER_TOPIC_PER_BROKER", "PER_TOPIC_PER_PARTITION"];

impl Cluster {
    /// One broker in each subnet, for clients that sign in with IAM.
    pub fn new(
        scope: Val<Scope>,
        kafka_version: &str,
        instance_type: &str,
        volume_gib: u32,
        subnets: Vec<Val<SubnetId>>,
        security_groups: Vec<Val<SecurityGroupId>>,
    ) -> Self {
        Self {
            scope,
            name: None,
            kafka_version: kafka_version.to_owned(),
            brokers: u32::try_from(subnets.len()).unwrap_or(3),
            instance_type: instance_type.to_owned(),
            volume_gib,
            subnets,
            security_groups,
            kms_key: None,
            configuration: None,
            sign_in: SignIn { iam: true, ..SignIn::default() },
            plain_text: false,
            monitoring: "DEFAULT".to_owned(),
            prometheus: None,
            log_group: None,
            tags: Tags::new(),
        }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        if let Some(name) = &self.name {
            let sound = (1..=64).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && name.starts_with(|c: char| c.is_ascii_alphanumeric());
            let rule =
                format!("`{name}` is no name: 64 letters, digits and hyphens, no hyphen first");
            problems.require(sound, "name", rule);
        }
        let what = format!("`{}` is no version such as `3.8.x` or `3.6.0`", self.kafka_version);
        problems.require(version(&self.kafka_version).is_some(), "kafka_version", what);
        let type_ = self.instance_type.starts_with("kafka.");
        let what = format!("`{}` is no type such as `kafka.m7g.large`", self.instance_type);
        problems.require(type_, "instance_type", what);
        let express = self.instance_type.starts_with("express.");
        let what =
            "express brokers have no storage of their own; use a type such as `kafka.m7g.large`";
        problems.require(!express, "instance_type", what);
        let fits = (1..=16_384).contains(&self.volume_gib);
        problems.require(fits, "volume_gib", "is between 1 and 16384");
        self.check_network(problems);
        let level = LEVELS.contains(&self.monitoring.as_str());
        let what = format!("`{}` is none of {}", self.monitoring, LEVELS.join(", "));
        problems.require(level, "monitoring", what);
        self.check_sign_in(problems);
        let alias = self.kms_key.as_ref().and_then(Val::known);
        if let Some(alias) = alias.filter(|key| key.as_str().contains(":alias/")) {
            let what = format!(
                "`{alias}` is an alias, which may later mean another key; give the key's own ARN"
            );
            problems.add("kms_key", what);
        }
    }

    fn check_network(&self, problems: &mut Problems) {
        let zones = self.subnets.len();
        let what = "name one subnet for each availability zone, two or three";
        problems.require((2..=3).contains(&zones), "subnets", what);
        let none = "name one at least: without any, the default group of the VPC is taken";
        problems.require(!self.security_groups.is_empty(), "security_groups", none);
        let brokers = self.brokers as usize;
        let even = brokers > 0 && (zones == 0 || brokers.is_multiple_of(zones));
        let what = format!("{brokers} brokers cannot be spread evenly over {zones} subnets");
        problems.require(even, "brokers", what);
    }

    fn check_sign_in(&self, problems: &mut Problems) {
        let SignIn { iam, scram, authorities, nobody } = &self.sign_in;
        let any = *iam || *scram || !authorities.is_empty() || *nobody;
        let what = "name one way at least: `iam`, `scram`, `authorities`, or `nobody`";
        problems.require(any, "sign_in", what);
        let plain = !self.plain_text || *nobody;
        let what = "is for clients that do not sign in: set `sign_in.nobody`, or leave it out";
        problems.require(plain, "plain_text", what);
    }
}

/// The numbers of `3.8.x`, `2.8.2.tiered` or `3.6.0`; an `x` counts as nothing.
pub(super) fn version(text: &str) -> Option<Vec<u32>> {
    let text = text.strip_suffix(".tiered").or_else(|| text.strip_suffix(".kraft")).unwrap_or(text);
    let parts: Vec<_> = text.split('.').collect();
    let numbers = if parts.last() == Some(&"x") { &parts[..parts.len() - 1] } else { &parts[..] };
    let numbers: Option<Vec<u32>> = numbers.iter().map(|part| part.parse().ok()).collect();
    numbers.filter(|numbers| numbers.len() >= 2 && (2..=4).contains(&parts.len()))
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`Cluster`].
    pub struct ClusterOutputs -> ClusterHandle {
        /// The ARN.
        arn: Arn,
        /// The name.
        name: String,
    } later {
        /// Brokers to begin with for clients that use TLS, with certificates or without signing in, where
        /// that is open: `host:9094,…`.
        bootstrap_tls: String,
        /// For clients that sign in with user and password, where that is open: `host:9096,…`.
        bootstrap_scram: String,
        /// For clients that sign in with IAM, where that is open: `host:9098,…`.
        bootstrap_iam: String,
        /// For clients without TLS, where that is open: `host:9092,…`.
        bootstrap_plain_text: String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(subnets: usize) -> Cluster {
        let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        let subnets = (0..subnets).map(|i| SubnetId::from(format!("subnet-{i}")).into()).collect();
        let groups = vec![SecurityGroupId::from("sg-1").into()];
        Cluster::new(scope, "3.8.x", "kafka.m7g.large", 100, subnets, groups)
    }

    fn paths(cluster: &Cluster) -> Vec<String> {
        let mut problems = Problems::default();
        cluster.check(&mut problems);
        problems.into_vec().into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn brokers_are_spread_evenly_over_two_or_three_zones() {
        for zones in 2..=3 {
            assert_eq!(paths(&cluster(zones)), [""; 0], "{zones}");
        }
        assert_eq!(paths(&cluster(1)), ["subnets"]);
        let uneven = Cluster { brokers: 4, ..cluster(3) };
        assert_eq!(paths(&uneven), ["brokers"]);
    }

    #[test]
    fn a_way_to_sign_in_is_open_and_plain_text_only_for_nobody() {
        let mut it = cluster(3);
        assert!(!it.plain_text && !it.sign_in.nobody, "safe by default");
        it.plain_text = true;
        assert_eq!(paths(&it), ["plain_text"]);
        it.sign_in = SignIn::default();
        assert_eq!(paths(&it), ["sign_in", "plain_text"]);
        it.sign_in.nobody = true;
        assert_eq!(paths(&it), [""; 0]);
    }

    #[test]
    fn versions_are_as_msk_writes_them() {
        for (text, numbers) in [
            ("3.8.x", Some(vec![3, 8])),
            ("3.6.0", Some(vec![3, 6, 0])),
            ("2.8.2.tiered", Some(vec![2, 8, 2])),
            ("3.9.x.kraft", Some(vec![3, 9])),
            ("3", None),
            ("latest", None),
        ] {
            assert_eq!(version(text), numbers, "{text}");
        }
    }
}
