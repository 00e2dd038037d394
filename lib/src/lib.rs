//! Infrastructure as Rust: what other teams import.
//!
//! This crate is a façade. The engine is at its root: [`Stack`], [`Val`], [`plan`](fn@plan) and
//! [`apply`](fn@apply); [`aws`] and [`kube`] hold the kinds, [`platform`] the components made of them.
//! A [`Program`] joins settings and a graph; the crate `groundplan-driver` makes a command of it.
//!
//! ```
//! use groundplan::{Stack, Val, aws::{Scope, VpcId, ec2::{Subnet, Vpc}}};
//!
//! fn network(stack: &mut Stack, scope: Val<Scope>) -> Val<VpcId> {
//!     let vpc = stack.add("main", Vpc::new(scope.clone(), "10.0.0.0/16".parse().expect("a block")));
//!     let block = "10.0.0.0/20".parse().expect("a block");
//!     stack.add("private-a", Subnet::new(scope, vpc.id(), block, "eu-west-1a".into()));
//!     vpc.id()
//! }
//! ```
//!
//! A subnet's id where a VPC's is wanted does not compile:
//!
//! ```compile_fail
//! use groundplan::{Stack, Val, aws::{Scope, SubnetId, ec2::Subnet}};
//!
//! fn wrong(stack: &mut Stack, scope: Val<Scope>, subnet: Val<SubnetId>) {
//!     let block = "10.0.0.0/20".parse().expect("a block");
//!     stack.add("private-a", Subnet::new(scope, subnet, block, "eu-west-1a".into()));
//! }
//! ```

pub use groundplan_aws as aws;
pub use groundplan_core::*;
pub use groundplan_kube as kube;
pub use groundplan_platform as platform;

/// Every rule that comes with this library.
pub fn rules() -> Rules {
    aws::rules().and(kube::rules()).and(platform::rules())
}

/// Every kind that comes with this library.
pub fn registry() -> Registry {
    aws::registry().and(kube::registry())
}

/// The examples of the readme compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
