//! What helm needs to reach a cluster: files only this user can read, gone when helm is.

use crate::client::Cluster;
use groundplan_core::{Class, Fault, Result, json};
use std::{
    fs::{self, Permissions},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::{Builder, NamedTempFile, TempDir};

/// How often the token is replaced. It holds for 15 minutes, and helm reads the file every minute.
const RENEW: Duration = Duration::from_mins(5);

/// A kubeconfig that names a file with a token.
pub(super) struct Kubeconfig {
    folder: TempDir,
}

impl Kubeconfig {
    /// Below `home`, a folder of this user's.
    pub(super) async fn write(cluster: &Cluster, home: &Path) -> Result<Self> {
        let make = || {
            fs::create_dir_all(home)?;
            let private = Permissions::from_mode(0o700);
            Builder::new().prefix("access-").permissions(private).tempdir_in(home)
        };
        let folder = make().map_err(|e| not_written(home, &e))?;
        let written = Self { folder };
        written.renew(cluster).await?;
        let access = cluster.access();
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{ "name": "cluster", "cluster": {
                "server": access.endpoint,
                "certificate-authority-data": access.certificate_authority,
            } }],
            "users": [{ "name": "caller", "user": { "tokenFile": written.token() } }],
            "contexts": [{ "name": "groundplan", "context": { "cluster": "cluster", "user": "caller" } }],
            "current-context": "groundplan",
        });
        written.put(&written.path(), config.to_string().as_bytes())?;
        Ok(written)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    fn token(&self) -> PathBuf {
        self.folder.path().join("token")
    }

    /// Keeps the token fresh for as long as it is polled. Ends only when it cannot.
    pub(super) async fn keep_fresh(&self, cluster: &Cluster) -> Fault {
        let mut ticks = tokio::time::interval(RENEW);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            if let Err(fault) = self.renew(cluster).await {
                return fault;
            }
        }
    }

    async fn renew(&self, cluster: &Cluster) -> Result<()> {
        let token = cluster.token(RENEW).await?;
        self.put(&self.token(), token.expose().as_bytes())
    }

    /// Replaces a file at once, so that no reader sees half of it.
    fn put(&self, path: &Path, content: &[u8]) -> Result<()> {
        let write = || {
            let mut file = NamedTempFile::new_in(self.folder.path())?;
            file.write_all(content)?;
            file.persist(path).map_err(|e| e.error)
        };
        write().map(drop).map_err(|e| not_written(path, &e))
    }
}

fn not_written(path: &Path, error: &std::io::Error) -> Fault {
    Fault::new(Class::Other, format!("could not write {}", path.display())).why(error.to_string())
}
