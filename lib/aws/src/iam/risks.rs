//! What a reviewer must not miss of a role's change: who may do more than before.
//!
//! A policy of a role that is made in the same run widens nothing that is there; whoever reads the plan
//! sees the role as new. So only policies of roles that exist already are spoken of when they are new.

use super::policy::widened;
use crate::shown::text;
use groundplan_core::{DangerKind, Json, Risk, Transition, is_known};

/// Of whom a role trusts, and of the most that it may do.
pub(super) fn role(change: Transition<'_>) -> Vec<Risk> {
    let (Some(before), Some(after)) = (change.before, change.after) else { return Vec::new() };
    let mut risks = Vec::new();
    if before["trust"] != after["trust"] {
        risks.extend(widened(&before["trust"], &after["trust"]));
    }
    let (was, is) = (&before["permissions_boundary"], &after["permissions_boundary"]);
    if was != is && !was.is_null() {
        let what = match is {
            Json::Null => format!("is not held within `{}` any more", text(was)),
            other => format!("is held within `{}` and not within `{}`", text(other), text(was)),
        };
        risks.push(Risk::new(DangerKind::Widening, what));
    }
    risks
}

/// Of a policy that is part of a role.
pub(super) fn document(change: Transition<'_>) -> Vec<Risk> {
    match gained(change, "document") {
        Some((before, after)) if before != after => widened(before, after),
        _ => Vec::new(),
    }
}

/// Of a managed policy on a role.
pub(super) fn attachment(change: Transition<'_>) -> Vec<Risk> {
    let Some((before, policy)) = gained(change, "policy") else { return Vec::new() };
    if before == policy {
        return Vec::new();
    }
    let role = change.after.map_or(&Json::Null, |after| &after["role"]);
    let what = format!("the role `{}` may newly do what `{}` allows", text(role), text(policy));
    vec![Risk::new(DangerKind::Widening, what)]
}

/// Before and after of what a role has, null where it has nothing; none if no role that is there has it
/// afterwards. A role that is not known yet takes the place of the one before, if there was one.
fn gained<'a>(change: Transition<'a>, field: &str) -> Option<(&'a Json, &'a Json)> {
    let after = change.after?;
    let known = is_known(&after["role"]);
    let before = change.before.filter(|before| !known || before["role"] == after["role"]);
    (known || before.is_some()).then(|| (before.map_or(&Json::Null, |b| &b[field]), &after[field]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{Address, Val, json, to_json};

    fn policy(role: &Json, action: &str) -> Json {
        let allow = json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
        json!({ "role": role, "document": json!({ "Statement": allow }).to_string() })
    }

    fn said(before: Option<&Json>, after: Option<&Json>) -> Vec<String> {
        let change = Transition { before, after, replaced: false };
        document(change).into_iter().map(|risk| risk.what).collect()
    }

    #[test]
    fn a_policy_of_a_role_that_is_there_widens_and_one_of_a_new_role_does_not() {
        let role: Address = "iam.role/a".parse().unwrap();
        let made_now = to_json(&Val::<String>::output(&role, "name"));
        let there = policy(&json!("a"), "s3:Get*");
        assert_eq!(said(None, Some(&there)), ["may newly `s3:Get*` on `*`"]);
        assert_eq!(said(None, Some(&policy(&made_now, "s3:Get*"))), Vec::<String>::new());
        let more = policy(&json!("a"), "s3:*");
        assert_eq!(said(Some(&there), Some(&more)), ["may newly `s3:*` on `*`"]);
        assert_eq!(said(Some(&more), Some(&there)), Vec::<String>::new(), "less is no danger");
        assert_eq!(said(Some(&more), None), Vec::<String>::new());
        let replaced = policy(&made_now, "s3:*");
        assert_eq!(said(Some(&there), Some(&replaced)).len(), 1, "the role is replaced");
        let other = policy(&json!("b"), "s3:Get*");
        assert_eq!(said(Some(&there), Some(&other)).len(), 1, "it goes over to another role");
    }

    #[test]
    fn a_managed_policy_on_a_role_that_is_there_widens() {
        let role: Address = "iam.role/a".parse().unwrap();
        let made_now = to_json(&Val::<String>::output(&role, "name"));
        let on = |role: &Json, policy: &str| json!({ "role": role, "policy": policy });
        let said = |before: Option<&Json>, after: &Json| {
            let risks = attachment(Transition { before, after: Some(after), replaced: true });
            risks.into_iter().map(|risk| risk.what).collect::<Vec<_>>()
        };
        let there = on(&json!("a"), "ViewOnly");
        assert_eq!(said(None, &there), ["the role `a` may newly do what `ViewOnly` allows"]);
        assert_eq!(said(Some(&there), &there), Vec::<String>::new());
        assert_eq!(said(None, &on(&made_now, "ViewOnly")), Vec::<String>::new());
        let more = "the role `(iam.role/a#name)` may newly do what `Administrator` allows";
        assert_eq!(said(Some(&there), &on(&made_now, "Administrator")), [more], "it is replaced");
        assert_eq!(said(Some(&there), &on(&made_now, "ViewOnly")), Vec::<String>::new());
        assert_eq!(said(Some(&there), &on(&json!("b"), "ViewOnly")).len(), 1);
    }
}
