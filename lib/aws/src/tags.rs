//! Tags: the program's own, and those that say whose an object is.

use groundplan_core::{Json, Owner, to_json};
use std::collections::BTreeMap;

/// Tags by key. Ownership tags are added by the engine and are never in here.
pub type Tags = BTreeMap<String, String>;

/// The prefix of ownership tags, and of tags that AWS itself sets.
const NOT_OURS: [&str; 2] = ["groundplan:", "aws:"];

/// The tags that a program manages, out of all that an object has.
pub(crate) fn managed<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>) -> Json {
    let managed: Tags = all
        .into_iter()
        .filter(|(k, _)| !NOT_OURS.iter().any(|prefix| k.starts_with(prefix)))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    to_json(&managed)
}

/// Whether an object with these tags is the owner's.
pub(crate) fn owned<'a>(owner: &Owner, all: impl IntoIterator<Item = (&'a str, &'a str)>) -> bool {
    let all: BTreeMap<_, _> = all.into_iter().collect();
    owner.owns(|key| all.get(key).copied())
}

/// What to set and which keys to remove, so that `live` (managed tags only) becomes `desired`.
pub(crate) fn difference(live: &Tags, desired: &Tags) -> (Tags, Vec<String>) {
    let set = desired.iter().filter(|(k, v)| live.get(*k) != Some(*v));
    let remove = live.keys().filter(|k| !desired.contains_key(*k));
    (set.map(|(k, v)| (k.clone(), v.clone())).collect(), remove.cloned().collect())
}
