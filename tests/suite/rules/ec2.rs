//! Networks.

use super::{Case, Edge, block, scope};
use groundplan::{
    Stack,
    aws::{
        Arn, RouteTableId, SecurityGroupId,
        ec2::{
            Direction, ElasticIp, FlowLog, FlowLogDestination, FlowLogSource, NatGateway,
            PortRange, Protocol, RulePeer, SecurityGroupRule, Subnet, SubnetHandle, Vpc,
            VpcEndpoint, VpcHandle,
        },
    },
};

pub(super) const CASES: &[Case] = &[
    (
        "ec2-open-admin-port",
        |s| rule(s, Some((20, 30)), "0.0.0.0/0"),
        |s| rule(s, Some((22, 22)), "10.0.0.0/8"),
    ),
    (
        "ec2-open-store-port",
        |s| rule(s, None, "0.0.0.0/0"),
        |s| rule(s, Some((3306, 3306)), "10.0.0.0/8"),
    ),
    (
        "ec2-open-port",
        |s| rule(s, Some((8080, 8080)), "0.0.0.0/0"),
        |s| rule(s, Some((443, 443)), "0.0.0.0/0"),
    ),
    ("ec2-subnet-public-ip", |s| public(s, true), |s| public(s, false)),
    ("ec2-nat-per-zone", |s| drop(nat(s, 1)), |s| drop(nat(s, 2))),
    ("ec2-s3-endpoint", |s| endpoint(s, "dynamodb"), |s| endpoint(s, "s3")),
    ("ec2-flow-logs", |s| flows(s, false), |s| flows(s, true)),
    ("ec2-vpc-dns", |s| dns(s, false), |s| dns(s, true)),
];

pub(super) const EDGES: &[Edge] = &[
    ("ec2-open-admin-port", |s| udp(s, 22), false),
    ("ec2-open-port", |s| udp(s, 22), true),
    ("ec2-open-store-port", |s| udp(s, 3306), false),
    ("ec2-open-store-port", |s| udp(s, 2049), true),
    ("ec2-open-store-port", |s| udp(s, 11211), true),
    ("ec2-open-admin-port", |s| rule(s, None, "0.0.0.0/0"), true),
    ("ec2-s3-endpoint", |s| flows(s, true), false),
    ("ec2-s3-endpoint", |s| endpoint(s, "com.amazonaws.eu-west-1.s3"), false),
];

fn rule(stack: &mut Stack, ports: Option<(u16, u16)>, from: &str) {
    let protocol = if ports.is_some() { Protocol::Tcp } else { Protocol::All };
    rule_of(stack, protocol, ports, from);
}

fn udp(stack: &mut Stack, port: u16) {
    rule_of(stack, Protocol::Udp, Some((port, port)), "0.0.0.0/0");
}

fn rule_of(stack: &mut Stack, protocol: Protocol, ports: Option<(u16, u16)>, from: &str) {
    let ports = ports.map(|(from, to)| PortRange { from, to });
    let peer = RulePeer::Cidr(block(from));
    let (group, ingress) = (SecurityGroupId::from("sg-1").into(), Direction::Ingress);
    stack.add("in", SecurityGroupRule::new(scope(), group, ingress, protocol, ports, peer));
}

pub(super) fn vpc(stack: &mut Stack) -> VpcHandle {
    stack.add("main", Vpc::new(scope(), block("10.0.0.0/16")))
}

pub(super) fn subnet(stack: &mut Stack, vpc: &VpcHandle, number: u8, zone: &str) -> SubnetHandle {
    let cidr = block(&format!("10.0.{number}.0/24"));
    let zone = format!("eu-west-1{zone}").into();
    stack.add(&format!("n{number}"), Subnet::new(scope(), vpc.id(), cidr, zone))
}

fn public(stack: &mut Stack, public_ip: bool) {
    let vpc = vpc(stack);
    let subnet = Subnet::new(scope(), vpc.id(), block("10.0.0.0/24"), "eu-west-1a".into());
    stack.add("a", Subnet { public_ip, ..subnet });
}

/// A network with a NAT gateway and a gateway endpoint.
fn endpoint(stack: &mut Stack, service: &str) {
    let vpc = nat(stack, 1);
    let table = RouteTableId::from("rtb-1").into();
    stack.add("main", VpcEndpoint::gateway(scope(), vpc.id(), service, [table]));
}

/// A network without a way out, of which the whole is recorded, or a subnet.
fn flows(stack: &mut Stack, whole: bool) {
    let vpc = vpc(stack);
    let subnet = subnet(stack, &vpc, 0, "a").id();
    let of = if whole { FlowLogSource::Vpc(vpc.id()) } else { FlowLogSource::Subnet(subnet) };
    let [group, role] = ["arn:aws:logs:eu-west-1:1:log-group:x", "arn:aws:iam::1:role/x"];
    let to = FlowLogDestination::LogGroup {
        group: Arn::from(group).into(),
        role: Arn::from(role).into(),
    };
    stack.add("main", FlowLog::new(scope(), of, to));
}

fn nat(stack: &mut Stack, gateways: u8) -> VpcHandle {
    let vpc = vpc(stack);
    let subnets = [subnet(stack, &vpc, 0, "a"), subnet(stack, &vpc, 1, "b")];
    for (number, subnet) in subnets.iter().enumerate().take(gateways.into()) {
        let ip = stack.add(&format!("nat{number}"), ElasticIp::new(scope()));
        stack.add(&format!("nat{number}"), NatGateway::new(scope(), subnet.id(), ip.id()));
    }
    vpc
}

fn dns(stack: &mut Stack, dns_hostnames: bool) {
    let vpc = Vpc::new(scope(), block("10.0.0.0/16"));
    stack.add("main", Vpc { dns_hostnames, ..vpc });
}
