//! EC2: the network.
//!
//! Shared by its kinds: `read` finds many objects with few calls and waits for reads that lag,
//! `tags` marks objects and knows whose they are, `once` keeps a create from being sent twice, `held`
//! deletes what something may still use.

mod elastic_ip;
mod gateway_attachment;
mod held;
mod internet_gateway;
mod nat_gateway;
mod once;
mod peering;
mod peering_acceptance;
mod peering_dns;
mod read;
mod risks;
mod route;
mod route_table;
mod route_table_association;
mod rules;
mod security_group;
mod security_group_rule;
mod subnet;
mod tags;
mod vpc;

pub use elastic_ip::{ElasticIp, ElasticIpHandle, ElasticIpOutputs};
pub use gateway_attachment::{
    GatewayAttachment, GatewayAttachmentHandle, GatewayAttachmentOutputs,
};
pub use internet_gateway::{InternetGateway, InternetGatewayHandle, InternetGatewayOutputs};
pub use nat_gateway::{NatGateway, NatGatewayHandle, NatGatewayOutputs};
pub use peering::{Peering, PeeringHandle, PeeringOutputs};
pub use peering_acceptance::{
    PeeringAcceptance, PeeringAcceptanceHandle, PeeringAcceptanceOutputs,
};
pub use peering_dns::{PeeringDns, PeeringDnsHandle, PeeringDnsOutputs, PeeringSide};
pub use route::{Route, RouteHandle, RouteOutputs, RouteTarget};
pub use route_table::{RouteTable, RouteTableHandle, RouteTableOutputs};
pub use route_table_association::{
    RouteTableAssociation, RouteTableAssociationHandle, RouteTableAssociationOutputs,
};
pub use security_group::{SecurityGroup, SecurityGroupHandle, SecurityGroupOutputs};
pub use security_group_rule::{
    Direction, PortRange, Protocol, RulePeer, SecurityGroupRule, SecurityGroupRuleHandle,
    SecurityGroupRuleOutputs,
};
pub use subnet::{Subnet, SubnetHandle, SubnetOutputs};
pub use vpc::{Vpc, VpcHandle, VpcOutputs};

pub(crate) use rules::rules;

use groundplan_core::Registry;

/// Every kind of EC2.
pub(crate) fn registry() -> Registry {
    Registry::new()
        .with::<ElasticIp>()
        .with::<GatewayAttachment>()
        .with::<InternetGateway>()
        .with::<NatGateway>()
        .with::<Peering>()
        .with::<PeeringAcceptance>()
        .with::<PeeringDns>()
        .with::<Route>()
        .with::<RouteTable>()
        .with::<RouteTableAssociation>()
        .with::<SecurityGroup>()
        .with::<SecurityGroupRule>()
        .with::<Subnet>()
        .with::<Vpc>()
}
