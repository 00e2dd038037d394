//! A plan in a file, for somebody to approve of and `apply apply FILE` to be held to.

use crate::render::error::{FAILED, Failure, REFUSED};
use groundplan::Approved;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of the file's form.
const FORMAT: u32 = 1;

/// A saved plan.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Saved {
    format: u32,
    /// What tells it from any other.
    pub(crate) digest: String,
    /// When it was made.
    pub(crate) at: jiff::Timestamp,
    /// Who made it.
    pub(crate) who: String,
    /// The commit of the program, where that is known.
    pub(crate) commit: Option<String>,
    /// How many resources it may take away, where that was said.
    pub(crate) allow_deletes: Option<usize>,
    /// What was approved.
    pub(crate) plan: Approved,
}

impl Saved {
    /// A plan that was just made.
    pub(crate) fn new(
        plan: Approved,
        who: &str,
        commit: Option<String>,
        allow_deletes: Option<usize>,
    ) -> Self {
        let (digest, at) = (plan.digest(), jiff::Timestamp::now());
        Self { format: FORMAT, digest, at, who: who.to_owned(), commit, allow_deletes, plan }
    }

    /// Writes it.
    pub(crate) fn write(&self, file: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).expect("BUG: plans are JSON");
        std::fs::write(file, text + "\n").map_err(|error| Failure {
            what: format!("could not save the plan as {}", file.display()),
            causes: vec![error.to_string()],
            hints: vec!["name a file in a folder that you may write to".into()],
            exit: FAILED,
        })
    }

    /// Reads one, and refuses what was changed since it was written.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let refuse = |exit, cause: String| Failure {
            what: format!("{} cannot be applied; nothing was changed", file.display()),
            causes: vec![cause],
            hints: vec![format!("plan again: apply plan --out {}", file.display())],
            exit,
        };
        let text = std::fs::read_to_string(file).map_err(|e| refuse(FAILED, e.to_string()))?;
        let format: Format = serde_json::from_str(&text)
            .map_err(|error| refuse(FAILED, format!("it is no saved plan: {error}")))?;
        if format.format != FORMAT {
            let what = format!("it has format {}, and this program reads {FORMAT}", format.format);
            return Err(refuse(FAILED, what));
        }
        let saved: Self = serde_json::from_str(&text)
            .map_err(|error| refuse(FAILED, format!("it is damaged: {error}")))?;
        let digest = saved.plan.digest();
        if digest != saved.digest {
            let what = format!(
                "it was changed after it was saved: its digest is {digest}, and it says {}",
                saved.digest
            );
            return Err(refuse(REFUSED, what));
        }
        Ok(saved)
    }
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}
