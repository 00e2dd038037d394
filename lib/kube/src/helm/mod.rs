//! Helm: charts as files, renders without a cluster, and the kind `helm.release`.
//!
//! [`cli`] alone starts the program. What a release is, is read from where Helm keeps it, the cluster.

mod bound;
mod change;
mod chart;
mod cli;
mod compare;
mod files;
mod folder;
mod heal;
mod immutable;
mod kubeconfig;
mod mark;
mod model;
mod observe;
mod preview;
mod progress;
mod record;
mod release;
mod render;
mod unknown;

pub use bound::exec_bound;
pub use chart::Chart;
pub use cli::{HelmCall, HelmCli, HelmOutput, HelmSettings, Spawned};
pub use model::HelmRelease;
pub use release::{HelmReleaseHandle, HelmReleaseOutputs};

use groundplan_core::{Class, Fault, Result};
use tokio::sync::OnceCell;

/// Helm, as a run uses it.
pub struct Helm {
    settings: HelmSettings,
    cli: Box<dyn HelmCli>,
    version: OnceCell<Version>,
}

/// The version of a helm program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    /// As the program says it, such as `v4.2.3`.
    pub(crate) text: String,
}

impl Helm {
    /// The `helm` program that the settings name.
    pub fn new(settings: HelmSettings) -> Self {
        let cli = Box::new(Spawned::new(settings.clone()));
        Self::with_cli(settings, cli)
    }

    /// Another way to run helm.
    pub fn with_cli(settings: HelmSettings, cli: Box<dyn HelmCli>) -> Self {
        Self { settings, cli, version: OnceCell::new() }
    }

    /// How helm is used.
    pub fn settings(&self) -> &HelmSettings {
        &self.settings
    }

    async fn run(&self, call: HelmCall) -> Result<HelmOutput> {
        self.cli.run(call).await
    }

    /// The version of the program, asked for once.
    pub(crate) async fn version(&self) -> Result<&Version> {
        self.version.get_or_try_init(|| self.ask_version()).await
    }

    async fn ask_version(&self) -> Result<Version> {
        let output = self.run(HelmCall::new(["version", "--short"])).await?;
        let program = self.settings.program.display();
        let version = Version::parse(output.stdout.trim()).ok_or_else(|| {
            Fault::new(Class::Invalid, format!("`{program}` does not say its version as helm does"))
                .why(words(&output.stderr))
                .hint("name the helm to use in groundplan.toml")
        })?;
        if version.is_supported() {
            return Ok(version);
        }
        let what = format!("helm {} cannot be used; helm 3.13 or later, or 4, can", version.text);
        Err(Fault::new(Class::Invalid, what)
            .hint(format!("`{program} version`; install a newer one")))
    }
}

impl Version {
    /// Reads `v3.17.3+ge4da497`.
    fn parse(text: &str) -> Option<Self> {
        let text = text.split('+').next()?;
        let mut numbers = text.strip_prefix('v')?.split('.');
        let mut next = || numbers.next()?.parse().ok();
        Some(Self { major: next()?, minor: next()?, text: text.to_owned() })
    }

    /// 3.13 is the first that puts labels on releases.
    fn is_supported(&self) -> bool {
        (self.major == 3 && self.minor >= 13) || self.major == 4
    }
}

impl std::fmt::Debug for Helm {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Helm").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What helm says went wrong, without its warnings and ornaments.
pub(crate) fn words(stderr: &str) -> String {
    let said = stderr.lines().map(str::trim).filter(|line| !line.is_empty() && !is_warning(line));
    let text = said.collect::<Vec<_>>().join("; ");
    let text = text.strip_prefix("Error: ").unwrap_or(&text);
    if text.is_empty() { "helm said nothing".to_owned() } else { text.to_owned() }
}

/// Helm and the libraries in it warn on standard error too.
fn is_warning(line: &str) -> bool {
    let level = ["level=WARN", "level=INFO", "level=DEBUG"].iter().any(|l| line.contains(l));
    level
        || line.to_ascii_lowercase().starts_with("warning")
        || line.starts_with(['W', 'I']) && is_klog(line)
}

/// `W1126 14:17:41.123456   12345 warnings.go:70] …`
fn is_klog(line: &str) -> bool {
    line.get(1..5).is_some_and(|day| day.bytes().all(|b| b.is_ascii_digit())) && line.contains("] ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_old_ones_refused() {
        for (text, supported) in [
            ("v3.12.9+g1", false),
            ("v3.13.0", true),
            ("v3.17.3+ge4da497", true),
            ("v4.2.3", true),
            ("v5.0.0", false),
        ] {
            assert_eq!(Version::parse(text).unwrap().is_supported(), supported, "{text}");
        }
        assert_eq!(Version::parse("helm 3"), None);
    }

    #[test]
    fn warnings_are_no_reasons() {
        let stderr = "WARNING: Kubernetes configuration file is group-readable\n\
            W1126 14:17:41.1 1 warnings.go:70] old API\n\
            Error: INSTALLATION FAILED: timed out\n\n";
        assert_eq!(words(stderr), "INSTALLATION FAILED: timed out");
        assert_eq!(words("Warning: x\n"), "helm said nothing");
    }
}
