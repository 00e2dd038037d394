//! The control plane of one sandbox: built, on its way, or said to be unavailable. Never silent.

use crate::{
    Error, Kubernetes, Mode, Stage,
    part::control_plane::{Begun, ControlPlane},
    progress::PartReporter,
    root::{Record, Root},
};
use tokio::sync::watch;

/// Returns as soon as the build, if there has to be one, goes on without this process. A task goes on
/// telling what becomes of it.
pub(crate) async fn begin(
    root: &Root,
    mode: Mode,
    running: Option<&Record>,
    control_plane: &ControlPlane,
    report: PartReporter,
) -> watch::Receiver<Kubernetes> {
    let (sender, receiver) = watch::channel(Kubernetes::Building);
    let settle = |state| sender.send_replace(state);
    if mode == Mode::AwsOnly {
        settle(Kubernetes::Off);
        return receiver;
    }
    if let Some(record) = running.filter(|r| r.control_plane != control_plane.program()) {
        settle(of_another_version(record));
        return receiver;
    }
    let begun = match root.clear_unavailable() {
        Ok(()) => control_plane.begin(&root.dir, &report).await,
        Err(error) => Err(error),
    };
    match begun {
        Ok(Begun::Built) => {
            report.say(Stage::Cached, "");
            settle(Kubernetes::Ready);
        }
        Err(error) => {
            settle(give_up(root, &error, &report));
        }
        Ok(begun) => {
            let (root, control_plane) = (root.clone(), control_plane.clone());
            tokio::spawn(async move {
                let state = match control_plane.attend(begun, &root.dir, &report).await {
                    Ok(()) => {
                        report.say(Stage::Done, "");
                        Kubernetes::Ready
                    }
                    Err(error) => give_up(&root, &error, &report),
                };
                sender.send_replace(state);
            });
        }
    }
    receiver
}

/// What is known of a sandbox's control plane without touching anything.
pub(crate) fn observe(root: &Root, record: &Record) -> Result<Kubernetes, Error> {
    if record.mode == Mode::AwsOnly {
        return Ok(Kubernetes::Off);
    }
    if record.control_plane.exists() {
        return Ok(Kubernetes::Ready);
    }
    if crate::lock::is_held(&record.build)? {
        return Ok(Kubernetes::Building);
    }
    Ok(root.unavailable().unwrap_or_else(|| Kubernetes::Unavailable {
        why: "the build of the Kubernetes control plane was interrupted".into(),
        mend: "`apply sandbox up` goes on with it".into(),
    }))
}

/// The running sandbox waits for a program that this version would never build.
fn of_another_version(record: &Record) -> Kubernetes {
    if record.control_plane.exists() {
        return Kubernetes::Ready;
    }
    Kubernetes::Unavailable {
        why: format!(
            "sandbox `{}` was started by another version and has no control plane",
            record.id
        ),
        mend: "end it with `apply sandbox down` and start again".into(),
    }
}

/// Lets the waiting clusters fail, and says why.
fn give_up(root: &Root, error: &Error, report: &PartReporter) -> Kubernetes {
    let (why, mend) = (error.sentence(), error.hint());
    report.say(Stage::Failed, why.as_str());
    // The folder is gone when the sandbox was ended meanwhile; then nobody waits for the reason.
    if root.dir.exists()
        && let Err(error) = root.write_unavailable(&why, &mend)
    {
        report.say(Stage::Failed, error.sentence());
    }
    Kubernetes::Unavailable { why, mend }
}
