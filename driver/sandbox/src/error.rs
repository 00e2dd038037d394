//! What can go wrong with a sandbox, and what to do about it.

use std::{io, path::PathBuf, process::ExitStatus, time::Duration};

/// A failure. Each is a sentence; [`Error::hint`] says what to do now.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refused.
    #[error("could not {action} {}", path.display())]
    Io {
        /// What was being done: `read`, `create`, `lock`, …
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is no Python.
    #[error("could not find a Python: `python3` is not on PATH or does not run")]
    NoPython,
    /// The Python is older than the sandbox needs.
    #[error(
        "`python3` is {}.{}, the sandbox needs {}.{} or later", found.0, found.1, needed.0, needed.1
    )]
    OldPython {
        /// Its major and minor version.
        found: (u32, u32),
        /// The oldest that would do.
        needed: (u32, u32),
    },
    /// Python came without what makes virtual environments.
    #[error("could not make a virtual environment: `python3` came without `venv` or `ensurepip`")]
    NoVenv {
        /// Its major and minor version.
        python: (u32, u32),
    },
    /// A program could not be started.
    #[error("could not {what}: `{program}` does not start")]
    Spawn {
        /// What it was for.
        what: &'static str,
        /// The program.
        program: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A program failed.
    #[error("could not {what}: `{program}` ended with {status}: {why}")]
    Program {
        /// What it was for.
        what: &'static str,
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The lines of its output that say why.
        why: String,
        /// Everything it said.
        log: PathBuf,
    },
    /// A program did not come to an end.
    #[error("could not {what}: `{program}` had not ended after {} minutes", limit.as_secs() / 60)]
    TooSlow {
        /// What it was for.
        what: &'static str,
        /// The program.
        program: String,
        /// How long it was given.
        limit: Duration,
    },
    /// A downloaded archive is not what it should be.
    #[error("could not unpack {}: {why}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// In what way.
        why: String,
    },
    /// `helm` and `kubectl` are pinned for another kind of machine.
    #[error(
        "could not find `helm` and `kubectl`: the pinned ones run on linux x86_64 only, this is {platform}"
    )]
    NoTools {
        /// This machine's system and processor.
        platform: String,
    },
    /// The control plane did not build.
    #[error("could not build the Kubernetes control plane: `go build` ended with {status}: {why}")]
    Build {
        /// How it ended.
        status: ExitStatus,
        /// The lines of its output that say why.
        why: String,
        /// Everything it said.
        log: PathBuf,
    },
    /// Somebody listens on the wanted port.
    #[error("port {port} is in use by {by}")]
    PortInUse {
        /// The port.
        port: u16,
        /// Who listens, as far as it can be found out.
        by: String,
    },
    /// The wanted port cannot be had for another reason.
    #[error("could not listen on port {port} of 127.0.0.1")]
    Port {
        /// The port.
        port: u16,
        /// The system's reason.
        source: io::Error,
    },
    /// The running sandbox is not the one that was asked for.
    #[error("sandbox `{id}` runs already, {how}")]
    Different {
        /// Its id.
        id: String,
        /// What is different about it.
        how: String,
    },
    /// The sandbox's process lives but does not answer.
    #[error("sandbox `{id}` is running as process {pid} but does not answer")]
    Silent {
        /// Its id.
        id: String,
        /// Its process.
        pid: i32,
    },
    /// The AWS part ended instead of answering.
    #[error("the sandbox's AWS ended with {status} before it answered: {why}")]
    AwsEnded {
        /// How it ended.
        status: ExitStatus,
        /// The lines of its output that say why.
        why: String,
        /// Everything it said.
        log: PathBuf,
    },
    /// The AWS part does not answer.
    #[error("the sandbox's AWS had not answered after {} s", limit.as_secs())]
    AwsSilent {
        /// How long it was given.
        limit: Duration,
        /// Everything it said.
        log: PathBuf,
    },
    /// A file that a part of the sandbox wrote cannot be understood.
    #[error("{} cannot be read: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Where it stopped making sense.
        why: String,
    },
    /// A process does not end, not even by SIGKILL.
    #[error("process {pid} of the sandbox does not end, not even by SIGKILL")]
    Undying {
        /// The process.
        pid: i32,
    },
}

