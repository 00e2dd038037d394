//! The reference platform as a binary of this package, for the tests to run.

use groundplan::platform::reference::Reference;
use std::process::ExitCode;

fn main() -> ExitCode {
    groundplan_driver::run::<Reference>()
}
