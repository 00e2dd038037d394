//! The AWS kinds, driven by the engine, over the wire, against a sandbox that lives as long as this
//! process.

#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod base;
mod credentials;
mod ec2;
mod harness;
mod iam_eks;
mod import;
mod kinds;
mod lost;
mod marked;
mod organization;
mod policy;
mod refresh;
mod stacks;
mod stores;
mod takeover;
mod trust;
