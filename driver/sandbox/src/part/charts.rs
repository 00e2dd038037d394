//! The stand-in charts, written out of this library.

use crate::{Result, cache::Cache, embedded, progress::PartReporter};
use std::path::PathBuf;

/// The folder that holds a folder for each chart.
pub(crate) async fn prepare(cache: &Cache, report: &PartReporter) -> Result<PathBuf> {
    let charts = embedded::charts();
    let key = format!("charts-{}", charts.digest(&[]));
    let write = |folder: PathBuf| async move { charts.write(&folder).map(|()| String::new()) };
    cache.prepare(&key, "datahub/Chart.yaml", report, write).await
}
