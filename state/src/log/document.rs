//! A snapshot as it is written: one JSON document that people can read, whose first field is the
//! checksum of everything after its line.

use super::fold::{Head, Log};
use crate::{FORMAT, Snapshot, check};
use serde::{Deserialize, Serialize};

/// What follows the checksum before the state itself.
#[derive(Serialize, Deserialize)]
struct Envelope {
    journal: Head,
}

/// Why a document cannot be used as it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Flaw {
    /// A newer version of this software wrote it.
    Newer(u32),
    /// It is a sound state, and not the one that was written.
    Edited(Box<Log>),
    /// It is not what was written.
    Damaged(String),
}

impl Flaw {
    pub(super) fn why(&self) -> String {
        match self {
            Self::Newer(found) => format!("it has format {found}"),
            Self::Edited(_) => {
                "its checksum does not match, though it reads well: it was edited".into()
            }
            Self::Damaged(why) => why.clone(),
        }
    }
}

const OPEN: &str = "{\n";
const CLOSE: &str = "\n}";

pub(super) fn encode(log: &Log) -> Vec<u8> {
    let envelope = Envelope { journal: log.head.clone() };
    let head = serde_json::to_string_pretty(&envelope).expect("BUG: a head is JSON");
    let state = serde_json::to_string_pretty(&log.snapshot).expect("BUG: a snapshot is JSON");
    let head = head.strip_prefix(OPEN).and_then(|head| head.strip_suffix(CLOSE));
    let state = state.strip_prefix(OPEN);
    // Two documents of the same level become one.
    let rest = head.zip(state).map(|(head, state)| format!("{head},\n{state}\n"));
    let rest = rest.expect("BUG: an object in more than one line");
    format!("{}{rest}", first_lines(rest.as_bytes())).into_bytes()
}

fn first_lines(rest: &[u8]) -> String {
    format!("{OPEN}  \"checksum\": \"crc32:{:08x}\",\n", crc32fast::hash(rest))
}

/// Reads what is in the place of the snapshot of a slot.
pub(super) fn decode(stack: &str, slot: u64, bytes: &[u8]) -> Result<Log, Flaw> {
    let length = first_lines(b"").len();
    let (first, rest) = bytes.split_at_checked(length).unwrap_or((bytes, b""));
    let intact = first == first_lines(rest).as_bytes();
    let log = read(stack, slot, bytes).map_err(|flaw| match flaw {
        // A damaged number is no newer format.
        Flaw::Newer(_) if !intact && bytes.starts_with(b"{\n  \"checksum\": \"crc32:") => {
            Flaw::Damaged("its checksum does not match".into())
        }
        flaw => flaw,
    })?;
    if intact { Ok(log) } else { Err(Flaw::Edited(Box::new(log))) }
}

fn read(stack: &str, slot: u64, bytes: &[u8]) -> Result<Log, Flaw> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let unreadable = |e: serde_json::Error| Flaw::Damaged(format!("it cannot be read: {e}"));
    let Format { format } = serde_json::from_slice(bytes).map_err(unreadable)?;
    if format > FORMAT {
        return Err(Flaw::Newer(format));
    }
    let Envelope { journal: head } = serde_json::from_slice(bytes).map_err(unreadable)?;
    let snapshot: Snapshot = serde_json::from_slice(bytes).map_err(unreadable)?;
    if head.slot != slot {
        return Err(Flaw::Damaged(format!(
            "it is of record {}, in the place of {slot}",
            head.slot
        )));
    }
    if snapshot.stack != stack {
        return Err(Flaw::Damaged(format!("it is of stack `{}`", snapshot.stack)));
    }
    let problems = check(&snapshot);
    if !problems.is_empty() {
        return Err(Flaw::Damaged(format!("it contradicts itself: {}", problems.join("; "))));
    }
    Ok(Log { snapshot, head })
}
