//! The log: what was done and when, for whoever looks into it later. It holds no secret, as nothing
//! that is logged does, and nothing of the AWS SDK below a warning, whose traces hold requests.

use crate::render::error::{FAILED, Failure};
use std::{fs::File, path::Path, sync::Mutex};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Writes events to a file as JSON lines, and to standard error if asked to say more.
pub(crate) fn start(file: Option<&Path>, verbose: bool) -> Result<(), Failure> {
    let file = file.map(open).transpose()?;
    let file = file.map(|file| {
        fmt::layer().json().with_span_list(false).with_writer(Mutex::new(file)).with_filter(ours())
    });
    let people = verbose.then(|| {
        let layer = fmt::layer().with_writer(std::io::stderr).with_target(false);
        layer.with_ansi(false).with_filter(ours())
    });
    // A second call, in a test, finds one that is set already.
    let _ = tracing_subscriber::registry().with(file).with(people).try_init();
    Ok(())
}

fn ours() -> Targets {
    Targets::new().with_default(LevelFilter::WARN).with_target("groundplan", LevelFilter::DEBUG)
}

fn open(path: &Path) -> Result<File, Failure> {
    File::options().create(true).append(true).open(path).map_err(|error| Failure {
        what: format!("could not open the log {}", path.display()),
        causes: vec![error.to_string()],
        hints: vec!["name a file in a folder that exists with --log-file FILE".into()],
        exit: FAILED,
    })
}
