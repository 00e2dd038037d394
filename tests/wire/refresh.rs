//! A thousand resources are read with as few calls as their kinds declare, and the documentation says so.

use crate::{harness::Wire, trust::trust};
use groundplan::aws::{
    Arn, Scope, SecurityGroupId,
    ec2::{
        Direction, GatewayAttachment, InternetGateway, PortRange, Protocol, Route, RouteTable,
        RouteTableAssociation, RouteTarget, RulePeer, SecurityGroup, SecurityGroupRule, Subnet,
        Vpc,
    },
    iam::{Role, RolePolicyAttachment},
    logs::LogGroup,
    registry,
};
use groundplan::{Meta, Ownership, ReadCost, Stack, Val};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    io::Write as _,
    path::Path,
};

/// Ids that one call asks for at most.
const PAGE: usize = 200;
/// Networks of 72 subnets, 23 groups and 6 tables each.
const NETWORKS: u8 = 4;

#[tokio::test]
async fn a_thousand_resources_are_read_as_their_kinds_declare() {
    let wire = Wire::new("thousand");
    for networks in 1..=NETWORKS {
        wire.apply(program(&wire, networks)).await;
    }
    let calls = wire.calls_of_a_plan(program(&wire, NETWORKS)).await;
    let rows = rows(&wire, &calls).await;
    for row in &rows {
        let declared = row.each();
        let pages = row.kinds.iter().map(|(_, count)| count.div_ceil(PAGE)).sum::<usize>();
        let searches = row.kinds.iter().filter(|(kind, _)| is_marked(meta(kind))).count();
        let most = declared + pages + searches;
        assert!((declared..=most).contains(&row.calls), "{declared} to {most} calls: {row:?}");
    }
    let counted: usize = rows.iter().map(|row| row.calls).sum();
    let others: Vec<_> = calls.iter().filter(|call| **call != "GetCallerIdentity").collect();
    assert_eq!(counted, others.len(), "every call is somebody's: {others:?}");
    let resources: usize = rows.iter().map(Row::resources).sum();
    assert_eq!(resources, 1000);
    written(&table(&rows));
    for networks in (1..NETWORKS).rev() {
        wire.apply(program(&wire, networks)).await;
    }
    wire.destroy().await;
}

/// With so many networks. It comes and goes network by network, as a run of the harness takes minutes at most.
fn program(wire: &Wire, networks: u8) -> Stack {
    let (mut stack, scope) = wire.stack();
    for number in 0..networks {
        network(&mut stack, &scope, number);
    }
    for number in 0..60 {
        let name = format!("app-{number}");
        let role = stack.add(&name, Role::new(scope.clone(), trust("ec2.amazonaws.com")));
        let policy = Arn::from("arn:aws:iam::aws:policy/ReadOnlyAccess");
        let attachment = RolePolicyAttachment::new(scope.clone(), role.name(), policy.into());
        stack.add(&name, attachment);
        stack.add(&name, LogGroup::new(scope.clone(), 30));
    }
    stack
}

fn network(stack: &mut Stack, scope: &Val<Scope>, number: u8) {
    let cidr = format!("10.{number}.0.0/16").parse().unwrap();
    let named = |part: &str, at: u8| format!("{part}-{number}-{at}");
    let vpc = stack.add(&named("net", 0), Vpc::new(scope.clone(), cidr)).id();
    let gateway = stack.add(&named("net", 0), InternetGateway::new(scope.clone())).id();
    let attachment = GatewayAttachment::new(scope.clone(), gateway.clone(), vpc.clone());
    let attached = stack.add(&named("net", 0), attachment);
    for at in 0..6 {
        let table =
            stack.add(&named("table", at), RouteTable::new(scope.clone(), vpc.clone())).id();
        let out = RouteTarget::Gateway(attached.gateway());
        let out = Route::new(scope.clone(), table.clone(), "0.0.0.0/0".parse().unwrap(), out);
        stack.add(&named("table", at), out);
        for part in 0..12 {
            let place = at * 12 + part;
            let (name, cidr) = (named("subnet", place), format!("10.{number}.{place}.0/24"));
            let zone = ["eu-west-1a", "eu-west-1b"][usize::from(part % 2)];
            let subnet =
                Subnet::new(scope.clone(), vpc.clone(), cidr.parse().unwrap(), zone.into());
            let subnet = stack.add(&name, subnet).id();
            stack.add(&name, RouteTableAssociation::new(scope.clone(), table.clone(), subnet));
        }
    }
    for at in 0..23 {
        let group = SecurityGroup::new(scope.clone(), vpc.clone(), "one of many");
        let group = stack.add(&named("group", at), group).id();
        stack.add(&named("rule", at), rule(scope, group));
    }
}

