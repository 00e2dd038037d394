//! Charts rendered without a cluster, and kept by what went in.
//!
//! A render depends on nothing but the chart's files, the values, a few names, the version of Kubernetes
//! and helm itself, so it is kept under a digest of these. Charts that draw random values give another
//! one each time: such renders are told apart by the number of their draw.

use super::{Helm, cli::HelmCall, files, words};
use crate::yaml;
use groundplan_core::{CancellationToken, Class, Fault, Json, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// How many renders are kept; a plan of a platform makes a few dozen.
const KEPT: usize = 400;

/// What goes into a render.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) chart: PathBuf,
    pub(super) chart_digest: String,
    pub(super) values: Json,
    /// Whether it is for an upgrade. Charts can tell.
    pub(super) upgrade: bool,
    /// Whether the chart may check the values against its schema. What stands in for a value that is
    /// not known may be of the wrong type.
    pub(super) checked: bool,
}

/// What a render came to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Rendered {
    manifest: String,
    /// What helm warned of.
    pub(super) warnings: Vec<String>,
}

impl Rendered {
    /// The objects, hooks among them.
    pub(super) fn objects(&self) -> Result<Vec<Json>> {
        yaml::documents(&self.manifest)
    }
}

impl Helm {
    /// Renders; `draw` tells renders of the same source apart.
    pub(super) async fn render(
        &self,
        source: &Source,
        draw: u8,
        stop: &CancellationToken,
    ) -> Result<Rendered> {
        let version = &self.version().await?.text;
        let kube_version = &self.settings().kube_version;
        let Source { name, namespace, chart_digest, values, upgrade, checked, .. } = source;
        let key = format!(
            "{version} {kube_version} {name} {namespace} {chart_digest} {upgrade} {checked} {draw} {values}"
        );
        let kept =
            self.renders().join(format!("{}.json", files::short(Sha256::digest(key.as_bytes()))));
        if let Some(rendered) =
            fs::read(&kept).ok().and_then(|text| serde_json::from_slice(&text).ok())
        {
            return Ok(rendered);
        }
        let call = HelmCall::new(["template", name])
            .arg(&source.chart)
            .flag("--namespace", namespace)
            .flag("--kube-version", kube_version)
            .flag("--values", "-")
            .switch("--skip-tests", true)
            .switch("--is-upgrade", *upgrade)
            .switch("--include-crds", !*upgrade)
            .switch("--skip-schema-validation", !*checked);
        let stdin = values.to_string().into_bytes();
        let output = self.run(HelmCall { stdin, stop: stop.clone(), ..call }).await?;
        if !output.success {
            let what = format!("the chart of release {name} does not render with these values");
            let hint = "the chart's values.yaml says what it takes";
            return Err(Fault::new(Class::Invalid, what).why(words(&output.stderr)).hint(hint));
        }
        let rendered = Rendered { manifest: output.stdout, warnings: warnings(&output.stderr) };
        // A render that is not kept is made again.
        if let Err(error) = keep(&kept, &rendered) {
            tracing::debug!(%error, "a render is not kept");
        }
        Ok(rendered)
    }

    fn renders(&self) -> PathBuf {
        self.settings().home.join("renders")
    }
}

/// What helm and the chart warn of.
fn warnings(stderr: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in stderr.lines().map(str::trim) {
        let lower = line.to_ascii_lowercase();
        let text = lower.starts_with("warning:").then(|| line["warning:".len()..].trim());
        if let Some(text) = text.filter(|text| !found.iter().any(|known| known == text)) {
            found.push(text.to_owned());
        }
    }
    found
}

/// Charts draw passwords, so only this user may read a render.
fn keep(path: &Path, rendered: &Rendered) -> std::io::Result<()> {
    let folder = path.parent().expect("BUG: renders are in a folder");
    fs::create_dir_all(folder)?;
    make_room(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&serde_json::to_vec(rendered)?)?;
    file.persist(path)?;
    Ok(())
}

/// Removes the older half when there are too many.
fn make_room(folder: &Path) -> std::io::Result<()> {
    let mut kept = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        kept.push((entry.metadata()?.modified().unwrap_or(SystemTime::UNIX_EPOCH), entry.path()));
    }
    if kept.len() < KEPT {
        return Ok(());
    }
    kept.sort();
    for (_, path) in &kept[..KEPT / 2] {
        // Another run may have removed it.
        let _ = fs::remove_file(path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_renders_make_room() {
        let folder = tempfile::tempdir().unwrap();
        for i in 0..=KEPT {
            let path = folder.path().join(format!("{i}.json"));
            keep(&path, &Rendered::default()).unwrap();
        }
        let count = fs::read_dir(folder.path()).unwrap().count();
        assert!(count <= KEPT / 2 + 1, "{count}");
    }

    #[test]
    fn each_warning_is_told_once() {
        let stderr = "Warning: a\nwarning: a\nWARNING: b\nError: c\n";
        assert_eq!(warnings(stderr), ["a", "b"]);
    }
}
