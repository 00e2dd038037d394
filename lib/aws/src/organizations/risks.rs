//! What a reviewer must not miss of an organization's change: which policies guard an account no more,
//! and what is closed for good.

use groundplan_core::{DangerKind, Json, Risk, Transition};

/// Of a unit that goes.
pub(super) fn unit(change: Transition<'_>) -> Vec<Risk> {
    let Some(unit) = change.goes() else { return Vec::new() };
    let name = unit["name"].as_str().unwrap_or_default();
    let what = format!(
        "accounts that are left in the unit `{name}` move to the one above, and its policies guard them no more"
    );
    vec![Risk::new(DangerKind::Widening, what)]
}

/// Of an account that goes, or moves.
pub(super) fn account(change: Transition<'_>) -> Vec<Risk> {
    if let Some(account) = change.goes() {
        let email = account["email"].as_str().unwrap_or_default();
        let closes = account["close_on_delete"] == true;
        return vec![if closes {
            let what = format!(
                "closes the account of {email} with everything in it: after 90 days nothing can bring it back, and the e-mail address stays taken"
            );
            Risk::new(DangerKind::DataLoss, what)
        } else {
            let what =
                format!("the account of {email} stays, is nobody's, and costs what it costs");
            Risk::new(DangerKind::Replace, what)
        }];
    }
    let moves = change.changes("parent").filter(|(before, _)| **before != Json::Null);
    let what = "other policies guard the account, from that moment on";
    moves.map(|_| Risk::new(DangerKind::Widening, what)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::json;

    fn of(before: &Json, after: Option<&Json>, replaced: bool) -> Vec<Risk> {
        account(Transition { before: Some(before), after, replaced })
    }

    #[test]
    fn an_account_that_is_closed_is_lost_and_one_that_is_let_go_is_not() {
        let account =
            json!({ "email": "a@example.com", "parent": "ou-1", "close_on_delete": true });
        let [closed] = &of(&account, None, false)[..] else { panic!("one risk") };
        assert_eq!(closed.kind, DangerKind::DataLoss);
        let kept = json!({ "email": "a@example.com", "parent": "ou-1" });
        assert_eq!(of(&kept, Some(&account), true)[0].kind, DangerKind::Replace);
    }

    #[test]
    fn an_account_that_moves_is_under_other_policies() {
        let before = json!({ "parent": "ou-1" });
        assert_eq!(of(&before, Some(&json!({ "parent": "ou-2" })), false).len(), 1);
        assert_eq!(of(&before, Some(&before), false), []);
    }
}
