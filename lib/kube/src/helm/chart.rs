//! Charts: where they come from, and how they are had as files.

use super::{
    Helm,
    cli::HelmCall,
    files::{self, io_fault, short},
};
use groundplan_core::{CancellationToken, Class, Fault, Problems, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{ffi::OsStr, fs, path::PathBuf};

/// A chart. Versions are exact: a range would make a plan that depends on the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chart {
    /// In a chart repository.
    Repository {
        /// Its address, e.g. `https://helm.datahubproject.io/`.
        repo: String,
        /// The chart's name.
        name: String,
        /// The chart's version.
        version: String,
    },
    /// In a registry of images.
    Oci {
        /// The chart, e.g. `oci://ghcr.io/org/chart`.
        reference: String,
        /// The chart's version.
        version: String,
    },
    /// A folder or archive on this machine. A change of its files is a change of the release.
    Local {
        /// Its path, from the project's folder.
        path: String,
    },
}

impl Chart {
    /// A chart in a repository.
    pub fn repository(repo: &str, name: &str, version: &str) -> Self {
        Self::Repository { repo: repo.into(), name: name.into(), version: version.into() }
    }

    /// A chart in a registry of images.
    pub fn oci(reference: &str, version: &str) -> Self {
        Self::Oci { reference: reference.into(), version: version.into() }
    }

    /// A chart on this machine.
    pub fn local(path: &str) -> Self {
        Self::Local { path: path.into() }
    }

    /// The chart's name, where its place tells it.
    fn name(&self) -> Option<&str> {
        match self {
            Self::Repository { name, .. } => Some(name),
            Self::Oci { reference, .. } => reference.rsplit('/').next(),
            Self::Local { .. } => None,
        }
    }

    pub(super) fn version(&self) -> Option<&str> {
        match self {
            Self::Repository { version, .. } | Self::Oci { version, .. } => Some(version),
            Self::Local { .. } => None,
        }
    }

    /// The same chart with what a release says that it was made from, for a plan to compare.
    pub(super) fn as_released(&self, version: &str) -> Self {
        // Repositories list `v1.2.3` and `1.2.3` as the same.
        let same = |wanted: &str| wanted.trim_start_matches('v') == version.trim_start_matches('v');
        let mut released = self.clone();
        if let Self::Repository { version: wanted, .. } | Self::Oci { version: wanted, .. } =
            &mut released
            && !same(wanted)
        {
            version.clone_into(wanted);
        }
        released
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        if let Some(version) = self.version() {
            let exact = version.starts_with(|c: char| c.is_ascii_digit() || c == 'v')
                && version
                    .split(['-', '+'])
                    .next()
                    .is_some_and(|core| core.split('.').count() == 3)
                && version.chars().all(|c| c.is_ascii_alphanumeric() || ".-+".contains(c));
            let what = format!("`{version}` is no exact version; write one such as `1.2.3`");
            problems.require(exact, "chart", what);
        }
        match self {
            Self::Repository { repo, .. } => {
                let web = repo.starts_with("https://") || repo.starts_with("http://");
                problems.require(
                    web,
                    "chart.repository.repo",
                    format!("`{repo}` is no web address"),
                );
            }
            Self::Oci { reference, .. } => {
                let oci = reference.starts_with("oci://");
                let what = format!("`{reference}` must begin with `oci://`");
                problems.require(oci, "chart.oci.reference", what);
            }
            Self::Local { .. } => {}
        }
    }
}

