//! The command line over a program: plan, apply, destroy.
//!
//! ```no_run
//! # use groundplan::{Program, Stack};
//! # struct Mine;
//! # #[derive(serde::Deserialize, schemars::JsonSchema)] struct Settings {}
//! # impl Program for Mine {
//! #     type Settings = Settings;
//! #     const NAME: &'static str = "mine";
//! #     fn stack(_: &Settings) -> String { "mine".into() }
//! #     fn build(_: &Settings, _: &mut Stack) {}
//! # }
//! fn main() -> std::process::ExitCode {
//!     groundplan_driver::run::<Mine>()
//! }
//! ```
//!
//! The only crate that prints, reads the environment, or ends the process. [`run`] reads arguments;
//! `commands` holds one file for each; `config` reads and checks settings; `realm` finds out which
//! world a run is in, `session` lends the engine what it needs in it; `render` turns what the engine
//! knows into text and JSON, and `screen` prints it.

mod app;
mod ask;
mod cli;
mod clusters;
mod commands;
mod commit;
mod config;
mod definition;
mod environment;
mod github;
mod guard;
mod helm;
mod history;
mod kept;
mod lock;
mod log;
mod panics;
mod place;
mod realm;
mod render;
mod run;
mod sandbox;
mod saved;
mod screen;
mod secrets;
mod session;
mod show;
mod signals;

pub use groundplan::Program;
pub use run::run;