/// The result of an operation on a sandbox.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A place or a command that helps.
    pub fn hint(&self) -> String {
        match self {
            Self::Io { path, source, .. } => io_hint(path, source),
            Self::NoPython => {
                "install Python 3, on Debian and Ubuntu with `apt install python3 python3-venv`"
                    .into()
            }
            Self::OldPython { needed: (major, minor), .. } => {
                format!("install Python {major}.{minor} or later and put it on PATH as `python3`")
            }
            Self::NoVenv { python: (major, minor) } => {
                format!("on Debian and Ubuntu: `apt install python{major}.{minor}-venv`")
            }
            Self::Spawn { program, .. } => format!("try `{program}` by hand"),
            Self::Program { log, .. } => format!(
                "everything it said is in {}; where pip looks for packages: `python3 -m pip config list`",
                log.display()
            ),
            Self::TooSlow { .. } => "look at the network, then run the same command again".into(),
            Self::Archive { .. } => "run the same command again: it is downloaded anew".into(),
            Self::NoTools { .. } => {
                "install helm 3 or 4 and kubectl, or use `--sandbox=aws`, which needs neither"
                    .into()
            }
            Self::Build { why, log, .. } => build_hint(why, log),
            Self::PortInUse { .. } => "pass another port, or stop it".into(),
            Self::Port { .. } => "pass another port, or none for any that is free".into(),
            Self::Different { .. } => {
                "use it as it is, or end it with `apply sandbox down` and start again".into()
            }
            Self::Silent { .. } => "`apply sandbox down` ends it, then start again".into(),
            Self::AwsEnded { log, .. } | Self::AwsSilent { log, .. } => {
                format!("everything it said is in {}", log.display())
            }
            Self::Unreadable { .. } => "`apply sandbox down` removes it, then start again".into(),
            Self::Undying { pid } => {
                format!("see what it waits for: `ps -o stat,wchan,args -p {pid}`")
            }
        }
    }

    /// The error and its causes in one line.
    pub(crate) fn sentence(&self) -> String {
        let causes = std::iter::successors(std::error::Error::source(self), |e| e.source());
        causes.fold(self.to_string(), |line, cause| format!("{line}: {cause}"))
    }

    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}

fn io_hint(path: &std::path::Path, source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::PermissionDenied => {
            format!("check the owner and permissions of {}", path.display())
        }
        io::ErrorKind::StorageFull => {
            "free some disk space and run the same command again: it goes on from here".into()
        }
        _ => "run the same command again when the disk is in order".into(),
    }
}

/// The system ends the compiler when memory runs out, and all it says then is `signal: killed`.
fn build_hint(why: &str, log: &std::path::Path) -> String {
    if why.contains("signal: killed") {
        "the machine ran out of memory: close something or add swap, then run the same command again".into()
    } else if why.contains("no space left") {
        "free some disk space, then run the same command again: it goes on from where it stopped"
            .into()
    } else {
        format!(
            "everything it said is in {}; where go looks for modules: `go env GOPROXY`; then run the same command again: it goes on from where it stopped",
            log.display()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn a_taken_port_says_by_whom_and_what_now() {
        let error =
            Error::PortInUse { port: 4566, by: "`python3 -m http.server` (process 7)".into() };
        assert_eq!(
            error.to_string(),
            "port 4566 is in use by `python3 -m http.server` (process 7)"
        );
        assert_eq!(error.hint(), "pass another port, or stop it");
    }

    #[test]
    fn python_that_will_not_do_says_which_would() {
        let error = Error::OldPython { found: (3, 8), needed: (3, 11) };
        assert_eq!(error.to_string(), "`python3` is 3.8, the sandbox needs 3.11 or later");
        assert_eq!(error.hint(), "install Python 3.11 or later and put it on PATH as `python3`");
        let error = Error::NoVenv { python: (3, 12) };
        assert_eq!(error.hint(), "on Debian and Ubuntu: `apt install python3.12-venv`");
    }

    #[test]
    fn a_build_that_ran_out_of_memory_says_so() {
        let status = ExitStatus::from_raw(1 << 8);
        let log = PathBuf::from("/cache/build.log");
        let why = "k8s.io/api/core/v1: compile: signal: killed".to_owned();
        let error = Error::Build { status, why, log: log.clone() };
        assert!(error.hint().starts_with("the machine ran out of memory"), "{}", error.hint());
        let error = Error::Build { status, why: "dial tcp: no route".into(), log };
        assert!(error.hint().contains("/cache/build.log"), "{}", error.hint());
    }

    #[test]
    fn a_sentence_carries_its_causes() {
        let error = Error::io("create", "/nowhere/x")(io::ErrorKind::PermissionDenied.into());
        assert_eq!(error.sentence(), "could not create /nowhere/x: permission denied");
        assert_eq!(error.hint(), "check the owner and permissions of /nowhere/x");
    }
}
