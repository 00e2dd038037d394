//! What a reviewer must not miss of Identity Center: who may do more, and who is shut out.
//!
//! What is put into a set that is made in the same run widens nothing that is there: whoever is let in through
//! it is named with the assignment.

use crate::{iam::policy::widened, shown::text};
use groundplan_core::{DangerKind, Json, Risk, Transition, is_known};

/// Of a policy that a set refers to; `policy` reads which one from inputs.
pub(super) fn attachment(change: Transition<'_>, policy: fn(&Json) -> Json) -> Vec<Risk> {
    let Some((before, after)) = gained(change) else { return Vec::new() };
    let name = policy(after);
    if before.is_some_and(|before| policy(before) == name) {
        return Vec::new();
    }
    let what = format!("whoever has the set may newly do what `{}` allows", text(&name));
    vec![Risk::new(DangerKind::Widening, what)]
}

/// Of the policy that is part of a set.
pub(super) fn document(change: Transition<'_>) -> Vec<Risk> {
    let Some((before, after)) = gained(change) else { return Vec::new() };
    let before = before.map_or(&Json::Null, |before| &before["document"]);
    if *before == after["document"] { Vec::new() } else { widened(before, &after["document"]) }
}

/// Of the most that a set can allow.
pub(super) fn boundary(change: Transition<'_>) -> Vec<Risk> {
    let Some(before) = change.before else { return Vec::new() };
    let bounds = |inputs: &Json| {
        let boundary = &inputs["boundary"];
        let customer = &boundary["customer"];
        if customer.is_null() {
            return text(&boundary["managed"]);
        }
        format!("{}{}", customer["path"].as_str().unwrap_or("/"), text(&customer["name"]))
    };
    let was = bounds(before);
    let what = match change.after.map(bounds) {
        Some(is) if is == was => return Vec::new(),
        Some(is) => format!("the set is held within `{is}` and not within `{was}`"),
        None => format!("the set is not held within `{was}` any more"),
    };
    vec![Risk::new(DangerKind::Widening, what)]
}

/// Of somebody who is let into an account, or shut out.
pub(super) fn assignment(change: Transition<'_>) -> Vec<Risk> {
    let mut risks = Vec::new();
    if change.goes().is_some() {
        let what = "loses the access; where nobody else has it there, the role ends, and comes back as another";
        risks.push(Risk::new(DangerKind::Downtime, what));
    }
    if let Some(after) = change.after.filter(|_| change.before.is_none() || change.replaced) {
        let (kind, id) = match (&after["principal"]["group"], &after["principal"]["user"]) {
            (Json::Null, user) => ("user", user),
            (group, _) => ("group", group),
        };
        let (id, account) = (text(id), text(&after["account"]));
        let what = format!("the {kind} {id} may do in account {account} what the set allows");
        risks.push(Risk::new(DangerKind::Widening, what));
    }
    risks
}

/// What a set has before and after, where it is there already.
fn gained(change: Transition<'_>) -> Option<(Option<&Json>, &Json)> {
    let after = change.after?;
    let known = is_known(&after["permission_set"]);
    let same = |before: &&Json| !known || before["permission_set"] == after["permission_set"];
    let before = change.before.filter(same);
    (known || before.is_some()).then_some((before, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{Address, Val, json, to_json};

    fn said(risks: Vec<Risk>) -> Vec<String> {
        risks.into_iter().map(|risk| risk.what).collect()
    }

    fn of<'a>(before: Option<&'a Json>, after: Option<&'a Json>) -> Transition<'a> {
        Transition { before, after, replaced: false }
    }

    #[test]
    fn what_a_set_that_is_there_gains_is_told() {
        let set: Address = "sso.permission_set/a".parse().unwrap();
        let new = to_json(&Val::<String>::output(&set, "arn"));
        let policy = |inputs: &Json| inputs["policy"].clone();
        let there = json!({ "permission_set": "arn:a", "policy": "View" });
        let told = said(attachment(of(None, Some(&there)), policy));
        assert_eq!(told, ["whoever has the set may newly do what `View` allows"]);
        assert_eq!(attachment(of(Some(&there), Some(&there)), policy), []);
        assert_eq!(attachment(of(Some(&there), None), policy), [], "less is no danger");
        let inside = json!({ "permission_set": new, "policy": "View" });
        assert_eq!(attachment(of(None, Some(&inside)), policy), [], "the set is new");
    }

    #[test]
    fn a_boundary_that_changes_or_goes_is_told_and_one_that_comes_is_not() {
        let aws = json!({ "boundary": { "managed": "View" } });
        let own = json!({ "boundary": { "customer": { "name": "most" } } });
        assert_eq!(boundary(of(None, Some(&aws))), []);
        assert_eq!(boundary(of(Some(&aws), Some(&aws))), []);
        let told = said(boundary(of(Some(&aws), Some(&own))));
        assert_eq!(told, ["the set is held within `/most` and not within `View`"]);
        let told = said(boundary(of(Some(&own), None)));
        assert_eq!(told, ["the set is not held within `/most` any more"]);
    }

    #[test]
    fn who_is_let_in_and_who_is_shut_out_is_told() {
        let inputs = json!({ "account": "111122223333", "principal": { "group": "g-1" } });
        let told = said(assignment(of(None, Some(&inputs))));
        assert_eq!(told, ["the group g-1 may do in account 111122223333 what the set allows"]);
        assert_eq!(assignment(of(Some(&inputs), None))[0].kind, DangerKind::Downtime);
        assert_eq!(assignment(of(Some(&inputs), Some(&inputs))), []);
    }
}
