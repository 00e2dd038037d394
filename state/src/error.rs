//! What can go wrong with a state, and what to do about it.

use crate::Holder;
use std::{io, path::PathBuf};

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
    /// Somebody else is changing this stack.
    #[error("the state of stack `{stack}` is in use by {holder}")]
    Locked {
        /// The stack.
        stack: String,
        /// Who has it.
        holder: Box<Holder>,
    },
    /// A newer version of this software wrote the state.
    #[error(
        "{} has format {found}, this version reads and writes up to {ours}; nothing was changed",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format known here.
        ours: u32,
    },
    /// The file is no state.
    #[error("{} cannot be read as a state: {why}; nothing was changed", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Where it stopped making sense.
        why: String,
    },
    /// There was a state here: what is kept beside one is left of it.
    #[error("{} is gone, and {} beside it shows that there was one; nothing was changed", path.display(), left.display())]
    Gone {
        /// The file.
        path: PathBuf,
        /// What is left.
        left: PathBuf,
    },
    /// A record in the middle of the journal does not match its checksum.
    #[error("{} is damaged at line {line}: {why}; nothing was changed", path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// The first line that is wrong.
        line: usize,
        /// In what way.
        why: &'static str,
    },
    /// The content contradicts itself.
    #[error("the state of stack `{stack}` contradicts itself: {}", problems.join("; "))]
    Inconsistent {
        /// The stack.
        stack: String,
        /// Every contradiction found.
        problems: Vec<String>,
    },
}

/// The result of a store operation.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A place or a command that helps.
    pub fn hint(&self) -> String {
        match self {
            Self::Io { path, source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                format!("check the owner and permissions of {}", path.display())
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some disk space and run the same command again: it goes on from here".into()
            }
            Self::Io { .. } => "run the same command again when the disk is in order".into(),
            Self::Locked { holder, .. } => format!(
                "wait until process {} on {} has ended; the lock ends with it",
                holder.pid, holder.host
            ),
            Self::Newer { .. } => "use the version of groundplan that wrote it, or a later one".into(),
            Self::Unreadable { path, .. } => format!(
                "copy {} over it, the state from before the last write: the next run looks into what happened since",
                path.with_extension("previous.json").display()
            ),
            Self::Gone { path, left } => format!(
                "put it back from a backup, or copy {} to {}: the next run looks into what happened since",
                left.display(),
                path.display()
            ),
            Self::Damaged { path, line, .. } => format!(
                "keep a copy of {}; the records before line {line} are intact, and `state.json` beside it is the last whole snapshot",
                path.display()
            ),
            Self::Inconsistent { .. } => {
                "keep a copy of the state folder, then look at the named entries with `apply state show`".into()
            }
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
