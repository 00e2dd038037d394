//! What is not ours is neither taken nor deleted.

use super::{FIRST, id, network};
use crate::harness::Wire;
use aws_sdk_ec2::types::Tag;
use groundplan::aws::{
    GatewayId, RouteTableId, Scope, SubnetId, VpcId,
    ec2::{Route, RouteTable, RouteTableAssociation, RouteTarget, Vpc},
};
use groundplan::{Class, Options, Report, Stack, Timeouts, Val};

fn the_fault(report: &Report) -> (String, String) {
    let [(address, fault)] = &report.failed[..] else { panic!("{report:#?}") };
    assert_eq!(fault.class, Class::NotOurs, "{fault}");
    (format!("{address}: {fault}"), fault.hint.clone().unwrap_or_default())
}

/// A stack that adds to the network of another.
fn guest(wire: &Wire, add: impl FnOnce(&mut Stack, Val<Scope>)) -> Stack {
    let (mut stack, scope) = wire.stack();
    add(&mut stack, scope);
    stack
}

#[tokio::test]
async fn a_route_of_others_is_not_taken() {
    let host = Wire::new("host");
    host.apply(network(&host, FIRST)).await;
    let closed = id(&host, "ec2.route_table/private").await;
    let nat = id(&host, "ec2.nat_gateway/main").await;
    let gateway = id(&host, "ec2.internet_gateway/main").await;

    let wire = Wire::new("guest");
    let program = |destination: &str| {
        guest(&wire, |stack, scope| {
            let target = RouteTarget::Gateway(GatewayId::from(gateway.as_str()).into());
            let table = RouteTableId::from(closed.as_str()).into();
            stack.add("out", Route::new(scope, table, destination.parse().unwrap(), target));
        })
    };
    let (report, calls) = wire.try_apply(program("0.0.0.0/0")).await;
    let (fault, hint) = the_fault(&report);
    assert_eq!(
        fault,
        format!(
            "ec2.route/out: {closed} has another route to 0.0.0.0/0 already: it leads to {nat}, and is not recorded here"
        )
    );
    assert!(hint.contains("aws ec2 delete-route"), "{hint}");
    assert_eq!(calls, [""; 0]);

    let (report, calls) = wire.try_apply(program("10.0.0.0/16")).await;
    let (fault, _) = the_fault(&report);
    assert!(fault.contains("AWS put it there"), "{fault}");
    assert_eq!(calls, [""; 0]);
    wire.destroy().await;
    assert_eq!(host.plan(network(&host, FIRST)).await, [""; 0], "nothing of the host was touched");
    host.destroy().await;
}

#[tokio::test]
async fn a_route_that_somebody_led_elsewhere_is_left() {
    let host = Wire::new("host-led");
    host.apply(network(&host, FIRST)).await;
    let closed = id(&host, "ec2.route_table/private").await;
    let nat = id(&host, "ec2.nat_gateway/main").await;
    let gateway = id(&host, "ec2.internet_gateway/main").await;
    let wire = Wire::new("guest-led");
    let program = guest(&wire, |stack, scope| {
        let target = RouteTarget::Gateway(GatewayId::from(gateway.as_str()).into());
        let table = RouteTableId::from(closed.as_str()).into();
        stack.add("out", Route::new(scope, table, "192.0.2.0/24".parse().unwrap(), target));
    });
    wire.apply(program).await;
    let clients = wire.clients().await;
    let elsewhere = clients.ec2.replace_route().route_table_id(&closed).nat_gateway_id(&nat);
    elsewhere.destination_cidr_block("192.0.2.0/24").send().await.unwrap();
    assert_eq!(wire.destroy().await, [""; 0]);
    let table = clients.ec2.describe_route_tables().route_table_ids(&closed).send().await.unwrap();
    let mut routes = table.route_tables()[0].routes().iter();
    let left = routes.find(|route| route.destination_cidr_block() == Some("192.0.2.0/24"));
    assert_eq!(left.and_then(|route| route.nat_gateway_id()), Some(nat.as_str()));
    host.destroy().await;
}

#[tokio::test]
async fn a_subnet_that_uses_another_table_is_left_to_it() {
    let host = Wire::new("host");
    host.apply(network(&host, FIRST)).await;
    let (vpc, subnet) = (id(&host, "ec2.vpc/main").await, id(&host, "ec2.subnet/private").await);
    let wire = Wire::new("guest");
    let program = guest(&wire, |stack, scope| {
        let table = RouteTable::new(scope.clone(), VpcId::from(vpc.as_str()).into());
        let table = stack.add("own", table).id();
        let subnet = SubnetId::from(subnet.as_str()).into();
        stack.add("own", RouteTableAssociation::new(scope, table, subnet));
    });
    let (report, calls) = wire.try_apply(program).await;
    let (fault, hint) = the_fault(&report);
    assert!(fault.contains(&format!("{subnet} uses another route table already")), "{fault}");
    assert!(hint.contains("aws ec2 disassociate-route-table"), "{hint}");
    assert_eq!(calls, ["CreateRouteTable"]);
    wire.destroy().await;
    assert_eq!(host.plan(network(&host, FIRST)).await, [""; 0], "nothing of the host was touched");
    host.destroy().await;
}

#[tokio::test]
async fn what_does_not_carry_our_mark_is_not_deleted() {
    let wire = Wire::new("mark");
    wire.apply(network(&wire, FIRST)).await;
    let clients = wire.clients().await;
    let db = id(&wire, "ec2.security_group/db").await;
    let other = Tag::builder().key("groundplan:lineage").value("another").build();
    clients.ec2.create_tags().resources(&db).tags(other).send().await.unwrap();

    let report = wire.try_destroy().await;
    let (fault, hint) = the_fault(&report);
    assert!(fault.contains(&format!("{db} was not deleted, as it is not this stack's")), "{fault}");
    let lineage = wire.snapshot().await.lineage.to_string();
    let mend = format!(
        "aws ec2 create-tags --resources {db} --tags Key=groundplan:lineage,Value={lineage}"
    );
    assert!(hint.contains(&mend), "{hint}");

    let ours = Tag::builder().key("groundplan:lineage").value(lineage).build();
    clients.ec2.create_tags().resources(&db).tags(ours).send().await.unwrap();
    wire.destroy().await;
}

#[tokio::test]
async fn what_is_still_in_use_says_by_whom() {
    let wire = Wire::new("held");
    let (mut stack, scope) = wire.stack();
    let patience = Timeouts { delete_seconds: Some(1), ..Timeouts::default() };
    let hasty = Options { timeouts: patience, ..Options::default() };
    stack.add_with("main", Vpc::new(scope, "10.0.0.0/16".parse().unwrap()), hasty);
    wire.apply(stack).await;
    let vpc = id(&wire, "ec2.vpc/main").await;
    let clients = wire.clients().await;
    let foreign = clients.ec2.create_subnet().vpc_id(&vpc).cidr_block("10.0.9.0/24").send().await;
    let foreign = foreign.unwrap().subnet.unwrap().subnet_id.unwrap();

    let report = wire.try_destroy().await;
    let [(_, fault)] = &report.failed[..] else { panic!("{report:#?}") };
    assert_eq!((fault.class, fault.code.as_deref()), (Class::InUse, Some("DependencyViolation")));
    let hint = fault.hint.as_deref().unwrap_or_default();
    assert!(hint.contains(&format!("still held by {foreign}")), "{hint}");

    clients.ec2.delete_subnet().subnet_id(foreign).send().await.unwrap();
    wire.destroy().await;
}
