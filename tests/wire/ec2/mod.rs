//! The network kinds: one program with all of them, in versions.

mod change;
mod drift;
mod life;
mod refuse;

use crate::harness::Wire;
use aws_sdk_ec2::types::{Filter, NatGatewayState};
use groundplan::aws::{
    Clients, Tags,
    ec2::{
        Direction, ElasticIp, GatewayAttachment, InternetGateway, NatGateway, PortRange, Protocol,
        Route, RouteTable, RouteTableAssociation, RouteTarget, RulePeer, SecurityGroup,
        SecurityGroupRule, Subnet, Vpc,
    },
};
use groundplan::{Address, Options, Stack};

/// What versions of the program differ in.
#[derive(Clone, Copy)]
struct Version {
    /// A tag on everything that has tags.
    team: &'static str,
    /// Whether instances in the public subnet get public addresses.
    public_ip: bool,
    /// Whether the private table leads out directly.
    direct: bool,
    /// Whether the private subnet uses the public table.
    exposed: bool,
    /// The port that the public may use, and why.
    port: u16,
    why: &'static str,
    /// The private subnet's addresses.
    private: &'static str,
}

const FIRST: Version = Version {
    team: "data",
    public_ip: false,
    direct: false,
    exposed: false,
    port: 443,
    why: "users",
    private: "10.0.1.0/24",
};

/// The first version.
pub(crate) fn first(wire: &Wire) -> Stack {
    network(wire, FIRST)
}

/// One in which everything that can change does.
pub(crate) fn second(wire: &Wire) -> Stack {
    let second = Version {
        team: "platform",
        public_ip: true,
        direct: true,
        exposed: true,
        port: 8443,
        why: "all",
        private: "10.0.2.0/24",
    };
    network(wire, second)
}

/// A VPC with a public and a private subnet, the ways out of them, and two security groups.
fn network(wire: &Wire, version: Version) -> Stack {
    let (mut stack, scope) = wire.stack();
    let tags = || Tags::from([("team".to_owned(), version.team.to_owned())]);
    let cidr = |text: &str| text.parse().expect("a block");

    let vpc = Vpc { tags: tags(), ..Vpc::new(scope.clone(), cidr("10.0.0.0/16")) };
    let vpc = stack.add("main", vpc).id();
    let subnet = |cidr_block: &str| {
        let subnet = Subnet::new(scope.clone(), vpc.clone(), cidr(cidr_block), "eu-west-1a".into());
        Subnet { tags: tags(), ..subnet }
    };
    let public = Subnet { public_ip: version.public_ip, ..subnet("10.0.0.0/24") };
    let public = stack.add("public", public).id();
    let private = stack.add("private", subnet(version.private)).id();

    let gateway = InternetGateway { tags: tags(), ..InternetGateway::new(scope.clone()) };
    let gateway = stack.add("main", gateway);
    let attachment = GatewayAttachment::new(scope.clone(), gateway.id(), vpc.clone());
    let attachment = stack.add("main", attachment);
    let address = stack.add("nat", ElasticIp { tags: tags(), ..ElasticIp::new(scope.clone()) });
    let nat = NatGateway::new(scope.clone(), public.clone(), address.id());
    let after = Options { after: [attachment.address().clone()].into(), ..Options::default() };
    let nat = stack.add_with("main", NatGateway { tags: tags(), ..nat }, after).id();

    let mut table = |name: &str| {
        let table = RouteTable::new(scope.clone(), vpc.clone());
        stack.add(name, RouteTable { tags: tags(), ..table }).id()
    };
    let (open, closed) = (table("public"), table("private"));
    let out = || RouteTarget::Gateway(attachment.gateway());
    let way = if version.direct { out() } else { RouteTarget::NatGateway(nat) };
    for (name, table, target) in [("public", &open, out()), ("private", &closed, way)] {
        let route = Route::new(scope.clone(), table.clone(), cidr("0.0.0.0/0"), target);
        stack.add(name, route);
    }
    let inner = if version.exposed { &open } else { &closed };
    for (name, table, subnet) in [("public", &open, public), ("private", inner, private)] {
        stack.add(name, RouteTableAssociation::new(scope.clone(), table.clone(), subnet));
    }

    let mut group = |name: &str| {
        let group = SecurityGroup::new(scope.clone(), vpc.clone(), format!("the {name} tier"));
        stack.add(name, SecurityGroup { tags: tags(), ..group }).id()
    };
    let (web, db) = (group("web"), group("db"));
    let everywhere = || RulePeer::Cidr(cidr("0.0.0.0/0"));
    let rule = |group, direction, protocol, port: Option<u16>, peer| {
        let ports = port.map(PortRange::one);
        let rule = SecurityGroupRule::new(scope.clone(), group, direction, protocol, ports, peer);
        SecurityGroupRule { tags: tags(), ..rule }
    };
    let https =
        rule(web.clone(), Direction::Ingress, Protocol::Tcp, Some(version.port), everywhere());
    stack.add("https", SecurityGroupRule { description: version.why.into(), ..https });
    // As AWS gives it to every new group, but ours.
    stack.add("out", rule(web.clone(), Direction::Egress, Protocol::All, None, everywhere()));
    let ping =
        rule(web.clone(), Direction::Ingress, Protocol::Icmp, None, RulePeer::Group(web.clone()));
    stack.add("ping", ping);
    let mysql = rule(db, Direction::Ingress, Protocol::Tcp, Some(3306), RulePeer::Group(web));
    stack.add("mysql", SecurityGroupRule { description: "the web tier".into(), ..mysql });
    stack
}

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

