//! The AWS kinds: one folder a service, one file (or small folder) a resource kind.
//!
//! Clients are made at apply from resolved [`Scope`]s, so that an account or a role made in the same
//! run can be used in it. What every kind shares is in `client`, `fault`, `tags`, `found`, `glob`, `shown`,
//! `once`, `settle`, `merge` and `ids`.
//! Nothing here prints, reads the environment, or waits other than through the engine.

pub mod account;
pub mod acm;
pub mod cloudformation;
pub mod cloudwatch;
pub mod ec2;
pub mod ecr;
pub mod eks;
pub mod iam;
pub mod kafka;
pub mod kms;
pub mod logs;
pub mod opensearch;
pub mod organizations;
pub mod policy;
pub mod ram;
pub mod rds;
pub mod route53;
pub mod s3;
pub mod secretsmanager;
pub mod snippet;
pub mod sso;

mod client;
mod defaults;
mod fault;
mod found;
mod glob;
mod ids;
mod merge;
mod once;
mod pace;
mod scope;
mod settle;
mod shown;
mod support;
mod tags;
mod taking;
mod time_of_day;

pub use client::{Aws, Clients, CxAws, Lazy, Loopback, NotLoopback, http_client};
pub use defaults::Defaults;
pub use ids::{
    AllocationId, Arn, AssociationId, Cidr, CidrError, FlowLogId, GatewayId, LaunchTemplateId,
    NatGatewayId, PeeringId, RouteTableId, RuleId, SecurityGroupId, SubnetId, VpcEndpointId, VpcId,
    Zone,
};
pub use scope::Scope;
pub use tags::Tags;

use groundplan_core::{Registry, Rules};

/// Every rule over AWS kinds.
pub fn rules() -> Rules {
    acm::rules()
        .and(cloudwatch::rules())
        .and(ec2::rules())
        .and(ecr::rules())
        .and(eks::rules())
        .and(iam::rules())
        .and(kafka::rules())
        .and(kms::rules())
        .and(logs::rules())
        .and(opensearch::rules())
        .and(rds::rules())
        .and(route53::rules())
        .and(s3::rules())
        .and(secretsmanager::rules())
}

/// Every AWS kind.
pub fn registry() -> Registry {
    Registry::new()
        .with_derived::<account::AccountIdentity>()
        .and(acm::registry())
        .and(cloudwatch::registry())
        .and(ec2::registry())
        .and(ecr::registry())
        .and(eks::registry())
        .and(iam::registry())
        .and(kafka::registry())
        .and(kms::registry())
        .and(logs::registry())
        .and(opensearch::registry())
        .and(organizations::registry())
        .and(ram::registry())
        .and(rds::registry())
        .and(route53::registry())
        .and(s3::registry())
        .and(secretsmanager::registry())
        .and(sso::registry())
}