fn rule(scope: &Val<Scope>, group: Val<SecurityGroupId>) -> SecurityGroupRule {
    let (ports, peer) = (PortRange::one(443), RulePeer::Cidr("10.0.0.0/8".parse().unwrap()));
    let (direction, tcp) = (Direction::Ingress, Protocol::Tcp);
    SecurityGroupRule::new(scope.clone(), group, direction, tcp, Some(ports), peer)
}

/// Kinds that are read by the same calls.
#[derive(Debug, Default)]
struct Row {
    kinds: Vec<(String, usize)>,
    actions: BTreeSet<&'static str>,
    calls: usize,
}

impl Row {
    fn resources(&self) -> usize {
        self.kinds.iter().map(|(_, count)| count).sum()
    }

    /// The calls that its objects are declared to take, each for itself.
    fn each(&self) -> usize {
        self.kinds.iter().map(|(kind, count)| count * meta(kind).read_cost.each()).sum()
    }
}

fn meta(kind: &str) -> &'static Meta {
    registry().meta(kind).expect("a resource")
}

fn is_marked(meta: &Meta) -> bool {
    meta.ownership == Ownership::Tagged
}

async fn rows(wire: &Wire, calls: &[String]) -> Vec<Row> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for address in wire.snapshot().await.entries.keys() {
        *counts.entry(address.kind().to_owned()).or_default() += 1;
    }
    let mut rows: Vec<Row> = Vec::new();
    for (kind, count) in counts {
        let Some(meta) = registry().meta(&kind) else { continue };
        let all = meta.iam.observe.iter().chain(meta.iam.search);
        let actions: BTreeSet<_> = all.filter_map(|action| action.split(':').nth(1)).collect();
        let of = |row: &&mut Row| !row.actions.is_disjoint(&actions);
        match rows.iter_mut().find(of) {
            Some(row) => {
                row.kinds.push((kind, count));
                row.actions.extend(actions);
            }
            None => rows.push(Row { kinds: vec![(kind, count)], actions, calls: 0 }),
        }
    }
    for row in &mut rows {
        row.calls = calls.iter().filter(|call| row.actions.contains(call.as_str())).count();
    }
    rows
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| kinds | resources | calls of a plan | one read for each | why more than a page |\n| --- | ---: | ---: | ---: | --- |\n",
    );
    for row in rows {
        let kinds: Vec<_> = row.kinds.iter().map(|(kind, _)| format!("`{kind}`")).collect();
        let why = row.kinds.iter().find_map(|(kind, _)| match meta(kind).read_cost {
            ReadCost::Page => None,
            ReadCost::Object(why) | ReadCost::Objects(_, why) => Some(why),
        });
        let (resources, calls) = (row.resources(), row.calls);
        let (kinds, why) = (kinds.join(", "), why.unwrap_or_default());
        writeln!(text, "| {kinds} | {resources} | {calls} | {resources} | {why} |").unwrap();
    }
    let sum = |of: fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
    let (resources, calls) = (sum(Row::resources), sum(|row| row.calls));
    writeln!(text, "| all | {resources} | {calls} | {resources} | |").unwrap();
    text
}

/// The page has the table that was measured.
fn written(table: &str) {
    let mut shown = std::io::stderr().lock();
    writeln!(shown, "{table}").unwrap();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/what-a-plan-reads.md");
    let there = fs::read_to_string(&page).unwrap();
    let (before, rest) = there.split_once("<!-- measured -->\n").expect("a place for it");
    let (was, after) = rest.split_once("<!-- end -->").expect("its end");
    if std::env::var("GROUNDPLAN_GOLDEN").is_ok_and(|what| what == "write") {
        let text = format!("{before}<!-- measured -->\n{table}<!-- end -->{after}");
        return fs::write(&page, text).unwrap();
    }
    assert_eq!(was, table, "GROUNDPLAN_GOLDEN=write writes the page anew");
}
