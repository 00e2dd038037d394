//! The network.

use super::{
    ground::{Ground, cidr},
    specimen::Specimen,
    specimens,
};
use groundplan::Val;
use groundplan::aws::{
    GatewayId,
    ec2::{
        Direction, ElasticIp, ElasticIpHandle, GatewayAttachment, InternetGateway,
        InternetGatewayHandle, NatGateway, PortRange, Protocol, Route, RouteTable,
        RouteTableAssociation, RouteTableHandle, RouteTarget, RulePeer, SecurityGroup,
        SecurityGroupRule, Subnet, Vpc,
    },
};

specimens![
    elastic_ip,
    gateway_attachment,
    internet_gateway,
    nat_gateway,
    route,
    route_table,
    route_table_association,
    security_group,
    security_group_rule,
    subnet,
    vpc,
];

fn elastic_ip() -> Specimen<ElasticIp> {
    Specimen::new("elastic-ip", |ground| ElasticIp::new(ground.scope()))
        .tags(|ip| &mut ip.tags)
        .copies(|_, _, _| {})
}

fn gateway_attachment() -> Specimen<GatewayAttachment> {
    Specimen::new("gateway-attach", |ground| {
        let (gateway, vpc) = (gateway(ground, "one"), ground.vpc());
        GatewayAttachment::new(ground.scope(), gateway.id(), vpc.id())
    })
    .copies(|attachment, ground, number| {
        let (name, block) = (format!("vpc-{number}"), format!("10.{}.0.0/16", 10 + number));
        attachment.gateway = gateway(ground, &name).id();
        attachment.vpc = ground.add(&name, Vpc::new(ground.scope(), cidr(&block))).id();
    })
    .replace("gateway", |attachment, ground| attachment.gateway = gateway(ground, "two").id())
    .replace("vpc", |attachment, ground| attachment.vpc = ground.other_vpc().id())
}

fn internet_gateway() -> Specimen<InternetGateway> {
    Specimen::new("gateway", |ground| InternetGateway::new(ground.scope()))
        .tags(|gateway| &mut gateway.tags)
        .copies(|_, _, _| {})
}

fn nat_gateway() -> Specimen<NatGateway> {
    Specimen::new("nat", |ground| {
        attached(ground);
        nat(ground, "one")
    })
    .tags(|nat| &mut nat.tags)
    .copies(|nat, ground, number| nat.allocation = address(ground, &format!("ip-{number}")).id())
    .replace("subnet", |nat, ground| nat.subnet = ground.subnet("b").id())
    .replace("allocation", |nat, ground| nat.allocation = address(ground, "two").id())
}

fn route() -> Specimen<Route> {
    Specimen::new("route", |ground| {
        let target = RouteTarget::Gateway(attached(ground));
        let table = table(ground, "one");
        Route::new(ground.scope(), table.id(), cidr("0.0.0.0/0"), target)
    })
    .update("target", |route, ground| {
        let nat = nat(ground, "one");
        route.target = RouteTarget::NatGateway(ground.add("nat", nat).id());
    })
    .copies(|route, _, number| route.destination = cidr(&format!("192.0.{number}.0/24")))
    .replace("table", |route, ground| route.table = table(ground, "two").id())
    .replace("destination", |route, _| route.destination = cidr("192.0.2.0/24"))
}

fn route_table() -> Specimen<RouteTable> {
    Specimen::new("table", |ground| {
        let vpc = ground.vpc();
        RouteTable::new(ground.scope(), vpc.id())
    })
    .tags(|table| &mut table.tags)
    .copies(|_, _, _| {})
    .replace("vpc", |table, ground| table.vpc = ground.other_vpc().id())
}

fn route_table_association() -> Specimen<RouteTableAssociation> {
    Specimen::new("association", |ground| {
        let (table, subnet) = (table(ground, "one"), ground.subnet("a"));
        RouteTableAssociation::new(ground.scope(), table.id(), subnet.id())
    })
    .update("table", |association, ground| association.table = table(ground, "two").id())
    .copies(|association, ground, number| {
        let letter = ["a", "b", "c", "d"][usize::from(number)];
        association.subnet = ground.subnet(letter).id();
    })
    .replace("subnet", |association, ground| association.subnet = ground.subnet("b").id())
}

