//! Promises of the stores: durable, whole, exclusive, mendable.

#![expect(clippy::unwrap_used, reason = "all of it is tests")]

mod budget;
#[path = "../contract/mod.rs"]
mod contract;
mod damage;
mod dir;
mod long;
mod memory;
