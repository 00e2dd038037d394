//! The S3 store against the sandbox's S3: what every store promises, and what is S3's own.

#![expect(clippy::unwrap_used, reason = "all of it is tests")]

mod answers;
#[path = "../../../tests/contract/mod.rs"]
mod contract;
mod refusals;
mod s3;
#[path = "../../../../tests/wire/harness/sandbox.rs"]
mod sandbox;
