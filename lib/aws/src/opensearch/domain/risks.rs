//! What a reviewer must not miss of a search domain's change.

use super::model::version;
use crate::iam::policy::widened;
use groundplan_core::{Class, DangerKind, Fault, Risk, Transition};

/// Fields whose change moves a domain to new nodes.
const MOVES: [&str; 4] = ["instance_type", "dedicated_masters", "engine_version", "subnets"];

pub(super) fn risks(change: Transition<'_>) -> Vec<Risk> {
    if change.goes().is_some() {
        let what = "all its indices and its automated snapshots go with it";
        return vec![Risk::new(DangerKind::DataLoss, what)];
    }
    let mut risks = Vec::new();
    let moves: Vec<_> = MOVES.into_iter().filter(|field| change.changes(field).is_some()).collect();
    if !moves.is_empty() {
        let what = format!(
            "moves to new nodes for `{}`: slower until it is done, hours with much data",
            moves.join("`, `")
        );
        risks.push(Risk::new(DangerKind::Downtime, what));
    }
    if change.changes("engine_version").is_some() {
        let what = "its engine cannot be taken back to the version before";
        risks.push(Risk::new(DangerKind::Downtime, what));
    }
    if let Some((before, after)) = change.changes("access_policy") {
        risks.extend(widened(before, after));
    }
    risks
}

/// A version before the one that runs.
pub(super) fn impossible(change: Transition<'_>) -> Option<Fault> {
    let (before, after) = change.changes("engine_version")?;
    let (is, wanted) = (before.as_str()?, after.as_str()?);
    older(wanted, is).then(|| not_back(is, wanted))
}

/// Whether `wanted` is a version before `there`, of the same engine.
fn older(wanted: &str, there: &str) -> bool {
    match (version(wanted), version(there)) {
        (Some((engine, wanted)), Some((other, there))) => engine == other && wanted < there,
        _ => false,
    }
}

/// The fault of a way that the service does not go.
fn not_back(is: &str, wanted: &str) -> Fault {
    let what = format!("the domain runs {is}, and the service does not go back to {wanted}");
    Fault::new(Class::Invalid, what).hint(format!(
        "`engine_version` set to {is}; for an older one, a new domain that a snapshot is restored into"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{Json, json, testing};

    #[test]
    fn what_moves_it_what_widens_it_and_what_loses_it_is_said() {
        let policy = |who: &str| {
            let allow = json!({ "Effect": "Allow", "Principal": { "AWS": who }, "Action": "es:*", "Resource": "*" });
            json!({ "Statement": [allow] }).to_string()
        };
        let before =
            json!({ "instance_type": "a", "instance_count": 3, "access_policy": policy("1") });
        let said =
            |before: Option<&Json>, after: Option<&Json>| testing::risks(risks, before, after);
        assert_eq!(said(Some(&before), None)[0].0, DangerKind::DataLoss);
        let mut after = before.clone();
        after["instance_count"] = 6.into();
        assert_eq!(said(Some(&before), Some(&after)), []);
        after["instance_type"] = "b".into();
        after["access_policy"] = policy("*").into();
        let said = said(Some(&before), Some(&after));
        assert!(said[0].1.starts_with("moves to new nodes for `instance_type`"), "{said:?}");
        assert_eq!(said[1], (DangerKind::Widening, "newly grants `es:*` to `*`".to_owned()));
    }

    #[test]
    fn an_engine_is_never_set_back() {
        assert!(older("OpenSearch_2.9", "OpenSearch_2.19"));
        assert!(!older("OpenSearch_3.1", "OpenSearch_2.19"));
        assert!(!older("OpenSearch_1.3", "Elasticsearch_7.10"));
        let of = |version: &str| json!({ "engine_version": version });
        let (is, wanted) = (of("OpenSearch_2.19"), of("OpenSearch_2.17"));
        let back = Transition { before: Some(&is), after: Some(&wanted), replaced: false };
        let fault = impossible(back).expect("it is refused");
        assert!(fault.what.contains("does not go back to OpenSearch_2.17"), "{fault}");
        assert!(impossible(Transition { replaced: true, ..back }).is_none(), "a new one is any");
    }
}
