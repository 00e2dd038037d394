//! Accounts of an organization, and what is in them, as a command.
//!
//! `cargo run -p groundplan-examples --example accounts -- --config examples/accounts/groundplan.toml --sandbox`

use groundplan_examples::accounts::Accounts;
use std::process::ExitCode;

fn main() -> ExitCode {
    groundplan_driver::run::<Accounts>()
}
