//! Rules over networks: what is open to the world, and what goes with one zone.

use super::{
    Direction, EndpointType, FlowLog, FlowLogSource, NatGateway, Protocol, RulePeer,
    SecurityGroupRule, Subnet, Vpc, VpcEndpoint, launch_template,
};
use crate::{VpcId, Zone};
use groundplan_core::{Address, Rule, Rules, Severity, Val, View, references, to_json};
use std::collections::BTreeSet;

const OPEN_ADMIN: Rule = Rule {
    id: "ec2-open-admin-port",
    severity: Severity::Error,
    field: "peer",
    why: "SSH and RDP on the internet are tried by machines within minutes",
    mend: "let in the network that administers it, or use Session Manager and no port at all",
};
const OPEN_STORE: Rule = Rule {
    id: "ec2-open-store-port",
    severity: Severity::Error,
    field: "peer",
    why: "a store that the internet can reach is one password away from being everybody's",
    mend: "let in the security group of what uses it",
};
const OPEN_PORT: Rule = Rule {
    id: "ec2-open-port",
    severity: Severity::Warn,
    field: "peer",
    why: "anything but a web server is meant for somebody, and the internet is everybody",
    mend: "let in the networks or security groups that need it",
};
const PUBLIC_IP: Rule = Rule {
    id: "ec2-subnet-public-ip",
    severity: Severity::Warn,
    field: "public_ip",
    why: "whatever is started there is on the internet without anybody deciding so",
    mend: "turn `public_ip` off; load balancers and NAT gateways do not need it",
};
const NAT_ZONES: Rule = Rule {
    id: "ec2-nat-per-zone",
    severity: Severity::Warn,
    field: "subnet",
    why: "a zone that fails takes the way out of the others with it, and their traffic crosses zones at a price",
    mend: "add a NAT gateway in each zone that has subnets",
};
const S3_ENDPOINT: Rule = Rule {
    id: "ec2-s3-endpoint",
    severity: Severity::Warn,
    field: "id",
    why: "what goes to S3 through a NAT gateway, images of ECR among it, is paid for by the gigabyte",
    mend: "add a gateway endpoint for `s3` with the route tables of its private subnets: it costs nothing",
};
const FLOW_LOGS: Rule = Rule {
    id: "ec2-flow-logs",
    severity: Severity::Warn,
    field: "id",
    why: "after a break-in nobody can tell who talked to whom, nor why a connection is refused",
    mend: "add a flow log of the VPC, with a log group that keeps it for some weeks",
};
const DNS: Rule = Rule {
    id: "ec2-vpc-dns",
    severity: Severity::Warn,
    field: "dns_hostnames",
    why: "nodes do not join a cluster, and private endpoints have no names, without DNS in the network",
    mend: "set `dns_support` and `dns_hostnames`",
};

pub(crate) fn rules() -> Rules {
    Rules::new()
        .on(OPEN_ADMIN, |rule: &SecurityGroupRule, _: &View<'_>| open(rule, &ADMIN))
        .on(OPEN_STORE, |rule: &SecurityGroupRule, _: &View<'_>| open(rule, &STORES))
        .on(OPEN_PORT, open_port)
        .on(PUBLIC_IP, |subnet: &Subnet, _: &View<'_>| {
            subnet.public_ip.then_some("instances get a public address at launch")
        })
        .across(NAT_ZONES, nat_zones)
        .across(S3_ENDPOINT, s3_endpoints)
        .across(FLOW_LOGS, flow_logs)
        .on(DNS, |vpc: &Vpc, _: &View<'_>| match (vpc.dns_support, vpc.dns_hostnames) {
            (false, _) => Some("it has no DNS resolver"),
            (true, false) => Some("its instances get no names"),
            (true, true) => None,
        })
        .and(launch_template::rules())
}

