//! Networks that are to be connected.

use super::{Refusal, refused, scope};
use groundplan::{
    Stack,
    aws::{Cidr, RouteTableId, Tags, VpcId},
    platform::{AccountParts, NetworkPeering, PeeringPart},
};

pub(super) const ROWS: &[Refusal] = &[
    refused(
        |s| connected(s, |_, asked| asked.cidrs.push(block("10.20.128.0/20"))),
        "accepter.cidrs",
        "10.20.128.0/20 of `platform` overlaps 10.20.0.0/16 of `analytics`",
    ),
    refused(
        |s| connected(s, |asks, _| asks.cidrs.push(block("10.0.0.0/8"))),
        "accepter.cidrs",
        "10.40.0.0/16 of `platform` overlaps 10.0.0.0/8 of `analytics`",
    ),
    refused(|s| connected(s, |asks, _| asks.cidrs.clear()), "requester.cidrs", "no addresses"),
    refused(|s| connected(s, |_, asked| asked.cidrs.clear()), "accepter.cidrs", "no addresses"),
    refused(|s| connected(s, |asks, _| asks.tables.clear()), "requester.tables", "no route tables"),
    refused(
        |s| connected(s, |_, asked| asked.tables.clear()),
        "accepter.tables",
        "no route tables",
    ),
];

fn connected(stack: &mut Stack, change: fn(&mut PeeringPart, &mut PeeringPart)) {
    let mut requester = part("analytics", "10.20.0.0/16");
    let mut accepter = part("platform", "10.40.0.0/16");
    change(&mut requester, &mut accepter);
    NetworkPeering { requester, accepter, tags: Tags::new() }.add(stack, "main");
}

fn part(name: &str, cidr: &str) -> PeeringPart {
    let account = AccountParts {
        scope: scope(),
        id: "111122223333".into(),
        region: "eu-west-1".to_owned(),
        role: None,
        via: None,
    };
    PeeringPart {
        name: name.to_owned(),
        account,
        vpc: VpcId::from(format!("vpc-{name}")).into(),
        cidrs: vec![block(cidr)],
        tables: vec![("private".to_owned(), RouteTableId::from(format!("rtb-{name}")).into())],
    }
}

fn block(text: &str) -> Cidr {
    text.parse().expect("a block")
}