impl Helm {
    /// The chart as a file or folder. What was downloaded once is kept.
    pub(super) async fn chart(&self, chart: &Chart, stop: &CancellationToken) -> Result<PathBuf> {
        let (Some(name), Some(version)) = (chart.name(), chart.version()) else {
            return self.local(chart);
        };
        if let Some(folder) = self.settings().stand_ins.as_ref().map(|folder| folder.join(name))
            && folder.join("Chart.yaml").is_file()
        {
            let place = format!("stand-in-{}", files::contents(folder.clone()).await?.digest);
            let call = HelmCall::new(["package"]).flag("--version", version);
            let call = HelmCall { args: [call.args, vec![folder.into()]].concat(), ..call };
            return self.fetch(&place, name, version, call, stop).await;
        }
        let (place, call) = match chart {
            Chart::Oci { reference, .. } => (reference, HelmCall::new(["pull", reference])),
            Chart::Repository { repo, .. } => {
                (repo, HelmCall::new(["pull", name]).flag("--repo", repo))
            }
            Chart::Local { .. } => return self.local(chart),
        };
        let call = call.flag("--version", version);
        self.fetch(&short(Sha256::digest(place.as_bytes())), name, version, call, stop).await
    }

    fn local(&self, chart: &Chart) -> Result<PathBuf> {
        let Chart::Local { path } = chart else { return Ok(PathBuf::new()) };
        let found = self.settings().charts.join(path);
        if found.join("Chart.yaml").is_file() || found.is_file() {
            return Ok(found);
        }
        Err(Fault::new(Class::Invalid, format!("there is no chart at {}", found.display()))
            .hint("a chart is a folder with a Chart.yaml, or a .tgz; the path starts from the project's folder"))
    }

    /// Has helm write a chart's archive into a folder of the cache, unless it is there already.
    async fn fetch(
        &self,
        place: &str,
        name: &str,
        version: &str,
        call: HelmCall,
        stop: &CancellationToken,
    ) -> Result<PathBuf> {
        let folder = self.settings().home.join("charts").join(place);
        let archive = folder.join(format!("{name}-{version}.tgz"));
        if archive.is_file() {
            return Ok(archive);
        }
        fs::create_dir_all(&folder).map_err(|e| io_fault(&folder, &e))?;
        let scratch = tempfile::tempdir_in(&folder).map_err(|e| io_fault(&folder, &e))?;
        let call = HelmCall { stop: stop.clone(), ..call.flag("--destination", scratch.path()) };
        let output = self.run(call).await?;
        if !output.success {
            let what = format!("chart `{name}` {version} could not be had");
            return Err(Fault::new(Class::Other, what)
                .why(super::words(&output.stderr))
                .hint("check the address, the version, and that this machine can reach it"));
        }
        let made = fs::read_dir(scratch.path()).map_err(|e| io_fault(scratch.path(), &e))?;
        let made = made.flatten().map(|entry| entry.path());
        let made = made.into_iter().find(|path| path.extension() == Some(OsStr::new("tgz")));
        let made = made.ok_or_else(|| {
            Fault::new(Class::Other, format!("helm left no archive of chart `{name}`"))
        })?;
        // Whoever else fetched it at the same time has put the same there.
        fs::rename(&made, &archive).map_err(|e| io_fault(&archive, &e))?;
        Ok(archive)
    }

    /// What the files of a local chart come to now; none for charts with a version.
    pub(super) async fn local_digest(&self, chart: &Chart) -> Result<Option<String>> {
        match chart {
            Chart::Local { .. } => Ok(Some(files::contents(self.local(chart)?).await?.digest)),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(chart: &Chart) -> usize {
        let mut problems = Problems::default();
        chart.check(&mut problems);
        problems.into_vec().len()
    }

    #[test]
    fn versions_are_exact() {
        for version in ["1.2.3", "v1.2.3", "0.1.0-rc.1", "1.0.0+build.5"] {
            assert_eq!(problems(&Chart::repository("https://x", "y", version)), 0, "{version}");
        }
        for version in ["^1.2.3", "1.x", "latest", "", ">=1.0.0", "1.2", "1.2.3 - 2.0.0"] {
            assert_eq!(problems(&Chart::repository("https://x", "y", version)), 1, "{version}");
        }
        assert_eq!(problems(&Chart::oci("ghcr.io/x", "1.2.3")), 1);
    }

    #[test]
    fn a_v_makes_no_other_version() {
        let chart = Chart::repository("https://x", "y", "v1.2.3");
        assert_eq!(chart.as_released("1.2.3"), chart);
        assert_eq!(chart.as_released("1.2.4").version(), Some("1.2.4"));
    }
}
