//! A run while it goes on: as a view that changes in place, as plain lines, or not at all.
//!
//! All of it goes through one writer, which can neither stop nor hold up the run.

mod board;
mod live;
mod part;
mod plain;
mod writer;

use super::{
    paint::{Paint, Tone, clean},
    words,
};
use groundplan::{Class, Event};
use live::Live;
use plain::Plain;
use std::{
    fmt,
    io::Write,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
pub(crate) use writer::Writer;

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// On a terminal: what runs now, in place; what is done scrolls up.
    Live,
    /// In a log: a line for each step that is done, and now and then for one that waits.
    Plain,
    /// Not at all.
    Quiet,
}

/// Where progress goes.
pub(crate) struct Output {
    /// All text goes here.
    pub(crate) writer: Box<dyn Write + Send>,
    /// Columns and rows of the terminal, asked anew each time, as people resize it.
    pub(crate) size: Size,
}

impl fmt::Debug for Output {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Output")
    }
}

/// Tells the columns and rows of the terminal.
type Size = Box<dyn Fn() -> (u16, u16) + Send + Sync>;

/// Tells the time since some moment.
type Clock = Box<dyn Fn() -> Duration + Send + Sync>;

/// Shows the events of a run.
pub(crate) struct Progress {
    view: View,
    writer: Writer,
}

enum View {
    Live(Live),
    Plain(Mutex<Plain>),
    Quiet,
}

impl Progress {
    /// Shows events in this way, from now on.
    pub(crate) fn new(out: Output, mode: Mode, paint: Paint) -> Self {
        let started = Instant::now();
        Self::with_clock(out, mode, paint, Box::new(move || started.elapsed()))
    }

    /// The same by another clock.
    pub(crate) fn with_clock(out: Output, mode: Mode, paint: Paint, clock: Clock) -> Self {
        let writer = Writer::new(out.writer);
        let view = match mode {
            Mode::Live => View::Live(Live::new(writer.clone(), out.size, paint, clock)),
            Mode::Plain => View::Plain(Mutex::new(Plain::new(writer.clone(), paint, clock))),
            Mode::Quiet => View::Quiet,
        };
        Self { view, writer }
    }

    /// Shows what happened.
    pub(crate) fn event(&self, event: &Event) {
        match &self.view {
            View::Live(live) => live.event(event),
            View::Plain(plain) => plain.lock().unwrap_or_else(PoisonError::into_inner).event(event),
            View::Quiet => {}
        }
    }

    /// Shows how far a part of the sandbox is.
    pub(crate) fn part(&self, part: &groundplan_sandbox::Progress) {
        match &self.view {
            View::Live(live) => live.part(part),
            View::Plain(plain) => plain.lock().unwrap_or_else(PoisonError::into_inner).part(part),
            View::Quiet => {}
        }
    }

    /// Takes away what was shown in place; the lines of what is done stay. Returns when all is written,
    /// so that others can write to the same place.
    pub(crate) fn finish(&self) {
        if let View::Live(live) = &self.view {
            live.finish();
        }
        self.writer.wait();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Progress")
    }
}

/// The line that stays of an event; none of one that passes.
fn lasting(event: &Event, paint: &Paint) -> Option<String> {
    let (tone, word, rest) = match event {
        Event::StepDone { address, verb, unneeded, took, .. } => {
            let word = words::did(*verb, *unneeded);
            let tone = if *unneeded { Tone::Dim } else { Tone::Green };
            (tone, word, format!("{address} ({})", words::took(*took)))
        }
        Event::StepFailed { address, fault, .. } => {
            let (tone, word) = match fault.class {
                Class::Cancelled => (Tone::Yellow, "stopped"),
                _ => (Tone::Red, "failed"),
            };
            (tone, word, format!("{address}: {}", one_line(&fault.to_string())))
        }
        Event::StepSkipped { address, because: Some(needed), .. } => {
            (Tone::Yellow, "not tried", format!("{address}, which needs {needed}"))
        }
        Event::StepSkipped { address, because: None, .. } => {
            (Tone::Yellow, "not tried", format!("{address}, as the run stops"))
        }
        Event::Recovered { address, found } => {
            (Tone::Yellow, "recovered", format!("{address}: {}", one_line(found)))
        }
        Event::Stopping => {
            let rest = "nothing new is started; what is under way comes to a safe point";
            (Tone::Yellow, "stopping", rest.to_owned())
        }
        Event::Refreshing { .. }
        | Event::RunStarted { .. }
        | Event::StepStarted { .. }
        | Event::Waiting { .. }
        | Event::Retrying { .. } => return None,
    };
    Some(paint.finish(format!("{} {rest}", paint.tone(tone, format!("{word:<9}")))))
}

/// Foreign text in one line. The end of the run shows it whole.
fn one_line(text: &str) -> String {
    let mut lines = text.lines();
    let first = clean(lines.next().unwrap_or_default()).into_owned();
    if lines.next().is_some() { first + " …" } else { first }
}
