//! Promises of the stores: durable, whole, exclusive, mendable.

mod budget;
#[path = "../contract/mod.rs"]
mod contract;
mod damage;
mod dir;
mod memory;
