//! What people see, from plans and runs on the simulated cloud.

mod error;
mod findings;
mod graph;
mod history;
mod hostile;
mod html;
mod json;
mod long;
mod markdown;
mod markup;
mod own_kind;
mod plan;
mod progress;
mod report;
mod state;
pub(crate) mod world;
