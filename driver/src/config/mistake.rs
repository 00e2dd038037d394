//! Mistakes in settings, as the person who wrote them reads them.

use super::{
    document::{NotToml, line},
    load::Files,
    path::Path,
};
use crate::render::{
    error::{FAILED, Failure},
    words,
};

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Of which setting.
    pub(crate) path: Path,
    /// What is wrong, and what now.
    pub(crate) what: String,
}

impl Mistake {
    pub(crate) fn new(path: Path, what: impl Into<String>) -> Self {
        Self { path, what: what.into() }
    }
}

/// All mistakes at once, in the order of the files.
pub(crate) fn mistakes(files: &Files, found: Vec<Mistake>) -> Failure {
    let mut placed: Vec<_> =
        found.into_iter().map(|m| (files.document.nearest(&m.path).place, m)).collect();
    placed.sort_by(|(a, left), (b, right)| (a, &left.path).cmp(&(b, &right.path)));
    placed.dedup();
    let say = |(place, mistake): &(_, Mistake)| {
        let Mistake { path, what } = mistake;
        let place = files.place(*place);
        if path.0.is_empty() {
            format!("{place}: {what}")
        } else {
            format!("{place}: `{path}` {what}")
        }
    };
    let has = if files.name().contains(" and ") { "have" } else { "has" };
    Failure {
        what: format!(
            "{} {has} {}; nothing was touched",
            files.name(),
            words::count(placed.len(), "mistake")
        ),
        causes: placed.iter().map(say).collect(),
        hints: vec!["`apply config schema` describes every setting".into()],
        exit: FAILED,
    }
}

/// A file that is no TOML: where, and the line itself.
pub(crate) fn not_toml(file: &str, text: &str, error: &NotToml) -> Failure {
    let number = line(text, error.at);
    let start = text[..error.at.min(text.len())].rfind('\n').map_or(0, |end| end + 1);
    let source = text[start..].lines().next().unwrap_or_default();
    let column = text[start..error.at.clamp(start, text.len())].chars().count();
    let margin = number.to_string();
    let blank = " ".repeat(margin.len());
    let what = error.what.lines().collect::<Vec<_>>().join(", ");
    let pointer = format!("{}^", " ".repeat(column));
    Failure {
        what: format!("{file} is not TOML; nothing was touched"),
        causes: vec![format!(
            "{file}:{number}:{}: {what}\n{blank} |\n{margin} | {source}\n{blank} | {pointer}",
            column + 1
        )],
        hints: Vec::new(),
        exit: FAILED,
    }
}
