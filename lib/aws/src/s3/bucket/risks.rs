//! What a reviewer must not miss of a bucket's change.

use super::LifecycleRule;
use groundplan_core::{DangerKind, Risk, Transition};
use serde::Deserialize;

pub(super) fn of(change: Transition<'_>) -> Vec<Risk> {
    let mut risks = Vec::new();
    if change.goes().is_some_and(|gone| gone["force_destroy"] == true) {
        let what = "every object in it is lost, with all its versions";
        risks.push(Risk::new(DangerKind::DataLoss, what));
    }
    if let Some((before, after)) = change.changes("public_access_block") {
        let mut flags = before.as_object().into_iter().flatten();
        if flags.any(|(flag, was)| *was == true && after[flag] == false) {
            let what = "less is refused of what would let everybody in";
            risks.push(Risk::new(DangerKind::Exposure, what));
        }
    }
    if change.changes("versioning").is_some_and(|(_, after)| *after == false) {
        let what = "what is overwritten or deleted from then on is lost";
        risks.push(Risk::new(DangerKind::DataLoss, what));
    }
    if let Some((_, after)) = change.changes("lifecycle") {
        let rules = Vec::<LifecycleRule>::deserialize(after).unwrap_or_default();
        if rules.iter().any(LifecycleRule::deletes) {
            let what = "objects that its rules select are deleted once they are old enough";
            risks.push(Risk::new(DangerKind::DataLoss, what));
        }
    }
    risks
}
