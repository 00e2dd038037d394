//! An organization: its units and accounts, and stacks that reach into several accounts.

mod accounts;
mod chain;
mod layouts;
mod people;
mod reach;
mod scopes;

use crate::harness::Wire;
use groundplan::aws::{
    Arn, Scope, Tags,
    ec2::{
        Peering, PeeringAcceptance, PeeringDns, PeeringSide, Route, RouteTable, RouteTarget,
        Subnet, Vpc,
    },
    organizations::{Account, Organization, Unit},
    ram::{OrganizationSharing, PrincipalAssociation, ResourceAssociation, Share},
    sso::{Instance, PermissionSet},
};
use groundplan::{Options, Stack, Val, text};

/// A unit in a unit, and an account in one of them.
pub(crate) fn first(wire: &Wire) -> Stack {
    units(wire, "data", false)
}

/// The same with all changed that changes in place.
pub(crate) fn second(wire: &Wire) -> Stack {
    units(wire, "platform", true)
}

fn units(wire: &Wire, team: &str, moved: bool) -> Stack {
    let (mut stack, scope) = wire.stack();
    let tags = || Tags::from([("team".to_owned(), team.to_owned())]);
    let root = stack.derive("the", Organization::new(scope.clone())).root();
    let unit = |parent: Val<String>, name: String| Unit {
        tags: tags(),
        ..Unit::new(scope.clone(), parent, name)
    };
    let above = stack.add("outer", unit(root, format!("{}-{team}", wire.name())));
    let outer = above.id();
    let inner = stack.add("inner", unit(outer.clone(), team.to_owned())).id();
    let email = format!("{}@example.com", wire.name());
    let parent = if moved { outer } else { inner };
    let account =
        Account { tags: tags(), ..Account::new(scope.clone(), parent, wire.name(), email) };
    stack.add("data", account);
    let instance = stack.derive("the", Instance::new(scope.clone())).arn();
    let set = PermissionSet::new(scope.clone(), instance, wire.name());
    stack.add("data", PermissionSet { tags: tags(), ..set });
    network(&mut stack, &scope, above.arn(), tags());
    stack
}

/// Two networks that are peered, and a subnet of one that is shared with a unit.
fn network(stack: &mut Stack, scope: &Val<Scope>, unit: Val<Arn>, tags: Tags) {
    let vpc = |stack: &mut Stack, name: &str, block: &str| {
        let vpc = Vpc::new(scope.clone(), block.parse().expect("a block"));
        stack.add(name, Vpc { tags: tags.clone(), ..vpc }).id()
    };
    let (one, two) = (vpc(stack, "one", "10.0.0.0/16"), vpc(stack, "two", "10.1.0.0/16"));
    let block = "10.0.1.0/24".parse().expect("a block");
    let subnet = Subnet::new(scope.clone(), one.clone(), block, "euw1-az1".into());
    let subnet = stack.add("one", Subnet { tags: tags.clone(), ..subnet });

    let peering = Peering { tags: tags.clone(), ..Peering::new(scope.clone(), one.clone(), two) };
    let peering = stack.add("one", peering).id();
    let peering = stack.add("one", PeeringAcceptance::new(scope.clone(), peering)).id();
    for (name, side) in [("one", PeeringSide::Requester), ("two", PeeringSide::Accepter)] {
        stack.add(name, PeeringDns::new(scope.clone(), peering.clone(), side));
    }
    let table = RouteTable { tags: tags.clone(), ..RouteTable::new(scope.clone(), one) };
    let table = stack.add("one", table).id();
    let there = "10.1.0.0/16".parse().expect("a block");
    let route = Route::new(scope.clone(), table, there, RouteTarget::Peering(peering));
    stack.add("one", route);

    let on = stack.add("the", OrganizationSharing::new(scope.clone())).address().clone();
    let share = stack.add("one", Share { tags, ..Share::new(scope.clone(), "one") }).arn();
    let once_on = || Options { after: [on.clone()].into(), ..Options::default() };
    let resource = ResourceAssociation::new(scope.clone(), share.clone(), subnet.arn());
    stack.add_with("one", resource, once_on());
    let unit = text!("{}", unit);
    let principal = PrincipalAssociation::new(scope.clone(), share, unit);
    stack.add_with("one", principal, once_on());
}
