//! The AWS kinds, driven by the engine, over the wire.
//!
//! They need a server that speaks the AWS APIs on this machine, and are told where it is:
//!
//! ```text
//! moto_server -H 127.0.0.1 -p 4566 &
//! GROUNDPLAN_TEST_ENDPOINT=http://127.0.0.1:4566 cargo test -p groundplan-aws --test wire
//! ```

mod ec2;
mod harness;
mod stores;
