//! JSON trees: what is in them, what an approved change makes of a live one, and the places where two differ.

use groundplan_core::{Fields, Json};
use serde_json::Map;
use std::collections::BTreeSet;

/// The desired tree as far as it is approved; where it is not, the live one stays. `at` is the path
/// of both in the resource's inputs.
pub(crate) fn approved(desired: &Json, live: &Json, at: &str, fields: &Fields) -> Json {
    match fields {
        Fields::All => desired.clone(),
        Fields::Only(_) => mixed(desired, Some(live), at, fields).unwrap_or_default(),
    }
}

fn mixed(desired: &Json, live: Option<&Json>, at: &str, fields: &Fields) -> Option<Json> {
    let none = Map::new();
    let (wanted, there) = match (desired, live) {
        (Json::Object(wanted), Some(Json::Object(there))) => (wanted, there),
        (Json::Object(wanted), None | Some(Json::Null)) if !wanted.is_empty() => (wanted, &none),
        // An empty map or list is none to a plan, and still has to be sent.
        _ if is_empty(desired) && live.is_none_or(is_empty) => return Some(desired.clone()),
        _ if fields.has(at) => return Some(desired.clone()),
        _ => return live.cloned(),
    };
    let keys: BTreeSet<_> = wanted.keys().chain(there.keys()).collect();
    let merged = keys.into_iter().filter_map(|key| {
        let below = join(at, key);
        let value = match wanted.get(key) {
            Some(wanted) => mixed(wanted, there.get(key), &below, fields),
            None if fields.has(&below) => None,
            None => there.get(key).cloned(),
        };
        Some((key.clone(), value?))
    });
    let merged: Map<_, _> = merged.collect();
    (!merged.is_empty() || live.is_some()).then_some(Json::Object(merged))
}

/// The items of a list; nothing of what is none.
pub(crate) fn items(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

pub(crate) fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
        _ => false,
    }
}

pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// A place where two trees differ; what is missing on one side is none.
pub(crate) struct Difference<'a> {
    pub(crate) path: String,
    pub(crate) before: Option<&'a Json>,
    pub(crate) after: Option<&'a Json>,
}

/// The places where two trees differ. Items of lists go by their name where all have one.
pub(crate) fn differences<'a>(before: &'a Json, after: &'a Json) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    compare("", Some(before), Some(after), &mut found);
    found
}

fn compare<'a>(
    path: &str,
    before: Option<&'a Json>,
    after: Option<&'a Json>,
    found: &mut Vec<Difference<'a>>,
) {
    match (before, after) {
        _ if before.is_none_or(is_empty) && after.is_none_or(is_empty) => {}
        (Some(before), Some(after)) if before == after => {}
        (Some(Json::Object(old)), Some(Json::Object(new))) => {
            for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
                compare(&join(path, key), old.get(key), new.get(key), found);
            }
        }
        (Some(Json::Array(old)), Some(Json::Array(new))) => lists(path, old, new, found),
        _ => found.push(Difference { path: path.to_owned(), before, after }),
    }
}

fn lists<'a>(path: &str, old: &'a [Json], new: &'a [Json], found: &mut Vec<Difference<'a>>) {
    if let (Some(old), Some(new)) = (names(old), names(new)) {
        let named = |items: &[(&'a str, &'a Json)], name| {
            items.iter().find(|(n, _)| *n == name).map(|(_, item)| *item)
        };
        let all: BTreeSet<_> = old.iter().chain(&new).map(|(name, _)| *name).collect();
        for name in all {
            compare(&format!("{path}[{name}]"), named(&old, name), named(&new, name), found);
        }
        return;
    }
    for i in 0..old.len().max(new.len()) {
        compare(&format!("{path}[{i}]"), old.get(i), new.get(i), found);
    }
}

/// The items of a list with their names; none if one has no name or two have the same.
fn names(items: &[Json]) -> Option<Vec<(&str, &Json)>> {
    let named: Option<Vec<_>> =
        items.iter().map(|item| Some((item.get("name")?.as_str()?, item))).collect();
    let unique: BTreeSet<_> = named.as_ref()?.iter().map(|(name, _)| *name).collect();
    named.filter(|named| named.len() == unique.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::json;

    #[test]
    fn only_what_is_approved_changes() {
        let desired =
            json!({ "a": { "b": 1, "c": 2, "new": { "d": 3 } }, "list": [1], "none": {} });
        let live = json!({ "a": { "b": 9, "c": 9, "old": 9 }, "list": [9] });
        let fields =
            |paths: &[&str]| Fields::Only(paths.iter().map(|path| (*path).to_owned()).collect());
        assert_eq!(approved(&desired, &live, "m", &Fields::All), desired);
        assert_eq!(
            approved(&desired, &live, "m", &fields(&["m.a.b", "m.a.old"])),
            json!({ "a": { "b": 1, "c": 9 }, "list": [9], "none": {} })
        );
        assert_eq!(
            approved(&desired, &live, "m", &fields(&["m.a.new.d", "m.list"])),
            json!({ "a": { "b": 9, "c": 9, "new": { "d": 3 }, "old": 9 }, "list": [1], "none": {} })
        );
    }

    #[test]
    fn list_items_go_by_name() {
        let before = json!({ "env": [{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }], "args": ["x"] });
        let after = json!({ "env": [{ "name": "B", "value": "3" }, { "name": "C" }], "args": ["y"], "e": [] });
        let found = differences(&before, &after);
        let paths: Vec<_> = found.iter().map(|d| d.path.as_str()).collect();
        assert_eq!(paths, ["args[0]", "env[A]", "env[B].value", "env[C]"]);
    }
}
