//! What a reviewer must not miss of a key's change: what it encrypted cannot be read without it.

use groundplan_core::{DangerKind, Risk, Transition};

pub(super) fn key(change: Transition<'_>) -> Vec<Risk> {
    if let Some(gone) = change.goes() {
        let days = gone["deletion_days"].as_u64().unwrap_or(30);
        let what = format!(
            "what it encrypted cannot be read any more, and is lost for good in {days} days unless the deletion is cancelled"
        );
        return vec![Risk::new(DangerKind::DataLoss, what)];
    }
    let off = change.changes("enabled").is_some_and(|(_, after)| *after == false);
    let what = "what it encrypted cannot be read until it is enabled again";
    off.then(|| Risk::new(DangerKind::Downtime, what)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{json, testing::risks as said};

    #[test]
    fn what_cannot_be_read_without_the_key_is_said() {
        let (on, off) =
            (json!({ "enabled": true, "deletion_days": 7 }), json!({ "enabled": false }));
        let lost = said(key, Some(&on), None);
        assert_eq!(lost[0].0, DangerKind::DataLoss);
        assert!(lost[0].1.contains("in 7 days"), "{lost:?}");
        assert_eq!(said(key, Some(&on), Some(&off))[0].0, DangerKind::Downtime);
        assert_eq!(said(key, Some(&off), Some(&on)), []);
        assert_eq!(said(key, None, Some(&on)), []);
    }
}
