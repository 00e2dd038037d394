//! What a program writes for a search domain, and what can never work.

use super::DomainLogs;
use crate::{Arn, Scope, SecurityGroupId, SubnetId, Tags, VpcId};
use groundplan_core::{Problems, Val};
use serde::{Deserialize, Serialize};

/// A search domain. It is always in a VPC, encrypted at rest and between its nodes, and answers to
/// HTTPS with TLS 1.2 or newer only.
///
/// The service needs the role `AWSServiceRoleForAmazonOpenSearchService` in the account first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Domain {
    /// The account and region.
    pub scope: Val<Scope>,
    /// Its name, 3 to 28 characters; from the resource's name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The VPC of its subnets. A domain cannot move to another one; given here, a plan that replaces the
    /// VPC shows that the domain is replaced too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<Val<VpcId>>,
    /// The version, e.g. `OpenSearch_2.19`. It can be raised, never lowered.
    pub engine_version: String,
    /// The size of data nodes, e.g. `r7g.large.search`.
    pub instance_type: String,
    /// Data nodes: as many in each availability zone, so a multiple of the number of subnets.
    pub instance_count: u32,
    /// Nodes that only manage the cluster; data nodes do it if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedicated_masters: Option<DedicatedMasters>,
    /// Storage (gp3) of each data node in GiB.
    pub volume_gib: u32,
    /// One subnet in each availability zone to use: one, two or three, all of one VPC. Order means
    /// nothing.
    pub subnets: Vec<Val<SubnetId>>,
    /// Who may connect. Order means nothing.
    pub security_groups: Vec<Val<SecurityGroupId>>,
    /// The key that encrypts it, by its own ARN and not an alias'; AWS' own key if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<Val<Arn>>,
    /// Who may do what, as a policy document; as AWS has it if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_policy: Option<Val<String>>,
    /// Where its logs go.
    #[serde(default, skip_serializing_if = "DomainLogs::is_empty")]
    pub logs: DomainLogs,
    /// When the ten hours begin in which the service does what puts it on new nodes, in UTC: `22:00`. As AWS
    /// has it if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off_peak_start: Option<String>,
    /// Whether the service installs its optional updates by itself, off-peak. It always installs those that it
    /// requires.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub auto_software_update: bool,
    /// Whether the service tunes memory, queues and caches by what it sees, off-peak if that takes new nodes. As
    /// AWS has it if absent: on, where the type of nodes allows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_tune: Option<bool>,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// Nodes that only manage the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DedicatedMasters {
    /// Their size, e.g. `m7g.large.search`.
    pub instance_type: String,
    /// How many: 3 or 5, as the majority decides.
    pub count: u32,
}

impl Domain {
    /// One data node in each subnet.
    pub fn new(
        scope: Val<Scope>,
        engine_version: &str,
        instance_type: &str,
        volume_gib: u32,
        subnets: Vec<Val<SubnetId>>,
        security_groups: Vec<Val<SecurityGroupId>>,
    ) -> Self {
        Self {
            scope,
            name: None,
            vpc: None,
            engine_version: engine_version.to_owned(),
            instance_type: instance_type.to_owned(),
            instance_count: u32::try_from(subnets.len()).unwrap_or(1),
            dedicated_masters: None,
            volume_gib,
            subnets,
            security_groups,
            kms_key: None,
            access_policy: None,
            logs: DomainLogs::default(),
            off_peak_start: None,
            auto_software_update: false,
            auto_tune: None,
            tags: Tags::new(),
        }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        if let Some(name) = &self.name {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            let sound = (3..=28).contains(&name.len())
                && name.bytes().all(plain)
                && name.starts_with(|c: char| c.is_ascii_lowercase());
            let what = format!(
                "`{name}` is no name: a lower-case letter, then 2 to 27 of those, digits and hyphens"
            );
            problems.require(sound, "name", what);
        }
        let version = version(&self.engine_version).is_some();
        let what = format!("`{}` is no version such as `OpenSearch_2.19`", self.engine_version);
        problems.require(version, "engine_version", what);
        check_type(problems, "instance_type", &self.instance_type);
        if let Some(masters) = &self.dedicated_masters {
            check_type(problems, "dedicated_masters.instance_type", &masters.instance_type);
            let odd = matches!(masters.count, 3 | 5);
            let what = format!("is 3 or 5, not {}: an even number has no majority", masters.count);
            problems.require(odd, "dedicated_masters.count", what);
        }
        self.check_network(problems);
        let fits = (10..=24_576).contains(&self.volume_gib);
        problems.require(fits, "volume_gib", "is between 10 and 24576, by instance type");
        let alias = self.kms_key.as_ref().and_then(Val::known).filter(|key| is_alias(key));
        if let Some(alias) = alias {
            let what = format!(
                "`{alias}` is an alias, which may later mean another key; give the key's own ARN"
            );
            problems.add("kms_key", what);
        }
        let policy = self.access_policy.as_ref().and_then(Val::known);
        let json =
            policy.is_none_or(|text| serde_json::from_str::<serde_json::Value>(text).is_ok());
        problems.require(json, "access_policy", "is no JSON document");
        self.logs.check(problems);
        self.check_upkeep(problems);
    }