/// The id that a resource has on record.
async fn id(wire: &Wire, of: &str) -> String {
    let snapshot = wire.snapshot().await;
    let outputs = snapshot.entries[&address(of)].outputs.clone().expect("outputs");
    outputs["id"].as_str().expect("an id").to_owned()
}

/// The ids of everything that carries this stack's mark, sorted. EC2 lists deleted NAT gateways for a
/// while; those are not there.
async fn marked(aws: &Clients, lineage: &str) -> Vec<String> {
    let lineage = || Filter::builder().name("tag:groundplan:lineage").values(lineage).build();
    let ec2 = &aws.ec2;
    let mut ids = Vec::new();
    let found = ec2.describe_vpcs().filters(lineage()).send().await.expect("a list");
    ids.extend(found.vpcs().iter().filter_map(|o| o.vpc_id()).map(str::to_owned));
    let found = ec2.describe_subnets().filters(lineage()).send().await.expect("a list");
    ids.extend(found.subnets().iter().filter_map(|o| o.subnet_id()).map(str::to_owned));
    let found = ec2.describe_internet_gateways().filters(lineage()).send().await.expect("a list");
    let gateways = found.internet_gateways().iter();
    ids.extend(gateways.filter_map(|o| o.internet_gateway_id()).map(str::to_owned));
    let found = ec2.describe_addresses().filters(lineage()).send().await.expect("a list");
    ids.extend(found.addresses().iter().filter_map(|o| o.allocation_id()).map(str::to_owned));
    let found = ec2.describe_route_tables().filters(lineage()).send().await.expect("a list");
    ids.extend(found.route_tables().iter().filter_map(|o| o.route_table_id()).map(str::to_owned));
    let found = ec2.describe_security_groups().filters(lineage()).send().await.expect("a list");
    ids.extend(found.security_groups().iter().filter_map(|o| o.group_id()).map(str::to_owned));
    let found =
        ec2.describe_security_group_rules().filters(lineage()).send().await.expect("a list");
    let rules = found.security_group_rules().iter();
    ids.extend(rules.filter_map(|o| o.security_group_rule_id()).map(str::to_owned));
    let found = ec2.describe_nat_gateways().filter(lineage()).send().await.expect("a list");
    let ours = found.nat_gateways().iter().filter(|o| o.state() != Some(&NatGatewayState::Deleted));
    ids.extend(ours.filter_map(|o| o.nat_gateway_id()).map(str::to_owned));
    ids.sort();
    ids
}

/// Asserts that the cloud holds, of what carries marks, exactly what is on record: no orphan, no
/// double, no phantom.
async fn assert_as_recorded(wire: &Wire) {
    let snapshot = wire.snapshot().await;
    assert!(snapshot.deposed.is_empty(), "{:?}", snapshot.deposed);
    let unmarked =
        ["aws.account", "ec2.gateway_attachment", "ec2.route", "ec2.route_table_association"];
    let mut recorded: Vec<_> = snapshot
        .entries
        .iter()
        .filter(|(address, _)| !unmarked.contains(&address.kind()))
        .map(|(_, e)| e.outputs.as_ref().expect("outputs")["id"].as_str().expect("id").to_owned())
        .collect();
    recorded.sort();
    let clients = wire.clients().await;
    assert_eq!(marked(&clients, &snapshot.lineage.to_string()).await, recorded);
}
