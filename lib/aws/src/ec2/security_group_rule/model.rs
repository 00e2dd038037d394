//! What a rule lets through.

use crate::{Cidr, Scope, SecurityGroupId, Tags};
use groundplan_core::Val;
use serde::{Deserialize, Serialize};

/// One kind of traffic that a security group lets in or out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SecurityGroupRule {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The group.
    pub group: Val<SecurityGroupId>,
    /// Whether it lets in or out.
    pub direction: Direction,
    /// What the traffic speaks.
    pub protocol: Protocol,
    /// The ports of TCP and UDP; absent for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<PortRange>,
    /// Where the traffic comes from or goes to.
    pub peer: RulePeer,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// Which way a rule lets traffic through. Answers always come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the peer to the group.
    Ingress,
    /// From the group to the peer.
    Egress,
}

/// What traffic speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Every type of ICMP.
    Icmp,
    /// Every protocol, on every port.
    All,
}

/// The ports from `from` to `to`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortRange {
    /// The first.
    pub from: u16,
    /// The last.
    pub to: u16,
}

impl PortRange {
    /// One port.
    #[must_use]
    pub const fn one(port: u16) -> Self {
        Self { from: port, to: port }
    }
}

/// The other side of a rule.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulePeer {
    /// A block of addresses.
    Cidr(Cidr),
    /// Whatever is in a security group; it may be the rule's own.
    Group(Val<SecurityGroupId>),
    /// Whatever is in a security group of another account, whose VPC is shared or peered with this one's.
    GroupOf {
        /// The account's 12 digits.
        account: Val<String>,
        /// The group.
        group: Val<SecurityGroupId>,
    },
}

impl SecurityGroupRule {
    /// Lets traffic through one way.
    pub fn new(
        scope: Val<Scope>,
        group: Val<SecurityGroupId>,
        direction: Direction,
        protocol: Protocol,
        ports: Option<PortRange>,
        peer: RulePeer,
    ) -> Self {
        let (description, tags) = (String::new(), Tags::new());
        Self { scope, group, direction, protocol, ports, peer, description, tags }
    }
}
