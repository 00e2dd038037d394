//! Compares what is there with what is wanted, field by field. Pure.

use crate::{Meta, expr, overlaps};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// Why a field changes.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The program wants something else than before.
    Program,
    /// The program wants what it did; somebody else changed the object.
    Drift,
    /// The value comes from another resource, and is known after that one's step.
    Upstream(Vec<String>),
}

/// A field that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FieldChange {
    /// Where in the inputs, e.g. `scaling.desired`.
    pub path: String,
    /// What is there; null if nothing.
    pub before: Json,
    /// What is wanted; null if nothing. Unknown parts name their source.
    pub after: Json,
    /// Whether `after` is known only when apply gets there.
    pub unknown: bool,
    /// Whether it cannot change in place.
    pub replaces: bool,
    /// Why it changes.
    pub cause: Cause,
}

/// What is there of an object: recorded inputs, and over them what was read.
///
/// A live field is complete: what it lacks is not there. A field that was not read is as recorded.
pub(crate) fn before(recorded: &Json, live: Option<&Json>) -> Json {
    let mut before = recorded.clone();
    if let (Some(before), Some(live)) = (before.as_object_mut(), live.and_then(Json::as_object)) {
        for (field, value) in live {
            before.insert(field.clone(), value.clone());
        }
    }
    before
}

/// The fields in which `before` and `desired` differ. `recorded` tells drift from intent.
pub(crate) fn changes(
    meta: &Meta,
    recorded: &Json,
    before: &Json,
    desired: &Json,
    ignore: &BTreeSet<String>,
) -> Vec<FieldChange> {
    let mut pairs = Vec::new();
    leaves(meta, "", before, desired, &mut pairs);
    let ignored = |path: &str| ignore.iter().any(|i| overlaps(i, path) && i.len() <= path.len());
    pairs
        .into_iter()
        .filter(|(path, ..)| !Meta::covers(meta.reach, path) && !ignored(path))
        .map(|(path, before, after)| {
            let sources: BTreeSet<_> = expr::uses(after)
                .into_iter()
                .flatten()
                .map(|u| format!("{}#{}", u.address, u.field))
                .collect();
            let unchanged_wish = same(meta, &path, at(recorded, &path), after);
            let cause = if !sources.is_empty() {
                Cause::Upstream(sources.into_iter().collect())
            } else if unchanged_wish {
                Cause::Drift
            } else {
                Cause::Program
            };
            FieldChange {
                replaces: Meta::covers(meta.immutable, &path),
                unknown: !expr::is_known(after),
                before: sorted(meta, &path, before.clone()),
                after: sorted(meta, &path, expr::shown(after)),
                path,
                cause,
            }
        })
        .collect()
}

/// A set in one order, so that the same change looks the same twice.
fn sorted(meta: &Meta, path: &str, mut value: Json) -> Json {
    if Meta::covers(meta.sets, path)
        && let Some(items) = value.as_array_mut()
    {
        items.sort_by_key(Json::to_string);
    }
    value
}

/// The desired inputs with what is there wherever differences are to be left alone, so that a change of
/// something else does not bring an ignored field back.
pub(crate) fn keeping(desired: &Json, before: &Json, ignore: &BTreeSet<String>) -> Json {
    let mut kept = desired.clone();
    for path in ignore {
        let there = at(before, path);
        if !there.is_null()
            && let Some(place) = place(&mut kept, path)
        {
            place.clone_from(there);
        }
    }
    kept
}

/// The value at a path; none where the tree has no such place.
fn place<'a>(tree: &'a mut Json, path: &str) -> Option<&'a mut Json> {
    if path.is_empty() {
        return Some(tree);
    }
    let map = tree.as_object_mut()?;
    let fits = |key: &&String| overlaps(key, path) && key.len() <= path.len();
    let key = map.keys().filter(fits).max_by_key(|key| key.len()).cloned();
    let key = key.unwrap_or_else(|| path.to_owned());
    let rest = path[key.len()..].trim_start_matches('.').to_owned();
    place(map.entry(key).or_insert(Json::Null), &rest)
}

const NULL: &Json = &Json::Null;

pub(crate) fn at<'a>(tree: &'a Json, path: &str) -> &'a Json {
    // Keys may hold dots (`kubernetes.io/role/elb`), so at each level the longest match counts.
    if path.is_empty() {
        return tree;
    }
    let Some(map) = tree.as_object() else { return NULL };
    let fits = |key: &&String| overlaps(key, path) && key.len() <= path.len();
    let Some(key) = map.keys().filter(fits).max_by_key(|key| key.len()) else { return NULL };
    at(&map[key], path[key.len()..].trim_start_matches('.'))
}

