//! Two networks that reach each other: a peering connection, accepted, with routes and names both ways.

use crate::AccountParts;
use groundplan_aws::{
    Cidr, PeeringId, RouteTableId, Tags, VpcId,
    ec2::{Peering, PeeringAcceptance, PeeringDns, PeeringSide, Route, RouteTarget},
};
use groundplan_core::{Stack, Val};

/// Connects two networks, which may be in different accounts and regions. Their addresses must not overlap,
/// and nothing goes through one of them to a third.
///
/// What is reached over it still has to let the other side in, by its security groups.
#[derive(Clone, Debug)]
pub struct NetworkPeering {
    /// The network that asks, and pays nothing for asking.
    pub requester: PeeringPart,
    /// The network that is asked.
    pub accepter: PeeringPart,
    /// Added to the ownership tags of the connection, which its requester has.
    pub tags: Tags,
}

/// One of two networks: one of this program, see [`NetworkParts::peering_part`](crate::NetworkParts::peering_part),
/// or one that exists.
#[derive(Clone, Debug)]
pub struct PeeringPart {
    /// What it is called here.
    pub name: String,
    /// The account and region.
    pub account: AccountParts,
    /// The VPC. Both need its `dns_support` and `dns_hostnames`.
    pub vpc: Val<VpcId>,
    /// Its addresses, as far as the other side is to reach them.
    pub cidrs: Vec<Cidr>,
    /// The route tables of the subnets that reach the other side, each by a name.
    pub tables: Vec<(String, Val<RouteTableId>)>,
}

impl NetworkPeering {
    /// Adds the connection with its acceptance, routes and names; it, once it carries something. Addresses that
    /// overlap, and a side without addresses or route tables, are problems of the stack.
    pub fn add(self, stack: &mut Stack, name: &str) -> Val<PeeringId> {
        self.check(stack, name);
        let Self { requester, accepter, tags } = self;
        let abroad = requester.account.region != accepter.account.region;
        let asked = Peering {
            peer_account: Some(accepter.account.id.clone()),
            peer_region: abroad.then(|| accepter.account.region.clone().into()),
            tags: crate::names::named(&tags, stack, name),
            ..Peering::new(
                requester.account.scope.clone(),
                requester.vpc.clone(),
                accepter.vpc.clone(),
            )
        };
        let asked = stack.add(name, asked).id();
        let accepted = PeeringAcceptance::new(accepter.account.scope.clone(), asked);
        let peering = stack.add(name, accepted).id();
        let sides = [
            (&requester, &accepter, PeeringSide::Requester),
            (&accepter, &requester, PeeringSide::Accepter),
        ];
        for (own, other, side) in sides {
            own.reach(other, side, &peering, stack, name);
        }
        peering
    }

    /// What AWS would take and nothing would ever go over, and what it would refuse when half is made.
    fn check(&self, stack: &mut Stack, name: &str) {
        let Self { requester, accepter, .. } = self;
        let at = || Some(format!("ec2.peering/{name}"));
        for (side, part) in [("requester", requester), ("accepter", accepter)] {
            let of = &part.name;
            if part.cidrs.is_empty() {
                let what = format!("`{of}` has no addresses: name what the other side is to reach");
                stack.problem(at(), Some(format!("{side}.cidrs")), what);
            }
            if part.tables.is_empty() {
                let what =
                    format!("`{of}` has no route tables: name those that lead to the other side");
                stack.problem(at(), Some(format!("{side}.tables")), what);
            }
        }
        for one in &requester.cidrs {
            for other in accepter.cidrs.iter().filter(|other| other.overlaps(one)) {
                let what = format!(
                    "{other} of `{}` overlaps {one} of `{}`: they can never be connected",
                    accepter.name, requester.name
                );
                stack.problem(at(), Some("accepter.cidrs".to_owned()), what);
            }
        }
    }
}

impl PeeringPart {
    /// Routes of this side to the other, and this side's names for the other.
    fn reach(
        &self,
        other: &Self,
        side: PeeringSide,
        peering: &Val<PeeringId>,
        stack: &mut Stack,
        name: &str,
    ) {
        let scope = &self.account.scope;
        let from = format!("{name}-from-{}", self.name);
        stack.add(&from, PeeringDns::new(scope.clone(), peering.clone(), side));
        for (table_name, table) in &self.tables {
            for (number, cidr) in other.cidrs.iter().enumerate() {
                let target = RouteTarget::Peering(peering.clone());
                let route = Route::new(scope.clone(), table.clone(), *cidr, target);
                let name = match number {
                    0 => format!("{from}-{table_name}"),
                    _ => format!("{from}-{table_name}-{number}"),
                };
                stack.add(&name, route);
            }
        }
    }
}
