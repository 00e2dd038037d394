//! A running sandbox, as its caller sees it.

use crate::{Mode, Result, Tool, lock::Lock, root::Root};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc};
use tokio::sync::watch;

/// A running sandbox. Dropping it changes nothing, and the sandbox goes on until [`crate::down`], unless
/// it was brought up with [`crate::Options::until_dropped`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sandbox {
    /// Its id, new at every start: `sbx-` and twelve hexadecimal digits.
    pub id: String,
    /// Whether it was running before.
    pub reused: bool,
    /// How much of the cloud it has.
    pub mode: Mode,
    /// Where it answers AWS calls, e.g. `http://127.0.0.1:4566`.
    pub endpoint: String,
    /// The account that its credentials belong to.
    pub account: String,
    /// Its home region.
    pub region: String,
    /// Credentials of an administrator of that account.
    pub credentials: Credentials,
    /// Who those credentials are, as STS says it.
    pub caller_arn: String,
    /// Somebody who is allowed nothing in that account.
    pub outsider: Outsider,
    /// Its runtime folder.
    pub root: PathBuf,
    /// Every AWS request it answered, one JSON document a line.
    pub request_log: PathBuf,
    /// `helm`, which renders charts also where there is no Kubernetes.
    pub helm: Tool,
    /// `kubectl`.
    pub kubectl: Tool,
    /// The folder of stand-in charts, one folder a chart.
    pub charts: PathBuf,
    pub(crate) kubernetes: watch::Receiver<Kubernetes>,
    /// What keeps one alive that ends with its users. The clones of this are one user.
    pub(crate) _use: Option<Arc<Lock>>,
}

/// Whether clusters of the sandbox have a Kubernetes API server behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kubernetes {
    /// It was not asked for: [`Mode::AwsOnly`].
    Off,
    /// The control plane is there.
    Ready,
    /// The control plane is being built; clusters wait in `CREATING` for it.
    Building,
    /// The control plane could not be built; clusters fail.
    Unavailable {
        /// The reason.
        why: String,
        /// What to do about it.
        mend: String,
    },
}

impl Sandbox {
    /// Whether there is Kubernetes now.
    pub fn kubernetes(&self) -> Kubernetes {
        self.kubernetes.borrow().clone()
    }

    /// Waits until the control plane is built, or cannot be.
    pub async fn kubernetes_settled(&self) -> Kubernetes {
        let mut kubernetes = self.kubernetes.clone();
        match kubernetes.wait_for(|now| *now != Kubernetes::Building).await {
            Ok(settled) => settled.clone(),
            // Who watched the build has ended; what was known last stays.
            Err(_) => self.kubernetes(),
        }
    }

    /// The kubeconfig files of its clusters that are ready, by cluster name.
    pub fn kubeconfigs(&self) -> Result<BTreeMap<String, PathBuf>> {
        Root::new(&self.root)?.kubeconfigs()
    }
}

/// AWS credentials. Its `Debug` shows the key's id alone.
#[derive(Clone, Debug, Deserialize)]
pub struct Credentials {
    /// The access key's id.
    pub access_key_id: String,
    /// The secret key.
    pub secret_access_key: Secret,
    /// The session token, for credentials of an assumed role.
    pub session_token: Option<Secret>,
}

/// A principal of another account.
#[derive(Clone, Debug, Deserialize)]
pub struct Outsider {
    /// Its account.
    pub account: String,
    /// Its credentials.
    #[serde(flatten)]
    pub credentials: Credentials,
    /// Who those credentials are, as STS says it.
    pub caller_arn: String,
}

/// A value that is not shown. It opens nothing but this sandbox, but a log reader cannot know that.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value, to hand to what needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_do_not_show_their_secrets() {
        let credentials: Credentials = serde_json::from_str(
            r#"{"access_key_id":"AKIA1","secret_access_key":"hush","session_token":"quiet"}"#,
        )
        .unwrap();
        let shown = format!("{credentials:?}");
        assert!(shown.contains("AKIA1"), "{shown}");
        assert!(!shown.contains("hush") && !shown.contains("quiet"), "{shown}");
        assert_eq!(credentials.secret_access_key.expose(), "hush");
    }
}