    fn check_network(&self, problems: &mut Problems) {
        let zones = self.subnets.len();
        let what = "name one subnet for each availability zone, three at most";
        problems.require((1..=3).contains(&zones), "subnets", what);
        let none = "name one at least: without any, the default group of the VPC is taken";
        problems.require(!self.security_groups.is_empty(), "security_groups", none);
        let nodes = self.instance_count as usize;
        let even = nodes > 0 && (zones == 0 || nodes.is_multiple_of(zones));
        let what = format!("{nodes} nodes cannot be spread evenly over {zones} subnets");
        problems.require(even, "instance_count", what);
    }
}

fn check_type(problems: &mut Problems, path: &str, name: &str) {
    let what = format!("`{name}` is no type such as `r7g.large.search`");
    problems.require(name.ends_with(".search"), path, what);
}

/// The engine and the numbers of `OpenSearch_2.19`.
pub(super) fn version(text: &str) -> Option<(&str, Vec<u32>)> {
    let (engine, numbers) = text.split_once('_')?;
    let numbers: Option<Vec<u32>> = numbers.split('.').map(|part| part.parse().ok()).collect();
    let known = matches!(engine, "OpenSearch" | "Elasticsearch");
    numbers.filter(|numbers| known && numbers.len() == 2).map(|numbers| (engine, numbers))
}

pub(super) fn is_alias(key: &Arn) -> bool {
    key.as_str().contains(":alias/")
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`Domain`].
    pub struct DomainOutputs -> DomainHandle {
        /// The name.
        name: String,
        /// The ARN.
        arn: Arn,
    } later {
        /// The host name in the VPC, without `https://`.
        endpoint: String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(subnets: usize) -> Domain {
        let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        let subnets = (0..subnets).map(|i| SubnetId::from(format!("subnet-{i}")).into()).collect();
        let groups = vec![SecurityGroupId::from("sg-1").into()];
        Domain::new(scope, "OpenSearch_2.19", "r7g.large.search", 100, subnets, groups)
    }

    fn paths(domain: &Domain) -> Vec<String> {
        let mut problems = Problems::default();
        domain.check(&mut problems);
        problems.into_vec().into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn nodes_are_spread_evenly_over_one_to_three_zones() {
        for zones in 1..=3 {
            assert_eq!(paths(&domain(zones)), Vec::<String>::new(), "{zones}");
        }
        assert!(paths(&domain(4)).contains(&"subnets".to_owned()));
        let mut uneven = domain(2);
        uneven.instance_count = 3;
        assert_eq!(paths(&uneven), ["instance_count"]);
        uneven.instance_count = 4;
        assert_eq!(paths(&uneven), Vec::<String>::new());
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let mut domain = domain(0);
        domain.name = Some("DataHub".into());
        domain.engine_version = "2.19".into();
        domain.instance_type = "r7g.large".into();
        domain.dedicated_masters =
            Some(DedicatedMasters { instance_type: "m7g.large".into(), count: 4 });
        domain.security_groups.clear();
        domain.volume_gib = 1;
        domain.kms_key = Some(Arn::from("arn:aws:kms:eu-west-1:1:alias/x").into());
        domain.access_policy = Some("{".into());
        assert_eq!(
            paths(&domain),
            [
                "name",
                "engine_version",
                "instance_type",
                "dedicated_masters.instance_type",
                "dedicated_masters.count",
                "subnets",
                "security_groups",
                "instance_count",
                "volume_gib",
                "kms_key",
                "access_policy",
            ]
        );
    }

    #[test]
    fn a_name_fits_the_service() {
        for (name, sound) in
            [("abc", true), ("ab", false), ("a-b2", true), ("2ab", false), ("a_b", false)]
        {
            let mut domain = domain(1);
            domain.name = Some(name.into());
            assert_eq!(paths(&domain).is_empty(), sound, "{name}");
        }
    }
}
