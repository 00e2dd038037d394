//! Tags: the program's own, and those that say whose an object is.

use groundplan_core::{
    Class, Fault, Json, Owner, StepCx, TAG_ADDRESS, TAG_LINEAGE, TAG_STACK, to_json,
};
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

/// What to set and which keys to remove, so that an object with `live` tags carries the desired ones
/// and its owner's. What AWS itself set is left alone.
pub(crate) fn to_change<'a>(
    cx: &StepCx,
    live: impl IntoIterator<Item = (&'a str, &'a str)>,
    desired: &Tags,
) -> (Tags, Vec<String>) {
    let live = live.into_iter().filter(|(k, _)| !k.starts_with("aws:"));
    let live = live.map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    difference(&live, &cx.tags(desired))
}

/// Whether an object with these tags is another owner's. One without ownership tags is not: somebody
/// may have removed them.
pub(crate) fn foreign<'a>(
    owner: &Owner,
    all: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> bool {
    let all: BTreeMap<_, _> = all.into_iter().collect();
    all.contains_key(TAG_LINEAGE) && !owner.owns(|key| all.get(key).copied())
}

/// The fault of an object that has the name or key of ours, and other tags. `what` is the whole
/// sentence; the reason names the owner.
pub(crate) fn not_ours<'a>(
    what: impl Into<String>,
    all: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Fault {
    let all: BTreeMap<_, _> = all.into_iter().collect();
    let why = match (all.get(TAG_STACK), all.get(TAG_ADDRESS)) {
        (Some(stack), Some(address)) => format!("it is {address} of stack `{stack}`"),
        _ => "it carries no ownership tags".to_owned(),
    };
    Fault::new(Class::NotOurs, what).why(why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::TAG_GENERATION;

    fn owner() -> Owner {
        Owner {
            stack: "prod".to_owned(),
            lineage: "l-1".to_owned(),
            address: "rds.instance/main".parse().unwrap(),
            generation: 0,
        }
    }

    #[test]
    fn an_object_without_ownership_tags_is_neither_ours_nor_foreign() {
        let unmarked = [("team", "data")];
        assert!(!owned(&owner(), unmarked) && !foreign(&owner(), unmarked));
        let other =
            [(TAG_LINEAGE, "l-2"), (TAG_ADDRESS, "rds.instance/main"), (TAG_GENERATION, "0")];
        assert!(!owned(&owner(), other) && foreign(&owner(), other));
        let ours =
            [(TAG_LINEAGE, "l-1"), (TAG_ADDRESS, "rds.instance/main"), (TAG_GENERATION, "0")];
        assert!(owned(&owner(), ours) && !foreign(&owner(), ours));
    }

    #[test]
    fn the_owner_of_a_taken_name_is_named() {
        let tags = [(TAG_STACK, "old"), (TAG_ADDRESS, "rds.instance/db")];
        let fault = not_ours("taken", tags);
        assert_eq!(fault.why.as_deref(), Some("it is rds.instance/db of stack `old`"));
        assert_eq!(not_ours("taken", []).why.as_deref(), Some("it carries no ownership tags"));
    }
}
