//! The sandbox that all tests of this process share, and that ends with the process.

use groundplan_sandbox::{Life, Mode, Options, Reporter, Result, Sandbox, down, status, up};
use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// The sandbox. The first test starts it; the others wait, and fail with the same words if it does not.
pub(crate) fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<std::result::Result<Sandbox, String>> = OnceLock::new();
    let sandbox = SANDBOX.get_or_init(|| {
        // On a thread of its own: the one that asks is inside the runtime of a test.
        let start = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(start())
        };
        let started = std::thread::spawn(start).join().expect("no panic");
        started.map_err(|error| format!("{error}; {}", error.hint()))
    });
    sandbox.as_ref().unwrap_or_else(|why| panic!("no sandbox: {why}"))
}

async fn start() -> Result<Sandbox> {
    let runs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("s3");
    sweep(&runs).await;
    let options = Options {
        mode: Mode::AwsOnly,
        root: root(&runs.join(std::process::id().to_string())),
        until_dropped: true,
        ..Options::new(cache(), "unused")
    };
    up(&options, &Reporter::silent()).await
}

/// Removes what the sandboxes of earlier runs left, which somebody may have wanted to look at.
async fn sweep(runs: &Path) {
    for run in fs::read_dir(runs).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let ended = status(&root(&run)).await.ok().flatten();
        if ended.is_some_and(|found| found.life == Life::Ended) {
            down(&root(&run), &Reporter::silent()).await.expect("it goes");
            fs::remove_dir_all(run).expect("its lock goes");
        }
    }
}

/// The runtime folder of a run, beside which there is a lock.
fn root(run: &Path) -> PathBuf {
    run.join("sandbox")
}

/// The user's cache folder, as `apply --sandbox` takes it.
fn cache() -> PathBuf {
    let set = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    set.unwrap_or_else(|| env::home_dir().expect("a home folder").join(".cache"))
}
