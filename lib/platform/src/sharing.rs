//! A network that other accounts put things into: its private subnets, shared by AWS RAM.

use crate::{AccountParts, NetworkParts, Subnets, names::after};
use groundplan_aws::{
    Arn, Scope, SubnetId, Tags, VpcId,
    ram::{PrincipalAssociation, ResourceAssociation, Share, SharedSubnets},
};
use groundplan_core::{Address, Stack, Val, text};

/// Shares the private subnets of a network within the organization.
///
/// The network stays its owner's with everything that makes it one: routes, gateways, connections. Who may
/// use the subnets puts interfaces into them, of databases for one, with security groups of its own.
#[derive(Clone, Debug)]
pub struct NetworkShare<'a> {
    /// Whose network it is.
    pub account: &'a AccountParts,
    /// The network.
    pub network: &'a NetworkParts,
    /// What makes sharing within the organization possible: the address of `ram.organization_sharing`, if
    /// this program has it.
    pub through: Vec<Address>,
    /// Added to the ownership tags.
    pub tags: Tags,
}

/// What others need of a [`NetworkShare`].
#[derive(Clone, Debug)]
pub struct NetworkShareParts {
    scope: Val<Scope>,
    share: Val<Arn>,
    vpc: Val<VpcId>,
    subnets: Vec<Val<SubnetId>>,
    /// What is in the share, once it can be used.
    inside: Vec<Val<String>>,
    through: Vec<Address>,
}

impl NetworkShare<'_> {
    /// Adds the share, with nobody in it yet.
    pub fn add(self, stack: &mut Stack, name: &str) -> NetworkShareParts {
        let scope = self.account.scope.clone();
        let share = Share { tags: self.tags, ..Share::new(scope.clone(), name) };
        let share = stack.add(name, share).arn();
        let zones = self.network.private.iter().enumerate();
        let inside = zones.map(|(number, subnet)| {
            let resource = ResourceAssociation::new(scope.clone(), share.clone(), subnet.arn());
            let zone = &self.network.zones[number];
            // Subnets are refused until sharing is on.
            let name = format!("{name}-{zone}");
            text!("{}", stack.add_with(&name, resource, after(&self.through)).resource())
        });
        let inside = inside.collect();
        let Subnets { vpc, ids: subnets } = self.network.stores();
        NetworkShareParts { scope, share, vpc, subnets, inside, through: self.through }
    }
}

impl NetworkShareParts {
    /// Lets an account use the subnets; gives them as that account sees them, once it does.
    pub fn with(&self, stack: &mut Stack, name: &str, member: &AccountParts) -> Subnets {
        let principal =
            PrincipalAssociation::new(self.scope.clone(), self.share.clone(), member.id.clone());
        let principal = stack.add_with(name, principal, after(&self.through));
        let mut through = self.inside.clone();
        through.push(principal.principal());
        let (vpc, subnets) = (self.vpc.clone(), self.subnets.clone());
        let seen = SharedSubnets::new(member.scope.clone(), vpc, subnets, through);
        let seen = stack.derive(name, seen);
        let ids = (0..self.subnets.len()).map(|number| seen.ids().index(number));
        Subnets { vpc: seen.vpc(), ids: ids.collect() }
    }
}
