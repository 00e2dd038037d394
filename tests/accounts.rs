//! The example `accounts` as a binary of this package, for the tests to run.

use groundplan_examples::accounts::Accounts;
use std::process::ExitCode;

fn main() -> ExitCode {
    groundplan_driver::run::<Accounts>()
}
