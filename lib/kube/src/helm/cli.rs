//! The `helm` program: the only place that starts it.

use futures::future::BoxFuture;
use groundplan_core::{CancellationToken, Class, Fault, Result};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};
use tokio::{io::AsyncWriteExt, process::Command};

/// The Kubernetes version that charts are rendered for when there is no cluster to ask. It is fixed,
/// so that a plan does not change with the helm that made it.
const KUBE_VERSION: &str = "1.35.0";

/// How long helm may take to stop when told to: it marks the release as failed, and ends. A run that
/// is told to stop ends within 7 seconds.
const STOPS: Duration = Duration::from_secs(5);

/// Which helm, and what it may use.
#[derive(Clone, Debug)]
pub struct HelmSettings {
    /// The program; a bare name is looked up in the `PATH` of `environment`.
    pub program: PathBuf,
    /// A program and its arguments to start helm through, such that helm dies with this process: a
    /// killed run's helm must not race the next run's. It must become helm itself, as signals go to it;
    /// see [`exec_bound`](super::exec_bound).
    pub launcher: Vec<OsString>,
    /// A folder of its own: downloaded charts, caches. The user's helm configuration is not touched.
    pub home: PathBuf,
    /// The folder that relative paths of local charts start from.
    pub charts: PathBuf,
    /// A folder of charts that stand in for those of repositories, by name: for a sandbox, which has
    /// no network.
    pub stand_ins: Option<PathBuf>,
    /// The environment of helm, such as `HTTPS_PROXY`. It inherits nothing else.
    pub environment: Vec<(OsString, OsString)>,
    /// The Kubernetes version that charts are rendered for in a plan.
    pub kube_version: String,
}

impl HelmSettings {
    /// The `helm` in `PATH`, with a folder for what it keeps.
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self {
            program: "helm".into(),
            launcher: Vec::new(),
            home: home.into(),
            charts: ".".into(),
            stand_ins: None,
            environment: Vec::new(),
            kube_version: KUBE_VERSION.to_owned(),
        }
    }
}

/// A call of helm.
#[derive(Clone, Debug, Default)]
pub struct HelmCall {
    /// Its arguments.
    pub args: Vec<OsString>,
    /// What it reads from its standard input.
    pub stdin: Vec<u8>,
    /// What of its environment is for this call alone.
    pub environment: Vec<(&'static str, OsString)>,
    /// Tells it to stop.
    pub stop: CancellationToken,
}

impl HelmCall {
    /// A call with arguments.
    pub fn new<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        let args = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        Self { args, ..Self::default() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds an argument with its value.
    #[must_use]
    pub fn flag(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.args.push(name.into());
        self.args.push(value.as_ref().to_owned());
        self
    }

    /// Adds an argument if it holds.
    #[must_use]
    pub fn switch(mut self, name: &str, holds: bool) -> Self {
        if holds {
            self.args.push(name.into());
        }
        self
    }
}

/// How a call of helm ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelmOutput {
    /// Whether it succeeded.
    pub success: bool,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// Runs helm. There is one real one, [`Spawned`]; tests have others.
pub trait HelmCli: Send + Sync {
    /// Runs helm to its end. When told to stop it does, and the answer is a fault.
    fn run(&self, call: HelmCall) -> BoxFuture<'_, Result<HelmOutput>>;
}

/// Runs the `helm` program.
#[derive(Clone, Debug)]
pub struct Spawned(HelmSettings);

impl Spawned {
    /// With these settings.
    pub fn new(settings: HelmSettings) -> Self {
        Self(settings)
    }

    fn command(&self, call: &HelmCall) -> Command {
        let (program, first) = match self.0.launcher.split_first() {
            Some((launcher, rest)) => (launcher.as_os_str(), rest),
            None => (self.0.program.as_os_str(), &[][..]),
        };
        let mut command = Command::new(program);
        command.args(first);
        if !self.0.launcher.is_empty() {
            command.arg(&self.0.program);
        }
        let home = &self.0.home;
        command
            .args(&call.args)
            // What the user has set for helm or kubectl must not change what a run does.
            .env_clear()
            .envs(self.0.environment.iter().map(|(name, value)| (name, value)))
            .env("HELM_CACHE_HOME", home.join("cache"))
            .env("HELM_CONFIG_HOME", home.join("config"))
            .env("HELM_DATA_HOME", home.join("data"))
            .env("HELM_DRIVER", "secret")
            // What it keeps of a cluster's API.
            .env("KUBECACHEDIR", home.join("discovery"))
            .env("HOME", home)
            .env("KUBECONFIG", "/dev/null")
            .envs(call.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // An interrupt typed at the terminal is this program's to handle.
            .process_group(0)
            .kill_on_drop(true);
        command
    }

    fn not_started(&self, error: &std::io::Error) -> Fault {
        let program = self.0.program.display();
        Fault::new(Class::Invalid, format!("`{program}` could not be started"))
            .why(error.to_string())
            .hint("install helm 3.13 or later, or name the one to use in groundplan.toml")
    }
}

impl HelmCli for Spawned {
    fn run(&self, call: HelmCall) -> BoxFuture<'_, Result<HelmOutput>> {
        // Started here and not on a thread for blocking work: helm dies when the thread ends that
        // started it.
        Box::pin(async move {
            let broken = |error: std::io::Error| {
                Fault::new(Class::Other, "helm could not be talked to").why(error.to_string())
            };
            let mut child = self.command(&call).spawn().map_err(|e| self.not_started(&e))?;
            let pid = child.id();
            let mut stdin = child.stdin.take().expect("BUG: its standard input is piped");
            let work = async move {
                // A helm that fails before it has read everything says why on its standard error.
                let _ = stdin.write_all(&call.stdin).await;
                drop(stdin);
                child.wait_with_output().await
            };
            let mut work = std::pin::pin!(work);
            let ended = tokio::select! {
                ended = &mut work => ended.map_err(broken)?,
                () = call.stop.cancelled() => {
                    interrupt(pid);
                    let _ = tokio::time::timeout(STOPS, work).await;
                    return Err(Fault::new(Class::Cancelled, "helm was told to stop"));
                }
            };
            Ok(HelmOutput {
                success: ended.status.success(),
                stdout: String::from_utf8_lossy(&ended.stdout).into_owned(),
                stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
            })
        })
    }
}

/// Asks a process to end. It was not waited for, so its id is still its own.
fn interrupt(pid: Option<u32>) {
    if let Some(pid) = pid.and_then(|pid| Pid::from_raw(pid.cast_signed())) {
        // One that has just ended needs no signal.
        let _ = kill_process(pid, Signal::TERM);
    }
}
