//! What happens while a sandbox is prepared. The caller renders it; this crate never prints.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

/// A part of the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The Python environment that answers AWS calls.
    Aws,
    /// `helm` and `kubectl`.
    Tools,
    /// The stand-in charts.
    Charts,
    /// The Kubernetes control plane.
    ControlPlane,
    /// The running sandbox itself.
    Sandbox,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aws => "aws",
            Self::Tools => "helm and kubectl",
            Self::Charts => "charts",
            Self::ControlPlane => "kubernetes",
            Self::Sandbox => "sandbox",
        })
    }
}

/// How far a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is there from before; nothing was done.
    Cached,
    /// Work on it begins.
    Started,
    /// Work on it goes on; the detail says at what.
    Running,
    /// Another process works on it.
    Waiting,
    /// It is there now.
    Done,
    /// It could not be had; the detail says why.
    Failed,
}

/// One thing that happened to one part.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The part.
    pub part: Part,
    /// How far it is.
    pub stage: Stage,
    /// At what, with what result, or why not. May be empty.
    pub detail: String,
    /// Since work on the part began.
    pub elapsed: Duration,
}

/// Who is told of progress.
#[derive(Clone)]
pub struct Reporter(Arc<dyn Fn(Progress) + Send + Sync>);

impl Reporter {
    /// Tells this function. It is called from several tasks and should return at once.
    pub fn new(tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Tells nobody.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// The reporter of one part, whose clock starts now.
    pub(crate) fn of(&self, part: Part) -> PartReporter {
        PartReporter { to: self.clone(), part, since: Instant::now() }
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reporter")
    }
}

/// Reports on one part.
#[derive(Clone, Debug)]
pub(crate) struct PartReporter {
    to: Reporter,
    part: Part,
    since: Instant,
}

impl PartReporter {
    pub(crate) fn say(&self, stage: Stage, detail: impl Into<String>) {
        (self.to.0)(Progress {
            part: self.part,
            stage,
            detail: detail.into(),
            elapsed: self.since.elapsed(),
        });
    }
}
