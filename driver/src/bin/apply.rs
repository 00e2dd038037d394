//! The binary `apply`: the reference platform.

use groundplan::platform::reference::Reference;
use std::process::ExitCode;

fn main() -> ExitCode {
    groundplan_driver::run::<Reference>()
}
