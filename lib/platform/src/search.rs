//! An OpenSearch domain in the network, with the rules to reach it.

use crate::{
    Subnets,
    door::Door,
    names::{after, named},
};
use groundplan_aws::{
    Arn, Scope, Tags,
    ec2::RulePeer,
    iam::ServiceLinkedRole,
    opensearch::{DedicatedMasters, Domain},
};
use groundplan_core::{Options, Stack, Val, json};

/// The port of HTTPS, the only one that a domain has.
const PORT: u16 = 443;

/// An OpenSearch domain: in private subnets, encrypted at rest and between nodes, HTTPS alone.
///
/// Who may use it is decided by IAM: the domain lets in the account, and the account's roles say who.
#[derive(Clone, Debug)]
pub struct SearchDomain {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The account's 12 digits.
    pub account: String,
    /// Where it is.
    pub subnets: Subnets,
    /// Who may connect, by a name for the rule.
    pub clients: Vec<(String, RulePeer)>,
    /// The engine, e.g. `OpenSearch_2.19`.
    pub version: String,
    /// The size of a data node, e.g. `r7g.large.search`.
    pub instance_type: String,
    /// The number of data nodes. They are spread over as many zones as there are, three at the most.
    pub instance_count: u32,
    /// Nodes that only keep the cluster together.
    pub dedicated_masters: Option<DedicatedMasters>,
    /// The storage of each data node, in GiB.
    pub volume_gib: u32,
    /// The key for its storage; AWS's own if absent.
    pub key: Option<Val<Arn>>,
    /// Whether it is guarded against deletion. OpenSearch Service has no guard of its own.
    pub protect: bool,
    /// Added to the ownership tags of everything.
    pub tags: Tags,
}

/// What others need of a [`SearchDomain`].
#[derive(Clone, Debug)]
pub struct SearchDomainParts {
    /// The host's name, without a scheme.
    pub endpoint: Val<String>,
    /// Its ARN.
    pub arn: Val<Arn>,
}

impl SearchDomain {
    /// Adds the domain.
    pub fn add(self, stack: &mut Stack, name: &str) -> SearchDomainParts {
        let door = Door {
            scope: &self.scope,
            vpc: &self.subnets.vpc,
            description: "Who may connect to the search domain",
            port: PORT,
            clients: &self.clients,
            tags: &self.tags,
        };
        let group = door.add(stack, &format!("{name}-search"));
        // A domain in a VPC puts its network interfaces there with this role.
        let role = ServiceLinkedRole::new(self.scope.clone(), "opensearchservice.amazonaws.com");
        let role = stack.add("opensearch", role);
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "AWS": format!("arn:aws:iam::{}:root", self.account) },
                "Action": "es:*",
                "Resource": "*",
            }],
        });
        let zones = self.subnets.ids.len().min(3).min(self.instance_count.max(1) as usize);
        let domain = Domain {
            dedicated_masters: self.dedicated_masters.clone(),
            vpc: Some(self.subnets.vpc),
            instance_count: self.instance_count,
            kms_key: self.key.clone(),
            access_policy: Some(policy.to_string().into()),
            tags: named(&self.tags, stack, name),
            ..Domain::new(
                self.scope.clone(),
                &self.version,
                &self.instance_type,
                self.volume_gib,
                self.subnets.ids.into_iter().take(zones).collect(),
                vec![group],
            )
        };
        let options = Options { protect: self.protect, ..after([role.address()]) };
        let domain = stack.add_with(name, domain, options);
        SearchDomainParts { endpoint: domain.endpoint(), arn: domain.arn() }
    }
}
