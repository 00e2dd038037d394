//! The parts of a sandbox while they are prepared, beside the steps of a run that needs them.

use super::{
    super::{
        paint::{Paint, Tone},
        words,
    },
    one_line,
};
use groundplan_sandbox::{Part, Progress, Stage};
use std::time::Duration;

/// A part that is not there yet.
#[derive(Clone, Debug)]
pub(super) struct Unfinished {
    pub(super) part: Part,
    /// Since when, by the clock of whoever looks at it; it may have begun before that clock.
    at: Duration,
    elapsed: Duration,
    pub(super) says: String,
}

impl Unfinished {
    /// For how long it has been worked on.
    pub(super) fn since(&self, now: Duration) -> Duration {
        self.elapsed + now.saturating_sub(self.at)
    }
}

/// What a part is at, in a line that is not too long. Installers like to name all they did.
pub(super) fn short(detail: &str) -> String {
    const LONG: usize = 80;
    let line = one_line(detail);
    if line.chars().count() <= LONG {
        return line;
    }
    line.chars().take(LONG - 1).chain(['…']).collect()
}

/// Takes note of how far a part is.
pub(super) fn note(parts: &mut Vec<Unfinished>, progress: &Progress, now: Duration) {
    let Progress { part, stage, detail, elapsed } = progress;
    let known = parts.iter().position(|known| known.part == *part);
    match (stage, known) {
        (Stage::Started | Stage::Running | Stage::Waiting, known) => {
            let says = short(detail);
            let unfinished = Unfinished { part: *part, at: now, elapsed: *elapsed, says };
            match known {
                Some(i) => parts[i] = unfinished,
                None => parts.push(unfinished),
            }
        }
        (Stage::Cached | Stage::Done | Stage::Failed, Some(i)) => drop(parts.remove(i)),
        (Stage::Cached | Stage::Done | Stage::Failed, None) => {}
    }
}

/// The line that stays of it; none of what passes, or was there before.
pub(super) fn lasting(progress: &Progress, paint: &Paint) -> Option<String> {
    let Progress { part, stage, detail, elapsed } = progress;
    let took = words::took(*elapsed);
    let (tone, word, rest) = match (stage, part) {
        (Stage::Done, Part::Sandbox) => {
            (Tone::Green, "started", format!("{part} {} ({took})", one_line(detail)))
        }
        (Stage::Done, _) if detail.is_empty() => {
            (Tone::Green, "prepared", format!("{part} ({took})"))
        }
        (Stage::Done, _) => {
            (Tone::Green, "prepared", format!("{part}: {} ({took})", short(detail)))
        }
        (Stage::Failed, _) => (Tone::Red, "failed", format!("{part}: {}", one_line(detail))),
        _ => return None,
    };
    Some(paint.finish(format!("{} {rest}", paint.tone(tone, format!("{word:<9}")))))
}
