//! What a reviewer must not miss of a log group's change: logs that are lost.

use groundplan_core::{DangerKind, Risk, Transition};

pub(super) fn group(change: Transition<'_>) -> Vec<Risk> {
    let loss = |what: String| vec![Risk::new(DangerKind::DataLoss, what)];
    if change.goes().is_some() {
        return loss("every log in it is lost".to_owned());
    }
    let Some((before, after)) = change.changes("retention_days") else { return Vec::new() };
    match (before.as_u64(), after.as_u64()) {
        (before, Some(after)) if before.is_none_or(|before| after < before) => {
            loss(format!("logs that are older than {after} days are lost"))
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{json, testing::risks as said};

    #[test]
    fn logs_that_are_lost_are_said() {
        let of = |days: Option<u32>| json!({ "retention_days": days });
        assert_eq!(said(group, Some(&of(None)), None).len(), 1);
        let shorter = said(group, Some(&of(Some(90))), Some(&of(Some(30))));
        assert_eq!(shorter[0].1, "logs that are older than 30 days are lost");
        assert_eq!(said(group, Some(&of(None)), Some(&of(Some(30)))).len(), 1);
        assert_eq!(said(group, Some(&of(Some(30))), Some(&of(None))), []);
        assert_eq!(said(group, Some(&of(Some(30))), Some(&of(Some(90)))), []);
    }
}
