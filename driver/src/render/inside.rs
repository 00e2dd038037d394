//! What differs inside two documents or two texts: only the places that do.

use super::words;
use groundplan::Json;
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeSet;

/// A place inside a document, with what is there and what is wanted.
#[derive(Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) before: Json,
    pub(crate) after: Json,
}

/// The places in which two documents differ.
pub(crate) fn places(before: &Json, after: &Json) -> Vec<Place> {
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    found
}

fn compare(path: &str, before: &Json, after: &Json, found: &mut Vec<Place>) {
    match (before, after) {
        _ if before == after => {}
        (Json::Object(old), Json::Object(new)) => {
            for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
                let below = words::join(path, key);
                let value = |map: &serde_json::Map<_, _>| map.get(key).cloned().unwrap_or_default();
                compare(&below, &value(old), &value(new), found);
            }
        }
        (Json::Array(old), Json::Array(new)) if old.len() == new.len() => {
            for (i, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{path}[{i}]"), old, new, found);
            }
        }
        // After an item more or less, places are no guide: what is only here and what is only there.
        (Json::Array(old), Json::Array(new)) => {
            for (i, item) in only_in(old, new) {
                found.push(Place { path: format!("{path}[{i}]"), before: item, after: Json::Null });
            }
            for (i, item) in only_in(new, old) {
                found.push(Place { path: format!("{path}[{i}]"), before: Json::Null, after: item });
            }
        }
        _ => found.push(Place {
            path: path.to_owned(),
            before: before.clone(),
            after: after.clone(),
        }),
    }
}

/// The items of a list that another does not have, as often as it lacks them.
fn only_in(list: &[Json], other: &[Json]) -> Vec<(usize, Json)> {
    let mut other: Vec<_> = other.iter().collect();
    let mut only = Vec::new();
    for (i, item) in list.iter().enumerate() {
        match other.iter().position(|o| *o == item) {
            Some(same) => drop(other.swap_remove(same)),
            None => only.push((i, item.clone())),
        }
    }
    only
}

/// The lines that go (`-`) and come (`+`).
pub(crate) fn lines(before: &str, after: &str) -> Vec<(char, String)> {
    let diff = TextDiff::from_lines(before, after);
    let changed = diff.iter_all_changes().filter_map(|change| {
        let sign = match change.tag() {
            ChangeTag::Equal => return None,
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        Some((sign, change.value().trim_end().to_owned()))
    });
    changed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan::json;

    #[test]
    fn only_what_differs_is_named() {
        let before = json!({ "a": { "b": 1, "c": 2 }, "list": ["x", "y", "z"], "gone": true });
        let after = json!({ "a": { "b": 1, "c": 3 }, "list": ["x", "z"], "new": {} });
        let found: Vec<_> = places(&before, &after)
            .into_iter()
            .map(|p| format!("{} {} {}", p.path, p.before, p.after))
            .collect();
        assert_eq!(found, ["a.c 2 3", "gone true null", "list[1] \"y\" null", "new null {}"]);
    }

    #[test]
    fn a_text_shows_its_changed_lines() {
        let changed = lines("a\nb\nc\n", "a\nB\nc\nd\n");
        let changed: Vec<_> = changed.iter().map(|(sign, line)| format!("{sign}{line}")).collect();
        assert_eq!(changed, ["-b", "+B", "+d"]);
    }
}
