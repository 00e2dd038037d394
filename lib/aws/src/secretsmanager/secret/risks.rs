//! What a reviewer must not miss of a secret's change.

use groundplan_core::{DangerKind, Json, Risk, Transition};

pub(super) fn risks(change: Transition<'_>) -> Vec<Risk> {
    let loss = |what: String| Risk::new(DangerKind::DataLoss, what);
    if let Some(gone) = change.goes() {
        let at_once = gone["recovery_days"] == 0;
        let what = "is gone at once, and so is every value in it".to_owned();
        return at_once.then(|| loss(what)).into_iter().collect();
    }
    let Some((before, after)) = change.changes("content") else { return Vec::new() };
    let values = |content: &Json| content["generated"].as_object().cloned().unwrap_or_default();
    let after = values(after);
    let gone = values(before).into_iter().filter(|(key, how)| after.get(key) != Some(how));
    gone.map(|(key, _)| loss(format!("the value of `{key}` that is there now is lost"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::json;

    #[test]
    fn values_that_cannot_be_had_back_are_said() {
        let said = |before: &Json, after: Option<&Json>| {
            let change = Transition { before: Some(before), after, replaced: false };
            risks(change).into_iter().map(|risk| risk.what).collect::<Vec<_>>()
        };
        let secret = |days: u32, values: Json| json!({ "recovery_days": days, "content": { "generated": values } });
        let two = secret(7, json!({ "a": { "length": 8 }, "b": { "length": 8 } }));
        assert_eq!(said(&two, None), Vec::<String>::new(), "it can be restored");
        assert_eq!(said(&secret(0, json!({})), None).len(), 1);
        let other = secret(7, json!({ "a": { "length": 8 }, "b": { "length": 9 }, "c": {} }));
        assert_eq!(said(&two, Some(&other)), ["the value of `b` that is there now is lost"]);
    }
}
