//! The runtime folder of one sandbox: its files and what is in them.

use crate::{Credentials, Error, Kubernetes, Mode, Outsider, Result, http};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Where the AWS part says which sandbox it is.
pub(crate) const STATUS_PATH: &str = "/_groundplan/status";

/// The runtime folder.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    pub(crate) dir: PathBuf,
}

/// `sandbox.json`: what was started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) mode: Mode,
    pub(crate) started: Timestamp,
    pub(crate) endpoint: Option<String>,
    pub(crate) pid: i32,
    /// The control plane's program, there or yet to come.
    pub(crate) control_plane: PathBuf,
    /// The lock that its build holds.
    pub(crate) build: PathBuf,
    /// Whether it ends when its users have.
    #[serde(default)]
    pub(crate) until_dropped: bool,
}

/// `aws.json`: what the AWS part says of itself once it answers.
#[derive(Deserialize)]
pub(crate) struct Answer {
    pub(crate) id: String,
    pub(crate) endpoint: String,
    pub(crate) account: String,
    pub(crate) region: String,
    #[serde(flatten)]
    pub(crate) credentials: Credentials,
    pub(crate) caller_arn: String,
    pub(crate) outsider: Outsider,
}

/// `ready.json` of a cluster, as far as it matters here.
#[derive(Deserialize)]
struct Ready {
    kubeconfig: PathBuf,
}

impl Root {
    pub(crate) fn new(dir: &Path) -> Result<Self> {
        let dir = std::path::absolute(dir).map_err(Error::io("find", dir))?;
        Ok(Self { dir })
    }

    /// Held while the sandbox is started or ended. Beside the folder, because it outlives it.
    pub(crate) fn turn(&self) -> PathBuf {
        self.dir.with_added_extension("lock")
    }

    /// Held by the AWS part for as long as it lives.
    pub(crate) fn leash(&self) -> PathBuf {
        self.dir.join("sandbox.lock")
    }

    /// Shared by those for whom one lives that ends without them.
    pub(crate) fn users(&self) -> PathBuf {
        self.dir.join("users.lock")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("aws.log")
    }

    pub(crate) fn requests(&self) -> PathBuf {
        self.dir.join("requests.jsonl")
    }

    fn record_path(&self) -> PathBuf {
        self.dir.join("sandbox.json")
    }

    fn answer_path(&self) -> PathBuf {
        self.dir.join("aws.json")
    }

    fn unavailable_path(&self) -> PathBuf {
        self.dir.join("control-plane.unavailable")
    }

    /// Makes the folder anew, for its owner alone.
    pub(crate) fn clear(&self) -> Result<()> {
        self.remove()?;
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(&self.dir).map_err(Error::io("create", &self.dir))
    }

    pub(crate) fn remove(&self) -> Result<()> {
        crate::cache::remove(&self.dir)
    }

    /// A log for a child process, readable by its owner alone.
    pub(crate) fn open_log(&self) -> Result<fs::File> {
        let path = self.log();
        let mut options = fs::OpenOptions::new();
        options
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(Error::io("create", &path))
    }

    pub(crate) fn write_record(&self, record: &Record) -> Result<()> {
        let text = serde_json::to_vec_pretty(record).expect("BUG: a record is JSON");
        replace(&self.record_path(), &text)
    }

    pub(crate) fn record(&self) -> Result<Option<Record>> {
        read_json(&self.record_path())
    }

    pub(crate) fn answer(&self) -> Result<Option<Answer>> {
        read_json(&self.answer_path())
    }

    /// Lets waiting clusters fail with this reason.
    pub(crate) fn write_unavailable(&self, why: &str, mend: &str) -> Result<()> {
        replace(&self.unavailable_path(), format!("{why}\n{mend}\n").as_bytes())
    }

    /// Takes back [`Self::write_unavailable`]: it is being tried again.
    pub(crate) fn clear_unavailable(&self) -> Result<()> {
        let path = self.unavailable_path();
        match fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::io("remove", path)(e)),
            _ => Ok(()),
        }
    }

    /// The administrator's kubeconfig of each cluster that is ready, by cluster name.
    pub(crate) fn kubeconfigs(&self) -> Result<BTreeMap<String, PathBuf>> {
        let folder = self.dir.join("clusters");
        let clusters = match fs::read_dir(&folder) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
            other => other.map_err(Error::io("read", &folder))?,
        };
        let mut found = BTreeMap::new();
        for cluster in clusters.flatten().map(|entry| entry.path()) {
            if let Some(Ready { kubeconfig }) = read_json(&cluster.join("ready.json"))?
                && let Some(name) = cluster.file_name()
            {
                found.insert(name.to_string_lossy().into_owned(), kubeconfig);
            }
        }
        Ok(found)
    }

    pub(crate) fn unavailable(&self) -> Option<Kubernetes> {
        let text = fs::read_to_string(self.unavailable_path()).ok()?;
        let (why, mend) = text.trim_end().split_once('\n').unwrap_or((text.trim_end(), ""));
        Some(Kubernetes::Unavailable { why: why.to_owned(), mend: mend.to_owned() })
    }
}

impl Answer {
    /// Whether a server that says it is this sandbox listens where this says it does.
    pub(crate) async fn is_live(&self) -> bool {
        let Some(port) = self.port() else { return false };
        let status = http::get_json(port, STATUS_PATH).await;
        status.is_some_and(|status| status.get("id").and_then(|id| id.as_str()) == Some(&self.id))
    }

    /// The port on 127.0.0.1; none for an endpoint anywhere else, which no sandbox has.
    pub(crate) fn port(&self) -> Option<u16> {
        self.endpoint.strip_prefix("http://127.0.0.1:")?.trim_end_matches('/').parse().ok()
    }
}

/// Writes a file that is whole or not there, for its owner alone.
fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let temporary = path.with_added_extension("tmp");
    let mut options = fs::OpenOptions::new();
    options.create(true).truncate(true).write(true).mode(0o600);
    options
        .open(&temporary)
        .and_then(|mut file| file.write_all(content))
        .and_then(|()| fs::rename(&temporary, path))
        .map_err(Error::io("write", path))
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let text = match fs::read(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.map_err(Error::io("read", path))?,
    };
    match serde_json::from_slice(&text) {
        Ok(value) => Ok(Some(value)),
        // The parser's own message may quote a value, and one of these files holds a secret key.
        Err(e) => {
            let why = format!("unexpected content at line {} column {}", e.line(), e.column());
            Err(Error::Unreadable { path: path.to_path_buf(), why })
        }
    }
}
