//! Counting in the cloud: what is there that should not be, twice, or not at all.

use crate::platform::sweep::Found;

/// How what is there differs from what should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    /// At an address where nothing should be.
    pub(super) orphans: Vec<String>,
    /// More at an address than should be.
    pub(super) duplicates: Vec<String>,
    /// Nothing at an address where something should be.
    pub(super) missing: Vec<String>,
}

impl Difference {
    pub(super) fn of(found: &Found, wanted: &Found) -> Self {
        let mut difference = Self::default();
        for (address, there) in found {
            let should = wanted.get(address).map_or(0, Vec::len);
            let surplus = format!("{address}: {}", there.join(" "));
            match there.len() {
                n if n > should && should == 0 => difference.orphans.push(surplus),
                n if n > should => difference.duplicates.push(surplus),
                _ => {}
            }
        }
        let lacks = |address: &&String| found.get(*address).is_none_or(Vec::is_empty);
        difference.missing = wanted.keys().filter(lacks).cloned().collect();
        difference
    }

    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

#[test]
fn what_is_too_much_twice_or_lacking_is_told_apart() {
    let found = |all: &[(&str, &[&str])]| -> Found {
        let owned = |ids: &[&str]| ids.iter().map(ToString::to_string).collect();
        all.iter().map(|(address, ids)| ((*address).to_owned(), owned(ids))).collect()
    };
    let wanted = found(&[("vpc", &["a"]), ("role", &["b"]), ("nobody's", &["x", "y"])]);
    assert!(Difference::of(&wanted, &wanted).is_none());
    let there = found(&[("vpc", &["a", "c"]), ("subnet", &["d"]), ("nobody's", &["x", "z"])]);
    let difference = Difference::of(&there, &wanted);
    assert_eq!(difference.orphans, ["subnet: d"]);
    assert_eq!(difference.duplicates, ["vpc: a c"]);
    assert_eq!(difference.missing, ["role"]);
}
