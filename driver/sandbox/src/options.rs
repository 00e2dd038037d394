//! What the caller decides about a sandbox.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How much of the cloud a sandbox has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// AWS, and a Kubernetes control plane for every EKS cluster.
    Full,
    /// AWS alone: an EKS cluster has no API server behind it. Nothing is built.
    #[serde(rename = "aws")]
    AwsOnly,
}

impl Mode {
    /// The word for it on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::AwsOnly => "aws",
        }
    }
}

/// Where `helm` and `kubectl` come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tools {
    /// From `PATH` where they are there and new enough, else the pinned helm 3 and its kubectl.
    FromPath,
    /// The pinned helm 3 and kubectl, whatever `PATH` holds.
    Helm3,
    /// The pinned helm 4 and kubectl, whatever `PATH` holds.
    Helm4,
}

/// What [`crate::up`] is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The user's cache folder, e.g. `~/.cache`. Everything goes into `groundplan/` in it.
    pub cache: PathBuf,
    /// The runtime folder: made by `up`, removed by `down`.
    pub root: PathBuf,
    /// How much of the cloud it has.
    pub mode: Mode,
    /// The port on 127.0.0.1, or 0 for any that is free.
    pub port: u16,
    /// Where `helm` and `kubectl` come from.
    pub tools: Tools,
    /// Factor on how long the states of AWS objects take; 0 makes all of them pass at once.
    pub pace: f64,
    /// Whether it ends by itself when nobody has a [`crate::Sandbox`] any more that was brought up like
    /// this: they were dropped, or their processes ended, in whatever way. [`crate::down`] is then
    /// only needed to remove the folder.
    pub until_dropped: bool,
}

impl Options {
    /// A full sandbox on a free port, in the folder that [`Options::root_of`] names.
    pub fn new(cache: impl Into<PathBuf>, name: &str) -> Self {
        let cache = cache.into();
        Self {
            root: Self::root_of(&cache, name),
            cache,
            mode: Mode::Full,
            port: 0,
            tools: Tools::FromPath,
            pace: 1.0,
            until_dropped: false,
        }
    }

    /// The usual runtime folder of the sandbox with this name.
    pub fn root_of(cache: &Path, name: &str) -> PathBuf {
        cache.join("groundplan").join("sandboxes").join(name)
    }
}