fn security_group() -> Specimen<SecurityGroup> {
    Specimen::new("group", |ground| {
        let vpc = ground.vpc();
        SecurityGroup::new(ground.scope(), vpc.id(), "the web tier")
    })
    .tags(|group| &mut group.tags)
    .copies(|_, _, _| {})
    .replace("description", |group, _| group.description = "the data tier".into())
    .replace("name", |group, _| group.name = Some("group-of-another-name".into()))
    .replace("vpc", |group, ground| group.vpc = ground.other_vpc().id())
}

fn security_group_rule() -> Specimen<SecurityGroupRule> {
    Specimen::new("rule", |ground| {
        let group = ground.group("web").id();
        let (ports, peer) = (PortRange::one(443), RulePeer::Cidr(cidr("0.0.0.0/0")));
        let (scope, way) = (ground.scope(), Direction::Ingress);
        SecurityGroupRule::new(scope, group, way, Protocol::Tcp, Some(ports), peer)
    })
    .tags(|rule| &mut rule.tags)
    .copies(|rule, _, number| rule.ports = Some(PortRange::one(8000 + u16::from(number))))
    .update("ports", |rule, _| rule.ports = Some(PortRange { from: 8443, to: 8444 }))
    .update("protocol", |rule, _| rule.protocol = Protocol::Udp)
    .update("description", |rule, _| rule.description = "everybody".into())
    .replace("group", |rule, ground| rule.group = ground.group("data").id())
    .replace("direction", |rule, _| rule.direction = Direction::Egress)
    .replace("peer", |rule, ground| rule.peer = RulePeer::Group(ground.group("data").id()))
}

fn subnet() -> Specimen<Subnet> {
    Specimen::new("subnet", |ground| {
        let (vpc, block) = (ground.vpc(), cidr("10.0.1.0/24"));
        Subnet::new(ground.scope(), vpc.id(), block, Ground::zone("a"))
    })
    .tags(|subnet| &mut subnet.tags)
    .copies(|subnet, _, number| subnet.cidr = cidr(&format!("10.0.{number}.0/24")))
    .update("public_ip", |subnet, _| subnet.public_ip = true)
    .replace("cidr", |subnet, _| subnet.cidr = cidr("10.0.2.0/24"))
    .replace("zone", |subnet, _| {
        // The block of a subnet that still exists is taken.
        (subnet.zone, subnet.cidr) = (Ground::zone("b"), cidr("10.0.3.0/24"));
    })
    .replace("vpc", |subnet, ground| {
        (subnet.vpc, subnet.cidr) = (ground.other_vpc().id(), cidr("10.1.1.0/24"));
    })
}

fn vpc() -> Specimen<Vpc> {
    Specimen::new("vpc", |ground| {
        // Names need the resolver, so that they are off where it goes off.
        Vpc { dns_hostnames: false, ..Vpc::new(ground.scope(), cidr("10.5.0.0/16")) }
    })
    .tags(|vpc| &mut vpc.tags)
    .copies(|_, _, _| {})
    .update("dns_hostnames", |vpc, _| vpc.dns_hostnames = true)
    .update("dns_support", |vpc, _| vpc.dns_support = false)
    .replace("cidr", |vpc, _| vpc.cidr = cidr("10.6.0.0/16"))
}

fn gateway(ground: &mut Ground, name: &str) -> InternetGatewayHandle {
    ground.add(name, InternetGateway::new(ground.scope()))
}

/// The VPC's gateway when it is attached; the object is made after that.
fn attached(ground: &mut Ground) -> Val<GatewayId> {
    let (gateway, vpc) = (gateway(ground, "one"), ground.vpc());
    let attachment = GatewayAttachment::new(ground.scope(), gateway.id(), vpc.id());
    let attachment = ground.add("one", attachment);
    ground.before.insert(attachment.address().clone());
    attachment.gateway()
}

fn address(ground: &mut Ground, name: &str) -> ElasticIpHandle {
    ground.add(name, ElasticIp::new(ground.scope()))
}

fn nat(ground: &mut Ground, name: &str) -> NatGateway {
    let (subnet, address) = (ground.subnet("a"), address(ground, name));
    NatGateway::new(ground.scope(), subnet.id(), address.id())
}

fn table(ground: &mut Ground, name: &str) -> RouteTableHandle {
    let vpc = ground.vpc();
    ground.add(name, RouteTable::new(ground.scope(), vpc.id()))
}
