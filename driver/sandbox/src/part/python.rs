//! Python and pip: how everything from the Python package index is fetched, always pinned by hash.

use crate::{Error, Result, process};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// The oldest Python that everything in the requirements runs on.
const NEEDED: (u32, u32) = (3, 11);

/// The machine's own Python.
#[derive(Debug)]
pub(crate) struct Python {
    program: PathBuf,
    version: (u32, u32),
}

/// A virtual environment.
#[derive(Debug)]
pub(crate) struct Venv<'a> {
    dir: &'a Path,
}

impl Python {
    /// `python3` as PATH has it.
    pub(crate) async fn find() -> Result<Self> {
        const WHICH: &str = "import sys; print(*sys.version_info[:2], getattr(sys, '_base_executable', sys.executable))";
        let said = process::ask(Command::new("python3").args(["-I", "-c", WHICH])).await;
        let python = said.as_deref().and_then(Self::parse).ok_or(Error::NoPython)?;
        if python.version < NEEDED {
            return Err(Error::OldPython { found: python.version, needed: NEEDED });
        }
        Ok(python)
    }

    fn parse(said: &str) -> Option<Self> {
        let (major, rest) = said.split_once(' ')?;
        let (minor, program) = rest.split_once(' ')?;
        let version = (major.parse().ok()?, minor.parse().ok()?);
        Some(Self { program: PathBuf::from(program), version })
    }

    /// What an environment depends on: it breaks when the Python it was made with is another.
    pub(crate) fn identity(&self) -> String {
        format!("{}.{} {}", self.version.0, self.version.1, self.program.display())
    }

    /// Makes a virtual environment with pip in a new folder.
    pub(crate) async fn venv<'a>(&self, dir: &'a Path, log: &Path) -> Result<Venv<'a>> {
        let mut command = Command::new(&self.program);
        command.args(["-I", "-m", "venv"]).arg(dir);
        match process::work("make a virtual environment", &mut command, log, |_| {}).await {
            Err(Error::Program { log, .. }) if lacks_venv(&log) => {
                Err(Error::NoVenv { python: self.version })
            }
            other => other.map(|()| Venv { dir }),
        }
    }
}

/// Debian keeps both in a package of their own.
fn lacks_venv(log: &Path) -> bool {
    let said = std::fs::read_to_string(log).unwrap_or_default();
    said.contains("ensurepip is not available")
        || said.contains("No module named venv")
        || said.contains("No module named ensurepip")
}

impl Venv<'_> {
    /// The environment's Python.
    pub(crate) fn python(&self) -> PathBuf {
        self.dir.join("bin").join("python")
    }

    /// Where its packages are.
    pub(crate) async fn packages(&self) -> Result<PathBuf> {
        const WHERE: &str = "import sysconfig; print(sysconfig.get_path('purelib'))";
        let said = process::ask(Command::new(self.python()).args(["-I", "-c", WHERE])).await;
        said.map(PathBuf::from).ok_or(Error::NoPython)
    }

    /// Runs `pip`. Where it looks for packages is its own configuration's business; what it takes is
    /// pinned by the hashes in the requirements file.
    pub(crate) async fn pip(
        &self,
        what: &'static str,
        arguments: impl FnOnce(&mut Command),
        requirements: &Path,
        log: &Path,
        line: impl FnMut(&str),
    ) -> Result<()> {
        let mut command = Command::new(self.python());
        command.args(["-I", "-m", "pip", "--no-input", "--disable-pip-version-check"]);
        arguments(&mut command);
        command
            .args(["--progress-bar", "off", "--require-hashes", "--requirement"])
            .arg(requirements);
        process::work(what, &mut command, log, line).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_python_is_understood() {
        let python = Python::parse("3 12 /opt/my python/bin/python3.12").unwrap();
        assert_eq!(python.version, (3, 12));
        assert_eq!(python.program, Path::new("/opt/my python/bin/python3.12"));
        assert!(Python::parse("Python 2.7.18").is_none());
    }
}
