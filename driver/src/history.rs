//! What two versions of a state differ in. Pure.

use crate::render::words;
use groundplan::{Address, Json, to_json};
use groundplan_state::{Entry, Slot, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// What happened to one record between two versions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Difference {
    /// It is only in the later one.
    Added,
    /// It is only in the earlier one.
    Gone,
    /// These of its values differ: where, before, after.
    Changed(Vec<(String, Json, Json)>),
}

/// A record within a version.
pub(crate) type Place = (Address, Slot);

/// What differs between two versions, by record.
pub(crate) fn differences(one: &Snapshot, other: &Snapshot) -> Vec<(Place, Difference)> {
    let (before, after) = (records(one), records(other));
    let places: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut found = Vec::new();
    for place in places {
        let difference = match (before.get(place), after.get(place)) {
            (None, _) => Difference::Added,
            (_, None) => Difference::Gone,
            (Some(before), Some(after)) => {
                let mut values = Vec::new();
                compare("", &to_json(before), &to_json(after), &mut values);
                if values.is_empty() {
                    continue;
                }
                Difference::Changed(values)
            }
        };
        found.push((place.clone(), difference));
    }
    found
}

fn records(snapshot: &Snapshot) -> BTreeMap<Place, &Entry> {
    snapshot.all().map(|(address, slot, entry)| ((address.clone(), slot), entry)).collect()
}

fn compare(path: &str, before: &Json, after: &Json, found: &mut Vec<(String, Json, Json)>) {
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else {
        if before != after {
            found.push((path.to_owned(), before.clone(), after.clone()));
        }
        return;
    };
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let of = |map: &serde_json::Map<String, Json>| map.get(key).cloned().unwrap_or_default();
        compare(&words::join(path, key), &of(old), &of(new), found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan::json;
    use groundplan_state::{Options, Realm, Status};

    fn entry(size: u32) -> Entry {
        Entry {
            version: 0,
            status: Status::Ready,
            inputs: json!({ "size": size, "tags": { "team": "data" } }),
            pending: None,
            outputs: Some(json!({ "id": "i-1" })),
            needs: BTreeSet::new(),
            options: Options::default(),
            generation: 0,
            token: String::new(),
            physical_name: None,
            marked_as: None,
            marked_by: None,
        }
    }

    #[test]
    fn a_difference_is_told_by_record_and_value() {
        let mut one = Snapshot::new("hub", Realm::Simulation);
        for name in ["same", "gone", "changed"] {
            one.entries.insert(format!("sim.host/{name}").parse().unwrap(), entry(1));
        }
        let mut other = one.clone();
        other.entries.remove(&"sim.host/gone".parse().unwrap());
        other.entries.insert("sim.host/added".parse().unwrap(), entry(1));
        other.entries.insert("sim.host/changed".parse().unwrap(), entry(2));
        let told: Vec<_> = differences(&one, &other)
            .into_iter()
            .map(|((address, _), difference)| (address.name().to_owned(), difference))
            .collect();
        let changed = Difference::Changed(vec![("inputs.size".into(), json!(1), json!(2))]);
        assert_eq!(
            told,
            [
                ("added".to_owned(), Difference::Added),
                ("changed".to_owned(), changed),
                ("gone".to_owned(), Difference::Gone),
            ]
        );
        assert_eq!(differences(&one, &one), []);
    }
}
