//! Stacks a reader can run: `cargo run -p groundplan-examples --example NAME`.
