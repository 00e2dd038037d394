//! What every command has at hand.

use crate::{
    cli::Global,
    config::Wanted,
    definition::{Asked, Definition},
    environment::Environment,
    render::error::Failure,
    screen::Screen,
    show::Show,
};
use groundplan::CancellationToken;
use std::path::PathBuf;

/// What every command has at hand.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) program: Definition,
    pub(crate) global: Global,
    pub(crate) environment: Environment,
    pub(crate) screen: Screen,
    pub(crate) show: Show,
    /// Cancelled when the run is told to stop.
    pub(crate) stop: CancellationToken,
}

impl App {
    /// Reads the settings and asks the program what it wants.
    pub(crate) fn ask(&self) -> Result<Asked, Failure> {
        self.program.ask(&self.wanted())
    }

    /// The settings that the arguments name.
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted {
            here: self.environment.here.clone(),
            file: self.global.config.clone(),
            env: self.global.env.clone(),
            sandbox: self.global.sandbox.is_some(),
        }
    }

    /// The folder of the settings, whatever is in them; the current one if there are none.
    pub(crate) fn folder(&self) -> PathBuf {
        let file = crate::config::find(&self.wanted()).ok();
        let folder = file.and_then(|file| file.parent().map(PathBuf::from));
        folder.unwrap_or_else(|| self.environment.here.clone())
    }
}
