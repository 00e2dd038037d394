//! The commands, one in a file.

mod apply;
mod bootstrap;
mod carry_out;
mod comment;
mod completions;
mod config;
mod destroy;
mod graph;
mod history;
mod iam;
mod import;
mod output;
mod plan;
mod refresh;
mod sandbox;
mod state;
mod validate;

use crate::{app::App, cli::Command, render::error::Failure};

/// Does what a command says, and gives the exit code.
pub(crate) async fn run(app: &App, command: Command) -> Result<u8, Failure> {
    match command {
        Command::Apply { arguments, plan_file } => apply::apply(app, arguments, plan_file).await,
        Command::Plan { arguments, faces } => plan::plan(app, arguments, faces).await,
        Command::Import(arguments) => import::import(app, arguments).await,
        Command::Refresh(arguments) => refresh::refresh(app, arguments).await,
        Command::Destroy(arguments) => destroy::destroy(app, arguments).await,
        Command::Graph(arguments) => graph::graph(app, arguments).await,
        Command::Validate { deny } => validate::validate(app, deny.into()),
        Command::State { stack, command } => state::state(app, stack, command).await,
        Command::History { stack, command } => history::history(app, stack, command).await,
        Command::Bootstrap(arguments) => Box::pin(bootstrap::bootstrap(app, arguments)).await,
        Command::Output { stack, name } => output::output(app, stack, name).await,
        Command::Sandbox(command) => Box::pin(sandbox::sandbox(app, command)).await,
        Command::Config(command) => Ok(config::config(app, command)),
        Command::Completions { shell } => Ok(completions::completions(app, shell)),
    }
}
