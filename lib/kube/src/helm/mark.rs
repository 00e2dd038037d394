//! Whose a release is: labels on the Secrets that Helm keeps it in.
//!
//! Helm carries the labels of one revision over to the next, also when somebody else upgrades it, so
//! they stay true for as long as the release lives. A label takes 63 characters and no `/`, which is
//! why the address is a digest, and its parts are there in plain for people.

use crate::marks::{ADDRESS, GENERATION, LINEAGE, STACK, Whose};
use groundplan_core::Owner;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What the chart's files came to.
pub(super) const CHART: &str = "groundplan.dev/chart";

/// The labels of an owner's release, as `--labels` takes them.
pub(super) fn labels(owner: &Owner, chart_digest: &str) -> String {
    let labels = [
        (LINEAGE, owner.lineage.clone()),
        (STACK, owner.stack.clone()),
        (ADDRESS, address(owner)),
        (GENERATION, owner.generation.to_string()),
        (CHART, chart_digest.to_owned()),
    ];
    labels.map(|(key, value)| format!("{key}={value}")).join(",")
}

fn address(owner: &Owner) -> String {
    super::files::short(Sha256::digest(owner.address.to_string().as_bytes()))
}

/// Whose a release with these labels is.
pub(super) fn whose(labels: &BTreeMap<String, String>, owner: &Owner) -> Whose {
    let is = |key: &str, value: &str| labels.get(key).is_some_and(|label| label == value);
    match labels.get(LINEAGE) {
        None => Whose::Unmarked,
        Some(lineage) if *lineage != owner.lineage => Whose::AnotherState,
        Some(_)
            if is(ADDRESS, &address(owner)) && is(GENERATION, &owner.generation.to_string()) =>
        {
            Whose::Ours
        }
        Some(_) => Whose::SameState,
    }
}

/// Whose a release with these labels is, in words.
pub(super) fn manager(labels: &BTreeMap<String, String>) -> String {
    match labels.get(STACK) {
        Some(stack) => format!("it is another release of stack `{stack}`"),
        None => "somebody installed it with helm".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marks::tests::owner;

    fn read(text: &str) -> BTreeMap<String, String> {
        let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn labels_tell_the_owner() {
        let marks = read(&labels(&owner("x", 0), "d"));
        assert_eq!(whose(&marks, &owner("x", 0)), Whose::Ours);
        assert_eq!(whose(&marks, &owner("x", 1)), Whose::SameState);
        assert_eq!(whose(&marks, &owner("y", 0)), Whose::SameState);
        assert_eq!(whose(&BTreeMap::new(), &owner("x", 0)), Whose::Unmarked);
        let other = Owner { lineage: "2".into(), ..owner("x", 0) };
        assert_eq!(whose(&marks, &other), Whose::AnotherState);
        assert_eq!(manager(&marks), "it is another release of stack `test`");
    }

    #[test]
    fn any_address_makes_a_label() {
        let marks = read(&labels(&owner(&"x".repeat(100), 0), "d"));
        assert!(marks.values().all(|value| value.len() <= 63 && !value.contains('/')));
    }
}
