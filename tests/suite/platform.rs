//! The reference platform in a sandbox, through the binary, as a user has it.
//!
//! Each scenario has a folder with its own settings, and so a sandbox of its own, which is ended when
//! the scenario is over. What a sandbox is made of is prepared once in the user's cache.

mod accounts;
mod approved;
mod bootstrap;
mod comment;
mod faults;
mod golden;
mod iam;
mod journey;
mod lost;
mod machine;
mod many;
mod matrix;
mod mistakes;
mod refused;
mod secrets;
mod settled;
mod signals;
mod states;
mod sweep;
mod takeover;
mod world;
