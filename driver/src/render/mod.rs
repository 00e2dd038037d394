//! Turns what the engine knows into text and JSON.
//!
//! Everything but [`progress`] is a pure function from data to text. Nothing here opens, prints, reads
//! the environment or decides: the caller says what the terminal can show and where text goes.

pub(crate) mod error;
pub(crate) mod findings;
pub(crate) mod graph;
pub(crate) mod history;
pub(crate) mod html;
pub(crate) mod iam;
pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod paint;
pub(crate) mod plan;
pub(crate) mod progress;
pub(crate) mod recovered;
pub(crate) mod refreshed;
pub(crate) mod report;
pub(crate) mod sandbox;
pub(crate) mod state;
pub(crate) mod takeover;

mod action;
mod change;
mod common;
mod inside;
pub(crate) mod page;
mod preview;
pub(crate) mod table;
mod value;
pub(crate) mod words;
mod wrap;

#[cfg(test)]
pub(crate) mod tests;
