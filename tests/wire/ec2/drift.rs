//! What others change is seen field by field, and put right.

use super::{FIRST, assert_as_recorded, id, network};
use crate::harness::{Wire, eventually};
use aws_sdk_ec2::types::{
    AttributeBooleanValue, SecurityGroupRuleRequest, SecurityGroupRuleUpdate, Tag,
};

#[tokio::test]
async fn changed_fields_are_seen_one_by_one_and_put_right() {
    let wire = Wire::new("drift");
    wire.apply(network(&wire, FIRST)).await;
    let clients = wire.clients().await;
    let ec2 = &clients.ec2;
    let nat = id(&wire, "ec2.nat_gateway/main").await;
    let gateway = id(&wire, "ec2.internet_gateway/main").await;
    let (open, closed) =
        (id(&wire, "ec2.route_table/public").await, id(&wire, "ec2.route_table/private").await);

    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let add = ec2.create_tags().resources(&nat).tags(tag("team", "x")).tags(tag("more", "y"));
    add.send().await.unwrap();
    let group = id(&wire, "ec2.security_group/db").await;
    let gone = Tag::builder().key("team").build();
    ec2.delete_tags().resources(group).tags(gone).send().await.unwrap();
    let on = AttributeBooleanValue::builder().value(true).build();
    let subnet = id(&wire, "ec2.subnet/private").await;
    let open_up = ec2.modify_subnet_attribute().subnet_id(subnet).map_public_ip_on_launch(on);
    open_up.send().await.unwrap();
    let off = AttributeBooleanValue::builder().value(false).build();
    let vpc = id(&wire, "ec2.vpc/main").await;
    ec2.modify_vpc_attribute().vpc_id(vpc).enable_dns_hostnames(off).send().await.unwrap();
    let leads_elsewhere = ec2.replace_route().route_table_id(&open).nat_gateway_id(&nat);
    leads_elsewhere.destination_cidr_block("0.0.0.0/0").send().await.unwrap();
    let association = id(&wire, "ec2.route_table_association/public").await;
    let other = ec2.replace_route_table_association().association_id(association);
    other.route_table_id(&closed).send().await.unwrap();
    let rule = SecurityGroupRuleRequest::builder()
        .ip_protocol("tcp")
        .from_port(443)
        .to_port(444)
        .cidr_ipv4("0.0.0.0/0")
        .description("users")
        .build();
    let rule = SecurityGroupRuleUpdate::builder()
        .security_group_rule_id(id(&wire, "ec2.security_group_rule/https").await)
        .security_group_rule(rule)
        .build();
    let web = id(&wire, "ec2.security_group/web").await;
    let more_ports = ec2.modify_security_group_rules().group_id(web).security_group_rules(rule);
    more_ports.send().await.unwrap();

    assert_eq!(
        wire.plan(network(&wire, FIRST)).await,
        [
            "update ec2.nat_gateway/main tags.more: \"y\" → null (drift)".to_owned(),
            "update ec2.nat_gateway/main tags.team: \"x\" → \"data\" (drift)".to_owned(),
            format!("update ec2.route/public target.gateway: null → \"{gateway}\" (drift)"),
            format!("update ec2.route/public target.nat_gateway: \"{nat}\" → null (drift)"),
            format!(
                "update ec2.route_table_association/public table: \"{closed}\" → \"{open}\" (drift)"
            ),
            "update ec2.security_group/db tags.team: null → \"data\" (drift)".to_owned(),
            "update ec2.security_group_rule/https ports.to: 444 → 443 (drift)".to_owned(),
            "update ec2.subnet/private public_ip: true → false (drift)".to_owned(),
            "update ec2.vpc/main dns_hostnames: false → true (drift)".to_owned(),
        ]
    );
    assert_eq!(
        wire.apply(network(&wire, FIRST)).await,
        [
            "CreateTags",
            "CreateTags",
            "DeleteTags",
            "ModifySecurityGroupRules",
            "ModifySubnetAttribute",
            "ModifyVpcAttribute",
            "ReplaceRoute",
            "ReplaceRouteTableAssociation",
        ]
    );
    assert_eq!(wire.plan(network(&wire, FIRST)).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn what_others_deleted_is_made_again() {
    let wire = Wire::new("deleted");
    wire.apply(network(&wire, FIRST)).await;
    let clients = wire.clients().await;
    let ec2 = &clients.ec2;
    let nat = id(&wire, "ec2.nat_gateway/main").await;
    ec2.delete_nat_gateway().nat_gateway_id(nat).send().await.unwrap();
    // In use until the NAT gateway is deleted.
    let address = id(&wire, "ec2.elastic_ip/nat").await;
    eventually(async || ec2.release_address().allocation_id(&address).send().await).await;
    let open = id(&wire, "ec2.route_table/public").await;
    let route = ec2.delete_route().route_table_id(open).destination_cidr_block("0.0.0.0/0");
    route.send().await.unwrap();
    let association = id(&wire, "ec2.route_table_association/private").await;
    ec2.disassociate_route_table().association_id(association).send().await.unwrap();
    let (gateway, vpc) =
        (id(&wire, "ec2.internet_gateway/main").await, id(&wire, "ec2.vpc/main").await);
    let detach = ec2.detach_internet_gateway().internet_gateway_id(gateway).vpc_id(vpc);
    detach.send().await.unwrap();
    let rule = id(&wire, "ec2.security_group_rule/mysql").await;
    let db = id(&wire, "ec2.security_group/db").await;
    let revoke = ec2.revoke_security_group_ingress().group_id(db).security_group_rule_ids(rule);
    revoke.send().await.unwrap();

    let plan = wire.plan(network(&wire, FIRST)).await;
    let created: Vec<_> = plan.iter().filter(|line| line.starts_with("create")).collect();
    assert_eq!(
        created,
        [
            "create ec2.elastic_ip/nat",
            "create ec2.gateway_attachment/main",
            "create ec2.nat_gateway/main",
            "create ec2.route/public",
            "create ec2.route_table_association/private",
            "create ec2.security_group_rule/mysql",
        ]
    );
    wire.apply(network(&wire, FIRST)).await;
    assert_eq!(wire.plan(network(&wire, FIRST)).await, [""; 0]);
    assert_as_recorded(&wire).await;
    wire.destroy().await;
}
