//! What people see, from plans and runs on the simulated cloud.

mod error;
mod findings;
mod history;
mod json;
mod long;
mod plan;
mod progress;
mod report;
mod state;
pub(crate) mod world;
