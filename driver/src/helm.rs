//! The helm that a run uses, and how it is started so that it does not outlive the run.
//!
//! A killed run's helm must not race the next run's. The kernel can end a process with its parent, but
//! only the process itself can ask for that, before it becomes helm: so helm is started through this
//! program, as `apply --become-helm PARENT helm …`.

use crate::{
    environment::Environment,
    render::error::{FAILED, Failure},
};
use groundplan::kube::{Helm, HelmSettings};
use rustix::process::{Pid, getppid};
use std::{
    ffi::{OsStr, OsString},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// The argument that makes this process a helm.
const BECOME: &str = "--become-helm";

/// Where helm and its charts come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The program.
    pub(crate) program: PathBuf,
    /// The folder that relative paths of charts start from.
    pub(crate) charts: PathBuf,
    /// Charts that stand in for those of repositories, where there is no network.
    pub(crate) stand_ins: Option<PathBuf>,
}

impl Source {
    /// A program, with charts as the settings in this folder name them.
    pub(crate) fn new(program: PathBuf, folder: &Path) -> Self {
        Self { program, charts: folder.to_owned(), stand_ins: None }
    }
}

/// The kind of what is released with helm.
pub(crate) const KIND: &str = "helm.release";

/// The user's own helm. Missing is only an error if something is released.
pub(crate) fn on_path(
    environment: &Environment,
    folder: &Path,
    releases: bool,
) -> Result<Source, Failure> {
    match environment.program("helm") {
        Some(program) => Ok(Source::new(program, folder)),
        None if !releases => Ok(Source::new("helm".into(), folder)),
        None => Err(Failure {
            what: "could not find `helm` on PATH; nothing was touched".into(),
            causes: vec!["the stack has Helm releases".into()],
            hints: vec![
                "install helm 3.13 or later, or 4: https://helm.sh/docs/intro/install".into(),
                "or try it with --sandbox, which brings its own".into(),
            ],
            exit: FAILED,
        }),
    }
}

/// Helm, ready to be used.
pub(crate) fn helm(source: Source, environment: &Environment) -> Helm {
    let mut settings = HelmSettings::new(environment.cache.join("groundplan").join("helm"));
    settings.program = source.program;
    settings.charts = source.charts;
    settings.stand_ins = source.stand_ins;
    settings.environment = environment.for_helm();
    settings.launcher = launcher();
    Helm::new(settings)
}

/// This program, told to become helm; nothing where the kernel cannot tie a process to its parent.
fn launcher() -> Vec<OsString> {
    match std::env::current_exe() {
        Ok(this) if cfg!(target_os = "linux") => {
            vec![this.into(), BECOME.into(), std::process::id().to_string().into()]
        }
        _ => Vec::new(),
    }
}

/// Becomes helm if the arguments say so. Returns only if that is not so, or failed.
pub(crate) fn launched(arguments: &[OsString]) -> Option<ExitCode> {
    let [_, how, parent, program, rest @ ..] = arguments else { return None };
    if how != BECOME {
        return None;
    }
    Some(become_helm(parent, program, rest))
}

fn become_helm(parent: &OsStr, program: &OsStr, arguments: &[OsString]) -> ExitCode {
    const COULD_NOT: u8 = 126;
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, set_parent_process_death_signal};
        if set_parent_process_death_signal(Some(Signal::TERM)).is_err() {
            return COULD_NOT.into();
        }
    }
    // It may have ended before the kernel was asked.
    let ours = parent.to_str().and_then(|id| id.parse().ok()).and_then(Pid::from_raw);
    if getppid() != ours {
        return COULD_NOT.into();
    }
    let error = Command::new(program).args(arguments).exec();
    crate::screen::last_words(&format!("could not start {}: {error}\n", program.display()));
    COULD_NOT.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn only_its_own_argument_makes_it_helm() {
        assert!(launched(&arguments(&["apply"])).is_none());
        assert!(launched(&arguments(&["apply", "plan", "--config", "x", "y"])).is_none());
        let of_another = launched(&arguments(&["apply", BECOME, "1", "/nowhere/helm", "version"]));
        assert!(of_another.is_some(), "it does not become the helm of a process that has ended");
    }

    #[test]
    fn a_missing_helm_matters_only_if_something_is_released() {
        let environment = Environment::nowhere();
        assert!(on_path(&environment, Path::new("."), false).is_ok());
        let failed = on_path(&environment, Path::new("."), true).unwrap_err();
        assert!(failed.what.contains("`helm`") && !failed.hints.is_empty());
    }
}
