//! The part of a rule that can change in place, as EC2 writes it.

use super::{PortRange, Protocol, RulePeer, SecurityGroupRule};
use aws_sdk_ec2::types::{self, IpPermission, IpRange, SecurityGroupRuleRequest, UserIdGroupPair};
use groundplan_core::{Fields, Json, json, to_json};

/// What EC2 writes for "any": every protocol, every type of ICMP.
const ANY: i32 = -1;

/// What a rule lets through and why, apart from direction and peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    protocol: String,
    from: i32,
    to: i32,
    description: String,
}

impl From<&SecurityGroupRule> for Terms {
    fn from(rule: &SecurityGroupRule) -> Self {
        let protocol = match rule.protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Icmp => "icmp",
            Protocol::All => "-1",
        };
        let (from, to) = rule.ports.map_or((ANY, ANY), |p| (p.from.into(), p.to.into()));
        Self { protocol: protocol.into(), from, to, description: rule.description.clone() }
    }
}

impl From<&types::SecurityGroupRule> for Terms {
    fn from(rule: &types::SecurityGroupRule) -> Self {
        Self {
            protocol: rule.ip_protocol().unwrap_or_default().to_owned(),
            from: rule.from_port().unwrap_or(ANY),
            to: rule.to_port().unwrap_or(ANY),
            description: rule.description().unwrap_or_default().to_owned(),
        }
    }
}

impl Terms {
    /// These terms where they are approved, the other ones elsewhere.
    pub(super) fn only(self, approved: &Fields, other: &Self) -> Self {
        let other = other.clone();
        let (protocol, (from, to)) = (
            if approved.has("protocol") { self.protocol } else { other.protocol },
            if approved.has("ports") { (self.from, self.to) } else { (other.from, other.to) },
        );
        let description =
            if approved.has("description") { self.description } else { other.description };
        Self { protocol, from, to, description }
    }

    /// For the call that makes a rule.
    pub(super) fn permission(&self, peer: &RulePeer) -> IpPermission {
        let permission = IpPermission::builder()
            .ip_protocol(&self.protocol)
            .from_port(self.from)
            .to_port(self.to);
        let description = self.description();
        match peer {
            RulePeer::Cidr(cidr) => {
                let range = IpRange::builder().cidr_ip(cidr.to_string());
                permission.ip_ranges(range.set_description(description).build()).build()
            }
            RulePeer::Group(group) => {
                let pair = UserIdGroupPair::builder().group_id(group.get().as_str());
                permission.user_id_group_pairs(pair.set_description(description).build()).build()
            }
            RulePeer::GroupOf { account, group } => {
                let pair = UserIdGroupPair::builder().user_id(account.get());
                let pair = pair.group_id(group.get().as_str()).set_description(description);
                permission.user_id_group_pairs(pair.build()).build()
            }
        }
    }

    /// For the call that changes one: EC2 takes the whole rule.
    pub(super) fn request(&self, peer: &RulePeer) -> SecurityGroupRuleRequest {
        let request = SecurityGroupRuleRequest::builder()
            .ip_protocol(&self.protocol)
            .from_port(self.from)
            .to_port(self.to)
            .set_description(self.description());
        match peer {
            RulePeer::Cidr(cidr) => request.cidr_ipv4(cidr.to_string()).build(),
            RulePeer::Group(group) | RulePeer::GroupOf { group, .. } => {
                request.referenced_group_id(group.get().as_str()).build()
            }
        }
    }

    /// None takes a description away.
    fn description(&self) -> Option<String> {
        Some(self.description.clone()).filter(|text| !text.is_empty())
    }

    /// The protocol in the form of the input; one that has no such form as EC2 writes it.
    pub(super) fn live_protocol(&self) -> Json {
        match self.protocol.as_str() {
            "-1" => to_json(&Protocol::All),
            other => other.into(),
        }
    }

    /// The ports in the form of the input; null for all.
    pub(super) fn live_ports(&self) -> Json {
        let port = |n: i32| u16::try_from(n).ok();
        match (port(self.from), port(self.to)) {
            (Some(from), Some(to)) => to_json(&PortRange { from, to }),
            _ if (self.from, self.to) == (ANY, ANY) => Json::Null,
            _ => json!({ "from": self.from, "to": self.to }),
        }
    }
}

/// The peer in the form of the input.
pub(super) fn live_peer(rule: &types::SecurityGroupRule) -> Json {
    if let Some(cidr) = rule.cidr_ipv4() {
        return json!({ "cidr": cidr });
    }
    let info = rule.referenced_group_info();
    if let Some(group) = info.and_then(|info| info.group_id()) {
        let (account, own) = (info.and_then(|info| info.user_id()), rule.group_owner_id());
        return match account.filter(|account| own.is_some_and(|own| own != *account)) {
            Some(account) => json!({ "group_of": { "account": account, "group": group } }),
            None => json!({ "group": group }),
        };
    }
    json!({ "other": rule.cidr_ipv6().or(rule.prefix_list_id()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Scope, SecurityGroupId, ec2::Direction};

    fn rule(protocol: Protocol, ports: Option<PortRange>) -> SecurityGroupRule {
        let scope = Scope::own();
        let peer = RulePeer::Cidr("10.0.0.0/8".parse().unwrap());
        let group = SecurityGroupId::from("sg-1").into();
        SecurityGroupRule::new(scope.into(), group, Direction::Ingress, protocol, ports, peer)
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let cases = [
            (Protocol::Tcp, Some(PortRange::one(443))),
            (Protocol::Udp, Some(PortRange { from: 0, to: 65535 })),
            (Protocol::Icmp, None),
            (Protocol::All, None),
        ];
        for (protocol, ports) in cases {
            let terms = Terms::from(&rule(protocol, ports));
            assert_eq!(terms.live_protocol(), to_json(&protocol));
            assert_eq!(terms.live_ports(), to_json(&ports));
        }
    }

    #[test]
    fn a_change_touches_only_what_was_approved() {
        let mut wish = rule(Protocol::Tcp, Some(PortRange::one(443)));
        wish.description = "for users".into();
        let there = Terms::from(&rule(Protocol::Tcp, Some(PortRange::one(80))));
        let approved = Fields::Only(["description".to_owned()].into());
        let terms = Terms::from(&wish).only(&approved, &there);
        assert_eq!((terms.from, terms.description.as_str()), (80, "for users"));
    }
}
