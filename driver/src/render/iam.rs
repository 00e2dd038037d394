//! The policies that a plan needs, as documents for IAM, as JSON for programs, and what there is to say of
//! them to people.

use super::json::FORMAT;
use groundplan::{
    Json,
    aws::policy::{Document, LONGEST, MOST, Policies, Policy},
    json,
};

/// The documents, one after the other.
pub(crate) fn documents(policies: &Policies) -> String {
    let all = policies.policies.iter().flat_map(|policy| &policy.documents);
    all.map(|document| format!("{:#}\n", document.json())).collect::<Vec<_>>().concat()
}

/// The policies with whose they are.
pub(crate) fn json(policies: &Policies, caller: &str) -> Json {
    let policy = |policy: &Policy| {
        json!({
            "identity": policy.role.as_deref().unwrap_or(caller),
            "documents": policy.documents.iter().map(Document::json).collect::<Vec<_>>(),
        })
    };
    json!({
        "format": FORMAT,
        "policies": policies.policies.iter().map(policy).collect::<Vec<_>>(),
        "wide": policies.wide,
    })
}

/// Whose each document is, what splits it, and what nothing can narrow.
pub(crate) fn explanation(policies: &Policies, caller: &str) -> String {
    let mut lines: Vec<_> = policies.policies.iter().map(|policy| whose(policy, caller)).collect();
    if lines.is_empty() {
        lines.push("this plan needs no right at all\n".to_owned());
    }
    if !policies.wide.is_empty() {
        let all: Vec<_> = policies.wide.iter().map(String::as_str).collect();
        lines.push(format!(
            "AWS knows no resource or tag for these, or not before they are there, so nothing narrows them: {}\n",
            all.join(", ")
        ));
    }
    lines.concat()
}

fn whose(policy: &Policy, caller: &str) -> String {
    let identity = policy.role.as_deref().unwrap_or(caller);
    match &policy.documents[..] {
        [one] => format!("for {identity}: one policy of {} characters\n", one.length()),
        many if many.len() <= MOST => format!(
            "for {identity}: {} policies, as IAM takes {LONGEST} characters in one; attach all of them\n",
            many.len()
        ),
        many => format!(
            "for {identity}: {} policies, more than the {MOST} that IAM attaches to one role: raise that quota, or split the stack\n",
            many.len()
        ),
    }
}
