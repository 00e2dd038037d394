//! Faults on purpose: rules that a test writes into the folder of its sandbox.

use super::world::Folder;
use serde_json::{Value as Json, json};
use std::{fmt, fs};

/// When a fault befalls a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Moment {
    /// Before it is handled.
    Before,
    /// After it was handled, before it is answered.
    After,
}

impl Moment {
    pub(super) const BOTH: [Self; 2] = [Self::Before, Self::After];
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Before => "before",
            Self::After => "after",
        })
    }
}

/// One rule; see the README of the sandbox.
#[derive(Clone, Debug)]
pub(super) struct Rule(Json);

impl Rule {
    fn new(call: &str, does: &str) -> Self {
        Self(json!({ "call": call.strip_prefix("kubernetes:").unwrap_or(call), "do": does }))
    }

    /// The run that makes the call is killed.
    pub(super) fn kill(call: &str, moment: Moment) -> Self {
        Self::new(call, "kill").with("when", moment.to_string())
    }

    /// The run that makes the call is stopped; the call is handled when it goes on.
    pub(super) fn freeze(call: &str) -> Self {
        Self::new(call, "freeze")
    }

    /// The connection is reset.
    pub(super) fn reset(call: &str) -> Self {
        Self::new(call, "reset")
    }

    /// The call waits.
    pub(super) fn delay(call: &str, seconds: f64) -> Self {
        Self::new(call, "delay").with("seconds", seconds)
    }

    /// The answer is this error.
    pub(super) fn error(call: &str, status: u16, code: &str, message: &str) -> Self {
        Self::new(call, "error").with("status", status).with("code", code).with("message", message)
    }

    /// Befalls the nth call that matches.
    pub(super) fn nth(self, nth: usize) -> Self {
        self.with("nth", nth)
    }

    /// Befalls so many calls from then on, and not one alone.
    pub(super) fn times(self, times: usize) -> Self {
        self.with("times", times)
    }

    /// Befalls each call from then on, and not one alone.
    pub(super) fn for_good(self) -> Self {
        self.with("times", Json::Null)
    }

    /// Befalls a call when it was handled.
    pub(super) fn late(self) -> Self {
        self.with("when", Moment::After.to_string())
    }

    /// Befalls only calls that have this text in them.
    pub(super) fn about(self, text: &str) -> Self {
        self.with("about", text)
    }

    /// Befalls a call only after something else was changed.
    pub(super) fn once_changed(self) -> Self {
        self.with("changed", true)
    }

    fn with(mut self, field: &str, value: impl Into<Json>) -> Self {
        self.0[field] = value.into();
        self
    }
}

impl Folder {
    /// From now on these rules hold, and no others.
    pub(super) fn arm(&self, rules: impl IntoIterator<Item = Rule>) {
        let rules: Vec<_> = rules.into_iter().map(|rule| rule.0).collect();
        let path = self.sandbox().join("faults.json");
        let new = path.with_extension("new");
        fs::write(&new, Json::from(rules).to_string()).expect("rules");
        fs::rename(&new, &path).expect("rules");
    }

    /// From now on nothing is in the way.
    pub(super) fn disarm(&self) {
        let _ = fs::remove_file(self.sandbox().join("faults.json"));
    }

    /// What befell the calls from the nth line of the request log on.
    pub(super) fn befallen(&self, from: usize) -> Vec<Json> {
        let lines = self.requests().into_iter().skip(from);
        lines.filter(|line| line["fault"].is_string()).collect()
    }
}
