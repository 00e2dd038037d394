//! The Kubernetes control plane, built from source where it is used: no registry carries it.
//!
//! The build takes minutes, so it goes on without the command that began it. It needs nobody to
//! finish it: `go build` itself puts the program in place by a rename, and for as long as it runs it
//! holds the build's lock (see [`crate::leash`]). Whoever comes next either finds the program, or
//! waits for the lock, or, if the build was killed, begins again; Go's own cache keeps what was done.

use super::go::Go;
use crate::{
    Error, Result, Stage,
    cache::{Cache, remove},
    embedded, leash,
    lock::Lock,
    process,
    progress::PartReporter,
};
use rustix::process::{Pid, setpriority_process};
use std::{
    fs::{self, File},
    path::PathBuf,
    time::Duration,
};
use tokio::process::{Child, Command};

/// How often a build is looked at.
const TICK: Duration = Duration::from_millis(500);

/// The machine is in use while it builds.
const NICE: i32 = 10;

/// The control plane of this version of the library.
#[derive(Clone, Debug)]
pub(crate) struct ControlPlane {
    cache: Cache,
    go: Go,
    key: String,
}

/// What has become of a build that was begun.
#[derive(Debug)]
pub(crate) enum Begun {
    /// It was built before.
    Built,
    /// This process began it.
    Here(Child),
    /// Another process did.
    Elsewhere,
}

impl ControlPlane {
    /// Finds out where it is or will be. Nothing is downloaded or built.
    pub(crate) async fn locate(cache: &Cache) -> Self {
        let sources = embedded::control_plane();
        let go = Go::choose(sources.text("go.mod"), cache).await;
        let digest = sources.digest(&[&go.version().to_string()]);
        Self { cache: cache.clone(), go, key: format!("control-plane-{digest}") }
    }

    pub(crate) fn program(&self) -> PathBuf {
        self.cache.path(&self.key).join("groundplan-control-plane")
    }

    /// Held by the build for as long as it runs.
    pub(crate) fn lock(&self) -> PathBuf {
        self.cache.lock(&self.key)
    }

    fn log(&self) -> PathBuf {
        self.cache.log(&self.key)
    }

    /// Returns as soon as there is a build that goes on without this process. `owner` is the runtime
    /// folder of the sandbox it is for.
    pub(crate) async fn begin(
        &self,
        owner: &std::path::Path,
        report: &PartReporter,
    ) -> Result<Begun> {
        if self.program().exists() {
            return Ok(Begun::Built);
        }
        let go = self.go.program(&self.cache, report).await?;
        let Some(lock) = Lock::try_take(&self.lock())? else { return Ok(Begun::Elsewhere) };
        if self.program().exists() {
            return Ok(Begun::Built);
        }
        let source = self.cache.path(&self.key).join("source");
        let scratch = self.cache.path(&self.key).join("scratch");
        for folder in [&source, &scratch] {
            remove(folder)?;
            fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        }
        embedded::control_plane().write(&source)?;
        let log = File::create(self.log()).map_err(Error::io("create", self.log()))?;
        let errors = log.try_clone().map_err(Error::io("open", self.log()))?;
        let mut build = Command::new(go);
        build
            .args(["build", "-v", "-trimpath", "-buildvcs=false", "-mod=readonly"])
            .args(["-ldflags", "-s -w", "-o"])
            .arg(self.program())
            .arg(".")
            .current_dir(&source)
            // Beside the program, so that putting it in place is a rename.
            .env("GOTMPDIR", &scratch)
            .env("GOTOOLCHAIN", "local")
            .env("GOWORK", "off")
            .env("CGO_ENABLED", "0")
            .stdout(log)
            .stderr(errors);
        let child = leash::spawn("build the Kubernetes control plane", build, lock, owner)?;
        yield_to_others(&child);
        report.say(Stage::Started, "building; this takes minutes the first time");
        Ok(Begun::Here(child))
    }

    /// Waits for a begun build; takes it over when whoever did it stopped before its end.
    pub(crate) async fn attend(
        &self,
        begun: Begun,
        owner: &std::path::Path,
        report: &PartReporter,
    ) -> Result<()> {
        let mut begun = begun;
        loop {
            begun = match begun {
                Begun::Built => return Ok(()),
                Begun::Here(child) => return self.follow(child, report).await,
                Begun::Elsewhere => {
                    report.say(Stage::Waiting, "another process builds it");
                    self.until_unlocked(report).await?;
                    self.begin(owner, report).await?
                }
            }
        }
    }

    async fn follow(&self, mut child: Child, report: &PartReporter) -> Result<()> {
        let mut said = String::new();
        let status = loop {
            tokio::select! {
                ended = child.wait() => break ended.map_err(Error::io("follow", self.log()))?,
                () = tokio::time::sleep(TICK) => self.tell(&mut said, report),
            }
        };
        if !status.success() || !self.program().exists() {
            let log = fs::read_to_string(self.log()).unwrap_or_default();
            return Err(Error::Build { status, why: process::gist(&log), log: self.log() });
        }
        for used in ["source", "scratch"] {
            remove(&self.cache.path(&self.key).join(used))?;
        }
        Ok(())
    }

    async fn until_unlocked(&self, report: &PartReporter) -> Result<()> {
        let mut said = String::new();
        while crate::lock::is_held(&self.lock())? {
            tokio::time::sleep(TICK).await;
            self.tell(&mut said, report);
        }
        Ok(())
    }

    /// `go build -v` names each package when it is compiled; the last line is where it is.
    fn tell(&self, said: &mut String, report: &PartReporter) {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let Some(last) = log.lines().next_back() else { return };
        let detail = match last.strip_prefix("go: ") {
            Some(downloading) => downloading.to_owned(),
            None => format!("{} packages compiled, last {last}", packages(&log)),
        };
        if *said != detail {
            report.say(Stage::Running, detail.as_str());
            *said = detail;
        }
    }
}

fn packages(log: &str) -> usize {
    log.lines().filter(|line| !line.starts_with("go: ")).count()
}

/// A build that cannot be made nicer is a build all the same.
fn yield_to_others(child: &Child) {
    if let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
        let _ = setpriority_process(Some(pid), NICE);
    }
}
