//! The command line over a program: plan, apply, destroy.
//!
//! The only crate that prints, reads the environment, or ends the process.

//mod config;
mod render;

pub use groundplan::Program;

use std::process::ExitCode;

/// Runs a program as a command: reads the arguments, does what they say, and gives the exit code.
/// For `fn main`.
pub fn run<P: Program>() -> ExitCode {
    ExitCode::SUCCESS
}
