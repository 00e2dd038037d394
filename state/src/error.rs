//! What can go wrong with a state, and what to do about it.

use crate::Holder;
use std::{fmt, io, path::PathBuf};

/// A failure of the state store. Each is a sentence; [`Error::hint`] says what to do now.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("could not {action} {}", path.display())]
    Io {
        /// What was being done: `read`, `write`, `sync`, …
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A service refused, or could not be reached.
    #[error("{0}")]
    Service(Box<Service>),
    /// A link is in the place of a file or folder of states.
    #[error("{} is a symbolic link, which is not followed: a state could be read or written anywhere", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// The name could lead out of the place of states.
    #[error("`{stack}` is no stack name: lower-case letters, digits and `-`")]
    Name {
        /// The name.
        stack: String,
    },
    /// Somebody else is changing this stack.
    #[error("the state of stack `{stack}` is in use by {holder}")]
    Locked {
        /// The stack.
        stack: String,
        /// Who has it.
        holder: Box<Holder>,
    },
    /// Nothing was heard of this process for so long that another took over. Nothing was overwritten.
    #[error(
        "this run no longer has the state of stack `{stack}`: {by} took over, as nothing was heard of it; nothing was recorded"
    )]
    LeaseLost {
        /// The stack.
        stack: String,
        /// Who took over.
        by: Box<Holder>,
    },
    /// An earlier write of this session failed, so that it does not know what is recorded.
    #[error("nothing more is recorded of stack `{stack}` by this run, as a write of it failed")]
    Ended {
        /// The stack.
        stack: String,
    },
    /// A newer version of this software wrote the state.
    #[error(
        "{place} has format {found}, this version reads and writes up to {ours}; nothing was changed"
    )]
    Newer {
        /// The file or object.
        place: String,
        /// Its format.
        found: u32,
        /// The newest format known here.
        ours: u32,
    },
    /// There was a state here, and what is left of it does not begin anywhere.
    #[error(
        "the state in {place} is gone, and {left} shows that there was one; nothing was changed"
    )]
    Gone {
        /// Where the state should be.
        place: String,
        /// What is left.
        left: String,
    },
    /// Records are missing between those that are there.
    #[error("records {first} to {last} are missing from {place}; nothing was changed")]
    Gap {
        /// The journal.
        place: String,
        /// The first one missing.
        first: u64,
        /// The last one missing.
        last: u64,
    },
    /// A file or object does not hold what was written to it.
    #[error("{place} is damaged: {why}; nothing was changed")]
    Damaged {
        /// The file or object.
        place: String,
        /// In what way.
        why: String,
    },
    /// The content contradicts itself.
    #[error("the state of stack `{stack}` contradicts itself: {}", problems.join("; "))]
    Inconsistent {
        /// The stack.
        stack: String,
        /// Every contradiction found.
        problems: Vec<String>,
    },
    /// There is a state where one was to begin.
    #[error("{place} has a sound state of stack `{stack}`; nothing was changed")]
    Exists {
        /// The stack.
        stack: String,
        /// Where it is.
        place: String,
    },
    /// The state asked for is not kept, or never was.
    #[error("version {serial} of stack `{stack}` is not kept in {place}")]
    NoVersion {
        /// The stack.
        stack: String,
        /// The number asked for.
        serial: u64,
        /// Where versions are.
        place: String,
    },
    /// Others write at the same place again and again.
    #[error("{place} could not be written: others were faster again and again")]
    Unsettled {
        /// The file or object.
        place: String,
    },
}

/// The result of a store operation.
pub type Result<T> = std::result::Result<T, Error>;

/// What a service refused, or why it could not be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// What was being done: `read`, `write`, `list`, …
    pub action: &'static str,
    /// The object or bucket.
    pub place: String,
    /// Why, in words.
    pub why: String,
    /// The service's code for it, e.g. `AccessDenied`.
    pub code: Option<String>,
    /// The service's id of the request, for its support.
    pub request: Option<String>,
    /// What to do now.
    pub hint: String,
}

impl fmt::Display for Service {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "could not {} {}: {}", self.action, self.place, self.why)?;
        if let Some(code) = &self.code {
            write!(out, " ({code})")?;
        }
        if let Some(request) = &self.request {
            write!(out, ", request {request}")?;
        }
        Ok(())
    }
}

impl Error {
    /// A place or a command that helps.
    pub fn hint(&self) -> String {
        const AGAIN: &str = "run the same command again";
        match self {
            Self::Io { path, source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                format!("check the owner and permissions of {}", path.display())
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                format!("free some disk space and {AGAIN}: it goes on from here")
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::ReadOnlyFilesystem => {
                "name a folder that can be written to with --state DIR".into()
            }
            Self::Io { .. } => format!("{AGAIN} when the disk is in order"),
            Self::Service(service) => service.hint.clone(),
            Self::Link { path } => format!(
                "put what it leads to in the place of {}, or name that folder with --state DIR",
                path.display()
            ),
            Self::Name { .. } => "`apply state list` without --stack shows the stacks there are".into(),
            Self::Locked { .. } => {
                "wait for it with --wait-for-lock; if it is dead, `apply state unlock` says so and frees the stack".into()
            }
            Self::LeaseLost { .. } => {
                format!("{AGAIN} once the other has ended: it looks into what this one had under way")
            }
            Self::Ended { .. } => format!("{AGAIN}: it looks into what was under way"),
            Self::Newer { .. } => "use the version of groundplan that wrote it, or a later one".into(),
            Self::Gone { .. } => {
                "put it back from a backup, or rebuild it from the tags of what exists with `apply state recover`".into()
            }
            Self::Gap { .. } | Self::Damaged { .. } => {
                "`apply state repair` says what can be rebuilt, and rebuilds it; nothing is deleted".into()
            }
            Self::Inconsistent { .. } => {
                "keep a copy of the state, and compare the named entries with a version before: `apply history diff`".into()
            }
            Self::Exists { .. } => "`apply plan` shows what it says".into(),
            Self::NoVersion { .. } => "`apply history` lists the versions that are kept".into(),
            Self::Unsettled { .. } => AGAIN.into(),
        }
    }

    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
