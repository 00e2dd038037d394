//! A security group that lets certain others in on one port, and nobody else.

use crate::names::named;
use groundplan_aws::{
    Scope, SecurityGroupId, Tags, VpcId,
    ec2::{Direction, PortRange, Protocol, RulePeer, SecurityGroup, SecurityGroupRule},
};
use groundplan_core::{Stack, Val};

/// Who may connect to a store.
pub(crate) struct Door<'a> {
    pub(crate) scope: &'a Val<Scope>,
    pub(crate) vpc: &'a Val<VpcId>,
    pub(crate) description: &'a str,
    pub(crate) port: u16,
    /// Who may, by a name for the rule.
    pub(crate) clients: &'a [(String, RulePeer)],
    pub(crate) tags: &'a Tags,
}

impl Door<'_> {
    /// Adds the group and a rule for each client.
    pub(crate) fn add(self, stack: &mut Stack, name: &str) -> Val<SecurityGroupId> {
        let group = SecurityGroup {
            tags: named(self.tags, stack, name),
            ..SecurityGroup::new(self.scope.clone(), self.vpc.clone(), self.description)
        };
        let group = stack.add(name, group);
        for (client, peer) in self.clients {
            let rule = SecurityGroupRule {
                description: format!("{client} connects"),
                tags: self.tags.clone(),
                ..SecurityGroupRule::new(
                    self.scope.clone(),
                    group.id(),
                    Direction::Ingress,
                    Protocol::Tcp,
                    Some(PortRange::one(self.port)),
                    peer.clone(),
                )
            };
            stack.add(&format!("{name}-{client}"), rule);
        }
        group.id()
    }
}
