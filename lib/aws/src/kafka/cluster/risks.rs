//! What a reviewer must not miss of a Kafka cluster's change.

use groundplan_core::{DangerKind, Risk, Transition};

/// Fields whose change restarts the brokers, one after the other.
const ROLLS: [&str; 4] = ["kafka_version", "instance_type", "configuration", "sign_in"];

pub(super) fn risks(change: Transition<'_>) -> Vec<Risk> {
    if change.goes().is_some() {
        let what = "all its topics go with it, and MSK keeps no copy";
        return vec![Risk::new(DangerKind::DataLoss, what)];
    }
    let mut risks = Vec::new();
    let rolls: Vec<_> = ROLLS.into_iter().filter(|field| change.changes(field).is_some()).collect();
    if !rolls.is_empty() {
        let what = format!(
            "restarts its brokers one after the other for `{}`: topics with one replica are not \
             there meanwhile",
            rolls.join("`, `")
        );
        risks.push(Risk::new(DangerKind::Downtime, what));
    }
    if let Some((before, after)) = change.changes("brokers")
        && after.as_u64() < before.as_u64()
    {
        let what = "removes brokers: MSK refuses as long as partitions are on them";
        risks.push(Risk::new(DangerKind::Downtime, what));
    }
    let begins = |before: &groundplan_core::Json, after: &groundplan_core::Json| {
        *after == true && *before != true
    };
    if change.changes("sign_in").is_some_and(|(b, a)| begins(&b["nobody"], &a["nobody"])) {
        let what = "whoever reaches it reads and writes without signing in";
        risks.push(Risk::new(DangerKind::Widening, what));
    }
    if change.changes("plain_text").is_some_and(|(before, after)| begins(before, after)) {
        risks.push(Risk::new(DangerKind::Exposure, "its clients may talk without TLS"));
    }
    risks
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{json, testing};

    #[test]
    fn what_is_lost_interrupted_and_opened_is_said() {
        use DangerKind::{Downtime, Exposure, Widening};

        let before = json!({ "brokers": 6, "sign_in": { "iam": true }, "instance_type": "a" });
        assert_eq!(testing::risks(risks, Some(&before), None)[0].0, DangerKind::DataLoss);
        let after = json!({
            "brokers": 3, "instance_type": "b", "plain_text": true,
            "sign_in": { "iam": true, "nobody": true },
        });
        let said = testing::risks(risks, Some(&before), Some(&after));
        let kinds: Vec<_> = said.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [Downtime, Downtime, Widening, Exposure]);
        assert!(said[0].1.contains("`instance_type`, `sign_in`"), "{said:?}");
    }
}
