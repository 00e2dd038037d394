//! From arguments to an exit code.

use crate::{
    app::App,
    cli::Cli,
    commands,
    definition::Definition,
    environment::Environment,
    helm, log, panics,
    render::error::{FAILED, Failure},
    screen::Screen,
    show::Show,
    signals,
};
use groundplan::Program;
use std::{
    ffi::OsString,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    time::Duration,
};
use tokio::runtime::Runtime;

/// How long work that nobody waits for any more may take to end.
const LEAVE: Duration = Duration::from_millis(200);

/// Runs a program as a command: reads the arguments, does what they say, and gives the exit code.
/// For `fn main`.
pub fn run<P: Program>() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    if let Some(code) = helm::launched(&arguments) {
        return code;
    }
    with(Definition::of::<P>(), arguments).into()
}

fn with(program: Definition, arguments: Vec<OsString>) -> u8 {
    let cli = match Cli::read(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no failures; they go to standard output.
            let code = if error.use_stderr() { FAILED } else { 0 };
            let _ = error.print();
            return code;
        }
    };
    let environment = match Environment::of_process() {
        Ok(environment) => environment,
        Err(failed) => return failed.exit,
    };
    let screen = Screen::of_process(&environment, cli.global.json);
    panics::report(screen);
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let runtime = Runtime::new().map_err(no_runtime)?;
        let ended = runtime.block_on(start(program, cli, environment, screen));
        runtime.shutdown_timeout(LEAVE);
        ended
    }));
    match ended {
        Ok(Ok(code)) => code,
        Ok(Err(failed)) => {
            screen.failure(&failed);
            failed.exit
        }
        // The panic hook has told of it.
        Err(_) => FAILED,
    }
}

async fn start(
    program: Definition,
    cli: Cli,
    environment: Environment,
    screen: Screen,
) -> Result<u8, Failure> {
    let (global, command) = cli.into_parts();
    log::start(global.log_file.as_deref(), global.verbose)?;
    let (show, stop) = (Show::on(screen), signals::listen(screen));
    let app = App { program, global, environment, screen, show, stop };
    commands::run(&app, command).await
}

fn no_runtime(error: std::io::Error) -> Failure {
    Failure {
        what: "could not start".into(),
        causes: vec![error.to_string()],
        hints: vec!["free some memory or file handles, then run the same command again".into()],
        exit: FAILED,
    }
}
