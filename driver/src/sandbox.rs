//! The sandbox of a run: which one it is, how it is brought up, and what is said of it.

use crate::{
    app::App,
    cli::Parts,
    render::error::{FAILED, Failure},
    signals::unless_stopped,
};
use groundplan_sandbox::{Kubernetes, Life, Mode, Options, Sandbox};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder below that of the states that holds those of sandboxes.
const STATES: &str = "sandbox";

/// The sandbox of a run.
#[derive(Debug)]
pub(crate) struct Local {
    /// It.
    pub(crate) running: Sandbox,
    /// Why it has no Kubernetes though that was asked for, and what to do about it.
    pub(crate) without: Option<(String, String)>,
}

/// The sandbox of a folder of settings. Two checkouts have two, so that neither is in the other's way.
pub(crate) fn options(app: &App, parts: Parts) -> Options {
    let folder = app.folder();
    let folder = fs::canonicalize(&folder).unwrap_or(folder);
    let mut options = Options::new(&app.environment.cache, &name(&folder));
    options.mode = match parts {
        Parts::Full => Mode::Full,
        Parts::Aws => Mode::AwsOnly,
    };
    options
}

/// What the sandbox of a folder is called: as the folder, and what tells it from others of that name.
fn name(folder: &Path) -> String {
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let last = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let plain: String =
        last.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(30).collect();
    format!("{plain}-{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3])
}

/// Brings it up, or uses the one that runs.
pub(crate) async fn up(app: &App, parts: Parts) -> Result<Local, Failure> {
    let mut options = options(app, parts);
    let mut without = None;
    match (options.mode, running_mode(&options.root).await?) {
        (Mode::Full, Some(Mode::AwsOnly)) => {
            options.mode = Mode::AwsOnly;
            let why = "the sandbox that runs was started without it".to_owned();
            without = Some((why, "`apply sandbox down`, then start again".to_owned()));
        }
        // What runs in its clusters would look absent to a run that does not look there.
        (Mode::AwsOnly, Some(Mode::Full)) => {
            options.mode = Mode::Full;
            app.screen.note("the sandbox that runs has Kubernetes, and it is used");
        }
        _ => {}
    }
    let phase = app.show.phase();
    let mut running = start(app, &options).await?;
    if let Kubernetes::Unavailable { why, mend } = running.kubernetes() {
        // In the clusters of a sandbox that waits for a control plane nothing would ever work.
        if !running.reused {
            options.mode = Mode::AwsOnly;
            groundplan_sandbox::down(&options.root, &app.show.reporter()).await.map_err(failed)?;
            running = start(app, &options).await?;
        }
        without = Some((why, mend));
    }
    drop(phase);
    let local = Local { running, without };
    local.introduce(app);
    Ok(local)
}

async fn start(app: &App, options: &Options) -> Result<Sandbox, Failure> {
    let reporter = app.show.reporter();
    let up = Box::pin(groundplan_sandbox::up(options, &reporter));
    unless_stopped(&app.stop, async { up.await.map_err(failed) }).await
}

/// How much of the cloud the sandbox has that runs now, if one does.
async fn running_mode(root: &Path) -> Result<Option<Mode>, Failure> {
    let status = groundplan_sandbox::status(root).await.map_err(failed)?;
    Ok(status.filter(|found| found.life == Life::Answers).map(|found| found.mode))
}

/// A failure of the sandbox.
pub(crate) fn failed(error: groundplan_sandbox::Error) -> Failure {
    let sources = std::iter::successors(std::error::Error::source(&error), |e| e.source());
    Failure {
        what: error.to_string(),
        causes: sources.map(ToString::to_string).collect(),
        hints: vec![error.hint()],
        exit: FAILED,
    }
}

impl Local {
    /// Says which it is, and what it lacks.
    fn introduce(&self, app: &App) {
        let Sandbox { id, endpoint, .. } = &self.running;
        app.screen.say(&format!("sandbox {id} at {endpoint}\n"));
        self.say_what_it_lacks(app);
    }

    /// Whether workloads have nowhere to run.
    pub(crate) fn has_no_clusters(&self) -> bool {
        self.running.mode == Mode::AwsOnly
    }

    fn say_what_it_lacks(&self, app: &App) {
        if let Some((why, mend)) = &self.without {
            app.screen.note(&format!(
                "there is no Kubernetes in it: {why}\n      workloads are written to a folder instead of run; to mend it: {mend}"
            ));
        }
    }

    /// Says how to look at what was made, and once more what is lacking.
    pub(crate) fn say_how_to_look(&self, app: &App, rendered: &Path) -> Result<(), Failure> {
        if let Kubernetes::Unavailable { why, mend } = self.running.kubernetes()
            && self.without.is_none()
        {
            app.screen
                .note(&format!("Kubernetes could not be built: {why}\n      to mend it: {mend}"));
        }
        self.say_what_it_lacks(app);
        if self.has_no_clusters() && rendered.is_dir() {
            app.screen.say(&format!("workloads are written to {}\n", rendered.display()));
        }
        let kubectl = self.running.kubectl.path.display();
        for (cluster, kubeconfig) in self.running.kubeconfigs().map_err(failed)? {
            app.screen.say(&format!(
                "look into {cluster}: KUBECONFIG={} {kubectl} get pods -A\n",
                kubeconfig.display()
            ));
        }
        Ok(())
    }
}

/// The folder of the states of one sandbox: of another there is another, so that each begins empty.
pub(crate) fn states(root: &Path, id: &str) -> PathBuf {
    root.join(STATES).join(id)
}

/// Says that there are states of sandboxes that have ended.
pub(crate) fn say_what_is_left(app: &App, root: &Path, id: &str) {
    let folder = root.join(STATES);
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let others = entries.filter(|entry| entry.path().is_dir() && entry.file_name() != id).count();
    let of = match others {
        0 => return,
        1 => "the state of an earlier sandbox is".to_owned(),
        _ => format!("the states of {others} earlier sandboxes are"),
    };
    let folder = folder.display();
    app.screen.note(&format!("{of} still in {folder}, and of no use any more"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_folder_has_a_sandbox_of_its_own() {
        let (one, other) = (name(Path::new("/work/My Plan")), name(Path::new("/home/My Plan")));
        assert!(one.starts_with("my-plan-") && other.starts_with("my-plan-"), "{one} {other}");
        assert_ne!(one, other);
        assert_eq!(one, name(Path::new("/work/My Plan")));
    }
}
