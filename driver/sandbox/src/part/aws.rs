//! The Python environment of the AWS part.

use super::python::Python;
use crate::{Error, Result, Stage, cache::Cache, embedded, progress::PartReporter};
use std::path::PathBuf;

const PYTHON: &str = "bin/python";

/// The Python with which `-m groundplan_aws` runs.
pub(crate) async fn prepare(cache: &Cache, report: &PartReporter) -> Result<PathBuf> {
    let sources = embedded::aws();
    let python = Python::find().await?;
    let key = format!("aws-{}", sources.digest(&[&python.identity()]));
    let log = cache.log(&key);
    let make = |folder: PathBuf| async move {
        let venv = python.venv(&folder, &log).await?;
        let packages = venv.packages().await?;
        sources.write(&packages)?;
        let requirements = packages.join("requirements.txt");
        let install = |pip: &mut tokio::process::Command| {
            pip.arg("install");
        };
        let line = |text: &str| report.say(Stage::Running, text);
        venv.pip("install the AWS part", install, &requirements, &log, line).await?;
        std::fs::remove_file(&requirements).map_err(Error::io("remove", &requirements))?;
        Ok(String::new())
    };
    Ok(cache.prepare(&key, PYTHON, report, make).await?.join(PYTHON))
}
