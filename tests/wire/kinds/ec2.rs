//! The network.

use super::{
    ground::{Ground, cidr},
    specimen::Specimen,
    specimens,
};
use groundplan::aws::{
    GatewayId, Tags,
    ec2::{
        Direction, ElasticIp, ElasticIpHandle, FlowLog, FlowLogDestination, FlowLogSource,
        FlowLogTraffic, GatewayAttachment, InternetGateway, InternetGatewayHandle, IpType,
        LaunchTemplate, NatGateway, PortRange, Protocol, Route, RouteTable, RouteTableAssociation,
        RouteTableHandle, RouteTarget, RulePeer, SecurityGroup, SecurityGroupRule, Subnet, Volume,
        Vpc, VpcEndpoint,
    },
    iam::InstanceProfile,
    kms::Key,
    logs::LogGroup,
};
use groundplan::{Val, json_text};

specimens![
    elastic_ip,
    flow_log,
    gateway_attachment,
    gateway_endpoint,
    interface_endpoint,
    internet_gateway,
    launch_template,
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

fn flow_log() -> Specimen<FlowLog> {
    Specimen::new("flow-log", |ground| {
        let (vpc, to) = (ground.vpc().id(), log_group(ground, "one"));
        FlowLog::new(ground.scope(), FlowLogSource::Vpc(vpc), to)
    })
    .tags(|log| &mut log.tags)
    .copies(|log, ground, number| log.to = log_group(ground, &format!("to-{number}")))
    .replace("of", |log, ground| log.of = FlowLogSource::Subnet(ground.subnet("a").id()))
    .replace("traffic", |log, _| log.traffic = FlowLogTraffic::Reject)
    .replace("to", |log, ground| log.to = log_group(ground, "two"))
    .replace("format", |log, _| log.format = Some("${version} ${srcaddr} ${dstaddr}".into()))
    .replace("interval_seconds", |log, _| log.interval_seconds = 60)
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

fn gateway_endpoint() -> Specimen<VpcEndpoint> {
    Specimen::new("gateway-endpt", |ground| {
        let (vpc, table) = (ground.vpc().id(), table(ground, "one").id());
        VpcEndpoint::gateway(ground.scope(), vpc, "s3", [table])
    })
    .tags(|endpoint| &mut endpoint.tags)
    .update("route_tables", |endpoint, ground| {
        endpoint.route_tables.push(table(ground, "two").id());
    })
    .update("policy", |endpoint, _| endpoint.policy = Some(reads_only()))
    .replace("service", |endpoint, _| endpoint.service = "dynamodb".into())
    .replace("vpc", |endpoint, ground| {
        let vpc = ground.other_vpc().id();
        let table = ground.add("three", RouteTable::new(ground.scope(), vpc.clone()));
        (endpoint.vpc, endpoint.route_tables) = (vpc, vec![table.id()]);
    })
    .fixed("endpoint_type", "another one is covered by the next specimen")
    .fixed("subnets", "of interfaces alone")
    .fixed("security_groups", "of interfaces alone")
    .fixed("private_dns", "of interfaces alone")
    .fixed("ip_type", "of interfaces alone")
}

fn interface_endpoint() -> Specimen<VpcEndpoint> {
    Specimen::new("interface-endpt", |ground| {
        let (vpc, subnet) = (ground.vpc().id(), ground.subnet("a").id());
        let group = ground.group("web").id();
        VpcEndpoint::interface(ground.scope(), vpc, "ecr.api", [subnet], group)
    })
    .tags(|endpoint| &mut endpoint.tags)
    .update("subnets", |endpoint, ground| endpoint.subnets.push(ground.subnet("b").id()))
    .update("security_groups", |endpoint, ground| {
        endpoint.security_groups = vec![ground.group("data").id()];
    })
    .update("private_dns", |endpoint, _| endpoint.private_dns = false)
    .update("policy", |endpoint, _| endpoint.policy = Some(reads_only()))
    .update("ip_type", |endpoint, _| endpoint.ip_type = IpType::Dualstack)
    // One of a VPC has the name of its service.
    .copies(|endpoint, _, _| endpoint.private_dns = false)
    .replace("service", |endpoint, _| endpoint.service = "ecr.dkr".into())
    .fixed("endpoint_type", "another one is covered by the specimen before")
    .fixed("vpc", "covered by the specimen before")
    .fixed("route_tables", "of gateways alone")
}

fn launch_template() -> Specimen<LaunchTemplate> {
    Specimen::new("template", |ground| LaunchTemplate::new(ground.scope()))
        .tags(|template| &mut template.tags)
        .update("description", |template, _| template.description = "for the platform".into())
        .update("image", |template, _| template.image = Some("ami-12c6146b".into()))
        .update("instance_type", |template, _| template.instance_type = Some("m6i.large".into()))
        .update("volumes", |template, ground| {
            let key = ground.add("disks", Key::new(ground.scope(), "for disks")).arn();
            let data = Volume {
                kms_key: Some(key),
                iops: Some(4000),
                throughput: Some(250),
                ..Volume::gp3("/dev/xvdb", 100)
            };
            template.volumes.push(data);
        })
        .update("metadata", |template, _| template.metadata.hop_limit = 2)
        .update("user_data", |template, _| template.user_data = Some("#!/bin/sh\necho".into()))
        .update("security_groups", |template, ground| {
            template.security_groups = vec![ground.group("web").id()];
        })
        .update("instance_profile", |template, ground| {
            let role = ground.role("nodes", "ec2.amazonaws.com", &[]).name();
            let profile = ground.add("nodes", InstanceProfile::new(ground.scope(), role));
            template.instance_profile = Some(profile.arn());
        })
        .update("key_pair", |template, _| template.key_pair = Some("administrators".into()))
        .update("detailed_monitoring", |template, _| template.detailed_monitoring = true)
        .update("instance_tags", |template, _| tag(&mut template.instance_tags))
        .update("volume_tags", |template, _| tag(&mut template.volume_tags))
        .copies(|_, _, _| {})
        .replace("name", |template, _| template.name = Some("template-of-another-name".into()))
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
        let (vpc, block) = (ground.vpc(), cidr(&format!("10.0.{number}.0/24")));
        let subnet = Subnet::new(ground.scope(), vpc.id(), block, Ground::zone("a"));
        association.subnet = ground.add(&format!("subnet-{number}"), subnet).id();
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

fn tag(tags: &mut Tags) {
    tags.insert("team".to_owned(), "platform".to_owned());
}

/// What an endpoint lets through.
fn reads_only() -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": ["s3:Get*"], "Resource": "*" }],
    })
}

/// A log group with a role that writes to it.
fn log_group(ground: &mut Ground, name: &str) -> FlowLogDestination {
    let role = ground.role("flows", "vpc-flow-logs.amazonaws.com", &[]).arn();
    let group = ground.add(name, LogGroup::new(ground.scope(), 30)).arn();
    FlowLogDestination::LogGroup { group, role }
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
