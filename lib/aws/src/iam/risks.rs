//! What a reviewer must not miss of a role's change: who may do more than before.
//!
//! A policy of a role that is made in the same run widens nothing that is there; whoever reads the plan
//! sees the role as new. So only policies of roles that exist already are spoken of when they are new.

use super::policy::{grants, widened};
use groundplan_core::{DangerKind, Json, Risk, Transition, describe, is_known};

/// Of whom a role trusts.
pub(super) fn trust(change: Transition<'_>) -> Vec<Risk> {
    match (change.before, change.after) {
        (Some(before), Some(after)) if before["trust"] != after["trust"] => {
            widened(&before["trust"], &after["trust"])
        }
        _ => Vec::new(),
    }
}

/// Of a policy that is part of a role.
pub(super) fn document(change: Transition<'_>) -> Vec<Risk> {
    match (change.before, change.after) {
        (Some(before), Some(after)) if before["document"] != after["document"] => {
            widened(&before["document"], &after["document"])
        }
        (None, Some(after)) if is_known(&after["role"]) => {
            let nothing = Json::from(r#"{"Statement":[]}"#);
            let said = widened(&nothing, &after["document"]);
            let any = grants(&after["document"]).is_none_or(|grants| !grants.is_empty());
            if any { said } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

/// Of a managed policy on a role.
pub(super) fn attachment(change: Transition<'_>) -> Vec<Risk> {
    let Some(after) = change.after.filter(|after| is_known(&after["role"])) else {
        return Vec::new();
    };
    if change.before.is_some_and(|before| before["policy"] == after["policy"]) {
        return Vec::new();
    }
    let text = |value: &Json| value.as_str().map_or_else(|| describe(value), str::to_owned);
    let (role, policy) = (text(&after["role"]), text(&after["policy"]));
    let what = format!("the role `{role}` may newly do what `{policy}` allows");
    vec![Risk::new(DangerKind::Widening, what)]
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
    }

    #[test]
    fn a_managed_policy_on_a_role_that_is_there_widens() {
        let after = json!({ "role": "a", "policy": "arn:aws:iam::aws:policy/AdministratorAccess" });
        let change = Transition { before: None, after: Some(&after), replaced: false };
        assert!(attachment(change)[0].what.starts_with("the role `a` may newly do"));
        let same = Transition { before: Some(&after), after: Some(&after), replaced: false };
        assert_eq!(attachment(same), []);
    }
}
