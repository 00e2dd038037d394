//! The policies that a plan needs, as documents for IAM, as JSON for programs, and what there is to say of
//! them to people.

use super::json::FORMAT;
use groundplan::{
    Json,
    aws::policy::{LONGEST, MOST, Policies, Policy},
    json,
};

/// The documents, one after the other.
pub(crate) fn documents(policies: &Policies) -> String {
    let all = policies.policies.iter().flat_map(|policy| &policy.documents);
    all.map(|document| format!("{:#}\n", document.json())).collect()
}

/// The policies with whose they are.
pub(crate) fn json(policies: &Policies, caller: &str) -> Json {
    let policy = |policy: &Policy| {
        json!({
            "identity": policy.role.as_deref().unwrap_or(caller),
            "documents": policy.documents.iter().map(|d| d.json()).collect::<Vec<_>>(),
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
    let mut text = String::new();
    for policy in &policies.policies {
        let identity = policy.role.as_deref().unwrap_or(caller);
        let count = policy.documents.len();
        let longest = policy.documents.iter().map(|d| d.length()).max().unwrap_or_default();
        text += &match count {
            1 => format!("for {identity}: one policy of {longest} characters\n"),
            _ => format!(
                "for {identity}: {count} policies, as IAM takes {LONGEST} characters in one; attach all of them\n"
            ),
        };
        if count > MOST {
            text += &format!(
                "  these are more than the {MOST} that IAM attaches to one role: raise that quota, or split the stack\n"
            );
        }
    }
    if policies.policies.is_empty() {
        text += "this plan needs no right at all\n";
    }
    if !policies.wide.is_empty() {
        let all: Vec<_> = policies.wide.iter().map(String::as_str).collect();
        text += &format!(
            "AWS knows no resource or tag for these, so nothing narrows them: {}\n",
            all.join(", ")
        );
    }
    text
}