/// A port, what listens there, and whether that takes UDP as well as TCP.
type Port = (u16, &'static str, bool);

const ADMIN: [Port; 4] = [
    (22, "SSH", false),
    (3389, "RDP", false),
    (5985, "WinRM", false),
    (10250, "the kubelet", false),
];
const STORES: [Port; 11] = [
    (1433, "SQL Server", false),
    (2049, "NFS", true),
    (2379, "etcd", false),
    (3306, "MySQL", false),
    (5432, "PostgreSQL", false),
    (6379, "Redis", false),
    (9042, "Cassandra", false),
    (9092, "Kafka", false),
    (9200, "OpenSearch", false),
    (11211, "memcached", true),
    (27017, "MongoDB", false),
];
const WEB: [u16; 2] = [80, 443];

/// Whether a rule lets the whole internet in.
pub(super) fn is_open(rule: &SecurityGroupRule) -> bool {
    let wide = matches!(&rule.peer, RulePeer::Cidr(cidr) if cidr.prefix() == 0);
    wide && matches!(rule.direction, Direction::Ingress) && rule.protocol != Protocol::Icmp
}

fn lets_through(rule: &SecurityGroupRule, (port, _, udp): &Port) -> bool {
    let spoken = match rule.protocol {
        Protocol::Tcp | Protocol::All => true,
        Protocol::Udp => *udp,
        Protocol::Icmp => false,
    };
    spoken && rule.ports.is_none_or(|ports| (ports.from..=ports.to).contains(port))
}

fn open(rule: &SecurityGroupRule, ports: &[Port]) -> Option<String> {
    let found = ports.iter().find(|port| is_open(rule) && lets_through(rule, port));
    found.map(|(port, name, _)| format!("lets every address in on port {port} ({name})"))
}

/// The ports of a rule, for people.
pub(super) fn ports(rule: &SecurityGroupRule) -> String {
    match rule.ports {
        None => "every port".to_owned(),
        Some(ports) if ports.from == ports.to => format!("port {}", ports.from),
        Some(ports) => format!("ports {} to {}", ports.from, ports.to),
    }
}

fn open_port(rule: &SecurityGroupRule, _: &View<'_>) -> Option<String> {
    let told = open(rule, &ADMIN).is_some() || open(rule, &STORES).is_some();
    let web = rule.ports.is_some_and(|ports| ports.from == ports.to && WEB.contains(&ports.from));
    let said = ports(rule);
    (is_open(rule) && !told && !web).then(|| format!("lets every address in on {said}"))
}

/// VPCs whose subnets are in more zones than their NAT gateways.
fn nat_zones(view: &View<'_>) -> Vec<(Address, String)> {
    let subnets = view.all::<Subnet>();
    let mut found = Vec::new();
    for (address, _) in view.all::<Vpc>() {
        let here = subnets.iter().filter(|(_, subnet)| is_in(&subnet.vpc, address));
        let zones: BTreeSet<&Zone> = here.map(|(_, subnet)| &subnet.zone).collect();
        let with = zones_with_nat(view, address);
        let without: Vec<_> = zones
            .into_iter()
            .filter(|zone| !with.contains(*zone))
            .map(ToString::to_string)
            .collect();
        if !with.is_empty() && !without.is_empty() {
            let what = format!("{} has no NAT gateway of its own", without.join(" nor "));
            found.push((address.clone(), what));
        }
    }
    found
}

/// The zones in which a VPC has a NAT gateway.
fn zones_with_nat(view: &View<'_>, vpc: &Address) -> BTreeSet<Zone> {
    let gateways = view.all::<NatGateway>();
    let subnets = gateways.iter().filter_map(|(_, nat)| view.source::<Subnet>(&nat.subnet));
    let here = subnets.filter(|(_, subnet)| is_in(&subnet.vpc, vpc));
    here.map(|(_, subnet)| subnet.zone).collect()
}

/// VPCs with a NAT gateway through which S3 is reached.
fn s3_endpoints(view: &View<'_>) -> Vec<(Address, String)> {
    let endpoints = view.all::<VpcEndpoint>();
    let is_way = |endpoint: &VpcEndpoint| {
        // By its short name, or by its whole one.
        let s3 = endpoint.service.rsplit('.').next() == Some("s3");
        s3 && endpoint.endpoint_type == EndpointType::Gateway
    };
    let without = |vpc: &Address| {
        !zones_with_nat(view, vpc).is_empty()
            && !endpoints.iter().any(|(_, one)| is_way(one) && is_in(&one.vpc, vpc))
    };
    told(view, without, "it reaches S3 through NAT gateways")
}

/// VPCs that nothing is recorded of.
fn flow_logs(view: &View<'_>) -> Vec<(Address, String)> {
    let logs = view.all::<FlowLog>();
    let without = |vpc: &Address| {
        !logs.iter().any(|(_, log)| matches!(&log.of, FlowLogSource::Vpc(id) if is_in(id, vpc)))
    };
    told(view, without, "it has no flow log")
}

/// Says the same of every VPC of which something is so.
fn told(view: &View<'_>, is_so: impl Fn(&Address) -> bool, what: &str) -> Vec<(Address, String)> {
    let vpcs = view.all::<Vpc>().into_iter().map(|(address, _)| address.clone());
    vpcs.filter(is_so).map(|address| (address, what.to_owned())).collect()
}

/// Whether this is the id of a VPC.
fn is_in(id: &Val<VpcId>, vpc: &Address) -> bool {
    references(&to_json(id)).contains(vpc)
}
