//! `config`: look at the settings.

use crate::{app::App, cli::ConfigCommand};

/// Writes the JSON Schema of the settings.
pub(crate) fn config(app: &App, command: ConfigCommand) -> u8 {
    match command {
        ConfigCommand::Schema => app.screen.raw(&format!("{:#}\n", app.program.schema())),
    }
    0
}