fn leaves<'a>(
    meta: &Meta,
    path: &str,
    before: &'a Json,
    desired: &'a Json,
    found: &mut Vec<(String, &'a Json, &'a Json)>,
) {
    let form = expr::form(desired).is_some();
    match (before, desired) {
        (Json::Object(old), Json::Object(new)) if !form => both(meta, path, old, new, found),
        // A new map shows its entries, not one wall of text; so does one that goes away.
        (Json::Null, Json::Object(new)) if !form && !new.is_empty() && !path.is_empty() => {
            for (key, value) in new {
                leaves(meta, &join(path, key), NULL, value, found);
            }
        }
        (Json::Object(old), Json::Null) if !old.is_empty() && !path.is_empty() => {
            for (key, value) in old {
                leaves(meta, &join(path, key), value, NULL, found);
            }
        }
        _ if same(meta, path, before, desired) => {}
        _ => found.push((path.to_owned(), before, desired)),
    }
}

fn both<'a>(
    meta: &Meta,
    path: &str,
    old: &'a Map<String, Json>,
    new: &'a Map<String, Json>,
    found: &mut Vec<(String, &'a Json, &'a Json)>,
) {
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let (old, new) = (old.get(key).unwrap_or(NULL), new.get(key).unwrap_or(NULL));
        leaves(meta, &join(path, key), old, new, found);
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Whether two values of a field mean the same.
fn same(meta: &Meta, path: &str, one: &Json, other: &Json) -> bool {
    if empty(one) && empty(other) {
        return true;
    }
    if let (true, Json::Array(one), Json::Array(other)) =
        (Meta::covers(meta.sets, path), one, other)
    {
        let set = |items: &[Json]| items.iter().map(Json::to_string).collect::<BTreeSet<_>>();
        return set(one) == set(other);
    }
    if let (true, Json::String(one), Json::String(other)) =
        (Meta::covers(meta.documents, path), one, other)
    {
        return same_policy(one, other);
    }
    one == other
}

/// AWS and Kubernetes do not tell an empty list or map from none.
fn empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// Whether two policy documents say the same. AWS writes a list of one as that one, or the other way round, and
/// lists in another order than it was given.
pub fn same_policy(one: &str, other: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<Json>(text).map(single_items);
    one == other || matches!((parse(one), parse(other)), (Ok(a), Ok(b)) if a == b)
}

/// A policy document in which a list of one is that one, as IAM may write either, and longer lists
/// are sorted: order has no meaning in a policy.
fn single_items(document: Json) -> Json {
    match document {
        Json::Array(items) => {
            let mut items: Vec<_> = items.into_iter().map(single_items).collect();
            if items.len() == 1 {
                return items.swap_remove(0);
            }
            items.sort_by_key(Json::to_string);
            Json::Array(items)
        }
        Json::Object(map) => {
            Json::Object(map.into_iter().map(|(k, v)| (k, single_items(v))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const META: Meta = Meta {
        immutable: &["cidr"],
        sets: &["zones"],
        documents: &["policy"],
        reach: &["role"],
        ..Meta::DEFAULT
    };

    fn paths(before: &Json, desired: &Json) -> Vec<String> {
        let found = changes(&META, before, before, desired, &BTreeSet::new());
        found.into_iter().map(|c| c.path).collect()
    }

    #[test]
    fn meaning_is_compared_not_spelling() {
        let before = json!({
            "zones": ["a", "b"], "policy": "{\"Action\":[\"x\"],\"V\":1}", "tags": {}, "role": "r", "more": null
        });
        let desired = json!({
            "zones": ["b", "a"], "policy": "{\"V\": 1, \"Action\": \"x\"}", "list": [], "role": "other"
        });
        assert_eq!(paths(&before, &desired), Vec::<String>::new());
    }

    #[test]
    fn leaves_are_named_one_by_one() {
        let before =
            json!({ "tags": { "a": "1", "b.c/d": "2" }, "scaling": { "min": 1, "max": 2 } });
        let desired = json!({ "tags": { "a": "1", "e": "3" }, "scaling": { "min": 1, "max": 3 } });
        assert_eq!(paths(&before, &desired), ["scaling.max", "tags.b.c/d", "tags.e"]);
    }

    #[test]
    fn drift_is_told_from_intent() {
        let recorded = json!({ "size": 1, "tags": { "a.b/c": "1" } });
        let live = json!({ "size": 2, "tags": { "a.b/c": "9" } });
        let found =
            changes(&META, &recorded, &before(&recorded, Some(&live)), &recorded, &BTreeSet::new());
        assert!(found.iter().all(|c| c.cause == Cause::Drift), "{found:?}");
        let desired = json!({ "size": 3, "tags": { "a.b/c": "1" } });
        let found =
            changes(&META, &recorded, &before(&recorded, Some(&live)), &desired, &BTreeSet::new());
        assert_eq!(found[0].cause, Cause::Program);
    }

    #[test]
    fn an_ignored_field_is_left_alone_with_all_below_it() {
        let ignore = BTreeSet::from(["scaling.desired".to_owned()]);
        let before = json!({ "scaling": { "desired": 1, "max": 2 } });
        let desired = json!({ "scaling": { "desired": 5, "max": 3 } });
        let found = changes(&META, &before, &before, &desired, &ignore);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "scaling.max");
    }
}
