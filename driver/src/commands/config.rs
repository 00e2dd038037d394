//! `config`: look at the settings.

use crate::{
    app::App,
    cli::{ConfigCommand, Schema},
    render::json,
};

/// Writes a JSON Schema.
pub(crate) fn config(app: &App, command: ConfigCommand) -> u8 {
    match command {
        ConfigCommand::Schema { of } => {
            let schema = match of {
                Schema::Settings => app.program.schema(),
                Schema::Plan => json::schema(),
            };
            app.screen.raw(&format!("{schema:#}\n"));
        }
    }
    0
}
