//! `completions`: scripts that complete arguments.

use crate::{app::App, cli::Cli};
use clap_complete::Shell;

/// Writes the script of a shell.
pub(crate) fn completions(app: &App, shell: Shell) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::definition(), "apply", &mut script);
    app.screen.raw(&String::from_utf8_lossy(&script));
    0
}
