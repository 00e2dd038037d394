//! Whose a release is: labels on the Secrets that Helm keeps it in.
//!
//! Helm carries the labels of one revision over to the next, also when somebody else upgrades it, so
//! they stay true for as long as the release lives. A label takes 63 characters and not every one, so a
//! resource's name that is no label is there in pieces, as hexadecimal digits.

use crate::marks::{GENERATION, LINEAGE, STACK, Whose, key};
use groundplan_core::{Address, Mark, Owner, TAG_ADDRESS};
use std::{collections::BTreeMap, fmt::Write};

/// What the chart's files came to.
pub(super) const CHART: &str = "groundplan.dev/chart";
/// The name of the resource; its kind is always the same.
const NAME: &str = "groundplan.dev/name";
const KIND: &str = "helm.release";
/// The longest value of a label.
const LONGEST: usize = 63;

/// The labels of an owner's release, as `--labels` takes them.
pub(super) fn labels(owner: &Owner, chart_digest: &str) -> String {
    let mut labels = vec![
        (LINEAGE.to_owned(), owner.lineage.clone()),
        (STACK.to_owned(), owner.stack.clone()),
        (GENERATION.to_owned(), owner.generation.to_string()),
        (CHART.to_owned(), chart_digest.to_owned()),
    ];
    labels.extend(name_labels(owner.address.name()));
    let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    labels.join(",")
}

fn name_labels(name: &str) -> Vec<(String, String)> {
    let ends = |c: char| c.is_ascii_alphanumeric();
    if name.len() <= LONGEST && name.starts_with(ends) && name.ends_with(ends) {
        return vec![(NAME.to_owned(), name.to_owned())];
    }
    let mut hex = String::new();
    for byte in name.bytes() {
        write!(hex, "{byte:02x}").expect("BUG: memory takes every digit");
    }
    let pieces = hex.as_bytes().chunks(LONGEST).map(String::from_utf8_lossy).enumerate();
    pieces.map(|(i, piece)| (format!("{NAME}.{i}"), piece.into_owned())).collect()
}

/// The resource that labels name.
fn address(labels: &BTreeMap<String, String>) -> Option<Address> {
    if let Some(name) = labels.get(NAME) {
        return Address::new(KIND, name).ok();
    }
    let hex: String = (0..).map_while(|i| labels.get(&format!("{NAME}.{i}"))).cloned().collect();
    let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<_>> = (0..hex.len()).step_by(2).map(byte).collect();
    Address::new(KIND, &String::from_utf8(bytes?).ok()?).ok()
}

/// Whose a release with these labels is, if they are the mark that is looked for.
pub(super) fn read(labels: &BTreeMap<String, String>, mark: &Mark) -> Option<Owner> {
    let address = address(labels)?.to_string();
    mark.read(|tag| match tag {
        TAG_ADDRESS => Some(address.as_str()),
        _ => labels.get(&key(tag)).map(String::as_str),
    })
}

/// The selector of releases that may carry a mark.
pub(super) fn selector(mark: &Mark) -> String {
    match &mark.lineage {
        Some(lineage) => format!("{LINEAGE}={lineage}"),
        None => format!("{STACK}={}", mark.stack),
    }
}

/// Whose a release with these labels is.
pub(super) fn whose(labels: &BTreeMap<String, String>, owner: &Owner) -> Whose {
    let generation = owner.generation.to_string();
    match labels.get(LINEAGE) {
        None => Whose::Unmarked,
        Some(lineage) if *lineage != owner.lineage => Whose::AnotherState,
        Some(_)
            if address(labels).as_ref() == Some(&owner.address)
                && labels.get(GENERATION) == Some(&generation) =>
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

    fn owner(name: &str, generation: u32) -> Owner {
        let address = Address::new(KIND, name).unwrap();
        Owner { address, ..crate::marks::tests::owner("x", generation) }
    }

    fn parse(text: &str) -> BTreeMap<String, String> {
        let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn labels_tell_the_owner() {
        let marks = parse(&labels(&owner("x", 0), "d"));
        assert_eq!(whose(&marks, &owner("x", 0)), Whose::Ours);
        assert_eq!(whose(&marks, &owner("x", 1)), Whose::SameState);
        assert_eq!(whose(&marks, &owner("y", 0)), Whose::SameState);
        assert_eq!(whose(&BTreeMap::new(), &owner("x", 0)), Whose::Unmarked);
        let other = Owner { lineage: "2".into(), ..owner("x", 0) };
        assert_eq!(whose(&marks, &other), Whose::AnotherState);
        assert_eq!(manager(&marks), "it is another release of stack `test`");
    }

    #[test]
    fn any_address_can_be_read_back() {
        let mark = Mark { stack: "test".into(), lineage: None };
        for name in
            ["x", "Data.Hub_1", "-x", "x_", &"x".repeat(63), &"x".repeat(64), &"z".repeat(100)]
        {
            let marks = parse(&labels(&owner(name, 7), "d"));
            assert!(marks.values().all(|value| value.len() <= LONGEST), "{marks:?}");
            assert_eq!(super::read(&marks, &mark), Some(owner(name, 7)));
        }
        let mut half = parse(&labels(&owner("x", 0), "d"));
        half.remove(NAME);
        assert_eq!(super::read(&half, &mark), None);
    }
}
