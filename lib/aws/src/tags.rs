//! Tags: the program's own, and those that say whose an object is.

use groundplan_core::{
    Class, Fault, Json, Mark, Owner, Resource, Result, StepCx, TAG_ADDRESS, TAG_GENERATION,
    TAG_LINEAGE, TAG_STACK, Wanted, to_json,
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

/// Whose an object with these tags is, if they are a whole mark and the one that is looked for.
pub(crate) fn read<'a>(
    mark: &Mark,
    all: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Option<Owner> {
    let all: BTreeMap<_, _> = all.into_iter().collect();
    mark.read(|key| all.get(key).copied())
}

/// Whether an object that was found by its name is the wanted one. One whose tags somebody removed
/// still is, if it was recorded; one that another resource or stack marked as its own never is, unless it
/// is looked at to be taken up: then the engine says whether that may be.
pub(crate) fn belongs<'a, R: Resource>(
    wanted: &Wanted<R>,
    all: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> bool {
    let all: BTreeMap<_, _> = all.into_iter().collect();
    let marked = all.contains_key(TAG_LINEAGE);
    let known = wanted.outputs.is_some() && !marked;
    wanted.taking || known || wanted.owner.owns(|key| all.get(key).copied())
}

/// The fault of meeting another's object: `what` it is, and what its tags say of whose it is.
pub(crate) fn not_ours<'a>(what: &str, all: impl IntoIterator<Item = (&'a str, &'a str)>) -> Fault {
    let all: BTreeMap<_, _> = all.into_iter().collect();
    let marks = [TAG_ADDRESS, TAG_GENERATION, TAG_STACK, TAG_LINEAGE].map(|key| all.get(key));
    let whose = match marks {
        [Some(address), Some(generation), Some(stack), Some(lineage)] => format!(
            "its tags say that it is {address} (generation {generation}) of the stack `{stack}` with the lineage {lineage}"
        ),
        _ => {
            "it lacks ownership tags: a person or another tool made it, or took them off".to_owned()
        }
    };
    Fault::new(Class::NotOurs, format!("{what} is not this resource's")).why(whose)
}

/// Refuses to delete what is not the owner's. `what` names the object.
pub(crate) fn require_ours<'a>(
    owner: &Owner,
    what: &str,
    all: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<()> {
    let all: Vec<_> = all.into_iter().collect();
    if owned(owner, all.iter().copied()) {
        return Ok(());
    }
    Err(not_ours(what, all).hint(format!("to leave it be: `apply state forget {}`", owner.address)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_owner_may_delete_an_object() {
        let owner = Owner {
            stack: "data".into(),
            lineage: "l-1".into(),
            address: "iam.role/app".parse().unwrap(),
            generation: 2,
        };
        let tags = owner.tags();
        let tags: Vec<_> = tags.iter().map(|(k, v)| (*k, v.as_str())).collect();
        require_ours(&owner, "the role `app`", tags.clone()).unwrap();

        let other = Owner { generation: 3, ..owner.clone() };
        let fault = require_ours(&other, "the role `app`", tags).unwrap_err();
        assert_eq!(fault.class, Class::NotOurs);
        assert_eq!(fault.what, "the role `app` is not this resource's");
        let why = fault.why.as_deref().unwrap();
        assert!(why.contains("iam.role/app (generation 2) of the stack `data`"), "{why}");
        assert!(require_ours(&owner, "it", [("Name", "app")]).is_err());
    }
}
