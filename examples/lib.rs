//! Stacks a reader can run: `cargo run -p groundplan-examples --example NAME`.
//!
//! What tests run too is here; the rest is with its example.

pub mod accounts;
