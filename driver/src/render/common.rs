//! What many new resources have in common, so that it can be said once.

use groundplan::{Action, Change, FieldChange};
use std::collections::BTreeMap;

/// From so many resources on.
const MANY: usize = 9;

/// The fields that are the same wherever a new resource has them, and that many have. Where a value
/// will come from is of each resource.
pub(super) fn fields(changes: &[Change]) -> Vec<&FieldChange> {
    let mut found: BTreeMap<&str, (usize, Option<&FieldChange>)> = BTreeMap::new();
    let new = changes.iter().filter(|change| matches!(change.action, Action::Create { .. }));
    for field in new.flat_map(|change| &change.fields) {
        let (times, same) = found.entry(&field.path).or_insert((0, Some(field)));
        *times += 1;
        *same = same.filter(|first| *first == field);
    }
    let many = found.into_values().filter(|(times, _)| *times >= MANY);
    many.filter_map(|(_, same)| same).filter(|field| !field.unknown).collect()
}
