//! The terminal, and standard output. The only place that prints.
//!
//! Results go to standard output; everything else, such as progress and questions, to standard error.
//! As JSON, standard output has one document a line and nothing else, each with an `event` that says
//! what it is, and people are spoken to only if standard error is a terminal.
//!
//! An output that is closed is no reason to stop: infrastructure that changes is not left half-way
//! because nobody reads on.

use crate::{
    environment::Environment,
    render::{
        error::{Failure, failure},
        json,
        paint::Paint,
        progress,
    },
};
use anstream::{AutoStream, ColorChoice, stream::RawStream};
use groundplan::Json;
use std::io::{self, IsTerminal, Write};
use terminal_size::{Height, Width};

/// Columns where there is no terminal to ask.
const COLUMNS: usize = 100;

/// Where text goes.
#[derive(Clone, Copy, Debug)]
struct Side {
    paint: Paint,
    terminal: bool,
}

/// The terminal and standard output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    out: Side,
    err: Side,
    /// Whether somebody sits there who can answer.
    pub(crate) answers: bool,
    /// Whether results are JSON.
    pub(crate) json: bool,
}

impl Screen {
    /// The screen of this process.
    pub(crate) fn of_process(environment: &Environment, json: bool) -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let unicode = environment.unicode;
        Self {
            out: side(&out, terminal_size::terminal_size_of(&out), unicode),
            err: side(&err, terminal_size::terminal_size_of(&err), unicode),
            answers: io::stdin().is_terminal() && err.is_terminal(),
            json,
        }
    }

    /// How results are painted.
    pub(crate) fn paint(&self) -> &Paint {
        if self.json { &self.err.paint } else { &self.out.paint }
    }

    /// A result for people, as it was painted.
    pub(crate) fn page(&self, text: &str) {
        match self.json {
            false => put(io::stdout().lock(), text),
            true if self.err.terminal => put(io::stderr().lock(), text),
            true => {}
        }
    }

    /// Something for people that is no result.
    pub(crate) fn say(&self, text: &str) {
        if !self.json || self.err.terminal {
            put(io::stderr().lock(), &self.err.paint.finish(text.to_owned()));
        }
    }

    /// Something that people should not miss.
    pub(crate) fn note(&self, text: &str) {
        self.say(&format!("{} {text}\n", self.err.paint.yellow("note:")));
    }

    /// A result for programs: nothing, unless JSON is asked for.
    pub(crate) fn json(&self, event: &str, document: &Json) {
        if self.json {
            put(io::stdout().lock(), &json::line(event, document));
        }
    }

    /// Raw text as the whole result, whatever the form: a schema, a completion script, a value.
    #[expect(clippy::unused_self, reason = "printing goes through the screen")]
    pub(crate) fn raw(&self, text: &str) {
        put(io::stdout().lock(), text);
    }

    /// A failure.
    pub(crate) fn failure(&self, failed: &Failure) {
        self.json("failure", &json::failure(failed));
        self.say(&failure(failed, &self.err.paint));
    }

    /// How the progress of a run is shown.
    pub(crate) fn progress(&self) -> progress::Progress {
        let mode = match (self.json, self.err.terminal) {
            (_, true) => progress::Mode::Live,
            (true, false) => progress::Mode::Quiet,
            (false, false) => progress::Mode::Plain,
        };
        let size = || match terminal_size::terminal_size_of(io::stderr()) {
            Some((Width(columns), Height(rows))) => (columns, rows),
            None => (80, 24),
        };
        let output = progress::Output { writer: Box::new(io::stderr()), size: Box::new(size) };
        progress::Progress::new(output, mode, self.err.paint)
    }
}

/// What there is to say before there is a screen.
pub(crate) fn last_words(text: &str) {
    put(io::stderr().lock(), text);
}

fn side<S: RawStream>(stream: &S, size: Option<(Width, Height)>, unicode: bool) -> Side {
    let width = size.map_or(COLUMNS, |(Width(columns), _)| columns.into());
    let color = AutoStream::choice(stream) != ColorChoice::Never;
    Side { paint: Paint { color, width, unicode }, terminal: stream.is_terminal() }
}

fn put(mut to: impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}
