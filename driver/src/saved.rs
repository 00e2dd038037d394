//! A plan in a file, for somebody to approve of and `apply apply FILE` to be held to.

use crate::render::error::{FAILED, Failure, REFUSED};
use groundplan::{Approved, Json, to_json, words::sha256};
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
    /// A digest of all of it, which tells whether somebody changed it afterwards.
    seal: String,
}

impl Saved {
    /// A plan that was just made, with its digest.
    pub(crate) fn new(
        (plan, digest): (Approved, String),
        who: &str,
        commit: Option<String>,
        allow_deletes: Option<usize>,
    ) -> Self {
        let (at, who, seal) = (jiff::Timestamp::now(), who.to_owned(), String::new());
        let saved = Self { format: FORMAT, digest, at, who, commit, allow_deletes, plan, seal };
        Self { seal: saved.sealed(), ..saved }
    }

    fn sealed(&self) -> String {
        let mut all = to_json(self);
        all["seal"] = Json::Null;
        sha256(all.to_string().as_bytes())
    }

    /// Writes it.
    pub(crate) fn write(&self, file: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).expect("BUG: plans are JSON");
        write(file, &(text + "\n"), format!("could not save the plan as {}", file.display()))
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
        if saved.seal != saved.sealed() {
            return Err(refuse(REFUSED, "it was changed after it was saved".to_owned()));
        }
        Ok(saved)
    }
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

/// Writes a file that somebody named; `what` says what could not be done, where it cannot.
pub(crate) fn write(file: &Path, text: &str, what: String) -> Result<(), Failure> {
    std::fs::write(file, text).map_err(|error| Failure {
        what,
        causes: vec![error.to_string()],
        hints: vec!["name a file in a folder that you may write to".into()],
        exit: FAILED,
    })
}
