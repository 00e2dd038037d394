//! What a reviewer must not miss of a share: who may use what is in it, and who may no more.

use groundplan_core::{DangerKind, Json, Risk, Transition};

/// Of a share that lets in accounts from outside the organization, or goes.
pub(super) fn share(change: Transition<'_>) -> Vec<Risk> {
    let external =
        |json: Option<&Json>| json.is_some_and(|j| j["allow_external_principals"] == true);
    let mut risks = Vec::new();
    if external(change.after) && !external(change.before) {
        let what = "accounts outside the organization can be let in";
        risks.push(Risk::new(DangerKind::Exposure, what));
    }
    if change.goes().is_some() {
        let what = "whoever used what is in it can make nothing new there";
        risks.push(Risk::new(DangerKind::Downtime, what));
    }
    risks
}

/// Of something that is taken out of a share.
pub(super) fn resource(change: Transition<'_>) -> Vec<Risk> {
    let what = "others can make nothing new in it; what they have there stays and keeps it";
    change.goes().map(|_| Risk::new(DangerKind::Downtime, what)).into_iter().collect()
}

/// Of somebody who is let in, or shut out.
pub(super) fn principal(change: Transition<'_>) -> Vec<Risk> {
    let name = |json: &Json| json["principal"].as_str().map(str::to_owned);
    let mut risks = Vec::new();
    if change.goes().is_some() {
        let what = "can make nothing new in what was shared with it";
        risks.push(Risk::new(DangerKind::Downtime, what));
    }
    if let Some(after) = change.after.filter(|_| change.before.is_none() || change.replaced) {
        let who = name(after).unwrap_or_else(|| "an account that is still to be made".to_owned());
        let what = if who.contains(":organization/") {
            "every account of the organization may use what is in the share".to_owned()
        } else {
            format!("{who} may use what is in the share")
        };
        risks.push(Risk::new(DangerKind::Widening, what));
    }
    risks
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::json;

    #[test]
    fn who_is_let_in_and_from_where_is_told() {
        fn of<'a>(before: Option<&'a Json>, after: Option<&'a Json>) -> Transition<'a> {
            Transition { before, after, replaced: false }
        }
        let inside = json!({ "allow_external_principals": false });
        let outside = json!({ "allow_external_principals": true });
        assert_eq!(share(of(Some(&inside), Some(&outside)))[0].kind, DangerKind::Exposure);
        assert_eq!(share(of(None, Some(&inside))), []);
        let all = json!({ "principal": "arn:aws:organizations::1:organization/o-1" });
        let [risk] = &principal(of(None, Some(&all)))[..] else { panic!("one risk") };
        assert!(risk.what.starts_with("every account"), "{risk:?}");
        assert_eq!(principal(of(Some(&all), None))[0].kind, DangerKind::Downtime);
    }
}
