//! IAM: roles, what they may do, and whom they trust.
//!
//! IAM is global: the region of a scope only picks the client, and is no part of an object's
//! identity. Shared by its kinds: policy documents, tags, and what passes by itself.

mod instance_profile;
mod managed_policy;
mod oidc_provider;
pub(crate) mod policy;
mod policy_versions;
mod risks;
mod role;
mod role_policy;
mod role_policy_attachment;
mod rules;
mod service_linked_role;

pub use instance_profile::{InstanceProfile, InstanceProfileHandle, InstanceProfileOutputs};
pub use managed_policy::{Policy, PolicyHandle, PolicyOutputs};
pub use oidc_provider::{OidcProvider, OidcProviderHandle, OidcProviderOutputs};
pub use role::{Role, RoleHandle, RoleOutputs};
pub use role_policy::{RolePolicy, RolePolicyHandle, RolePolicyOutputs};
pub use role_policy_attachment::{
    RolePolicyAttachment, RolePolicyAttachmentHandle, RolePolicyAttachmentOutputs,
};
pub use service_linked_role::{
    ServiceLinkedRole, ServiceLinkedRoleHandle, ServiceLinkedRoleOutputs,
};

pub(crate) use rules::rules;

use crate::scope::REACH_ANYWHERE as REACH;
use crate::{Tags, defaults::is_path, tags};
use aws_sdk_iam::types::Tag;
use groundplan_core::{Fault, Json, Patience, Problems, Registry, StepCx, Val};
use std::borrow::Cow;

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new()
        .with::<InstanceProfile>()
        .with::<OidcProvider>()
        .with::<Policy>()
        .with::<Role>()
        .with::<RolePolicy>()
        .with::<RolePolicyAttachment>()
        .with::<ServiceLinkedRole>()
}

/// IAM is eventually consistent: what was just made is known everywhere within about two minutes.
const SETTLING: Patience = Patience::new(1000, 10, 120);

/// Whether a write met another write to the same object, which passes.
fn collided(fault: &Fault) -> bool {
    fault.is("ConcurrentModification") || fault.is("EntityTemporarilyUnmodifiable")
}

/// Whether a policy names a principal that IAM does not know yet, as it was just made.
pub(crate) fn unknown_principal(fault: &Fault) -> bool {
    fault.is("MalformedPolicyDocument")
        && fault.why.as_ref().is_some_and(|why| why.to_lowercase().contains("invalid principal"))
}

/// A policy document as it was written: IAM answers with it URL-encoded (RFC 3986).
pub(crate) fn document(encoded: &str) -> String {
    urlencoding::decode(encoded).map_or_else(|_| encoded.to_owned(), Cow::into_owned)
}

/// Notes a document that is none, if it is known already.
pub(crate) fn check_document(problems: &mut Problems, path: &str, text: &Val<String>) {
    let Some(text) = text.known() else { return };
    match serde_json::from_str::<Json>(text) {
        Ok(Json::Object(_)) => {}
        Ok(_) => problems.add(path, "is JSON but no object; a policy is `{\"Statement\": …}`"),
        Err(why) => problems.add(path, format!("is no JSON document: {why}")),
    }
}

/// Notes a name that IAM does not take, in the words of its API.
fn check_name(problems: &mut Problems, path: &str, name: &str, max: usize) {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    problems.require(
        !name.is_empty() && name.len() <= max && name.chars().all(fits),
        path,
        format!("`{name}` is no name: 1 to {max} letters, digits and any of _+=,.@-"),
    );
}

/// The path of what stands under none.
fn root() -> String {
    "/".to_owned()
}

/// Whether a path says nothing, so that a default of the program counts.
fn is_root(path: &str) -> bool {
    path == "/"
}

/// A live path as an input: none for the root.
fn live_path(path: Option<&str>) -> Option<&str> {
    path.filter(|path| !is_root(path))
}

/// Notes a path that IAM does not take.
fn check_path(problems: &mut Problems, path: &str) {
    problems.require(
        is_path(path) && !path.starts_with("/aws-"),
        "path",
        format!("`{path}` is no path: it begins and ends with `/`, such as `/platform/`"),
    );
}

/// The names and values of an object's tags.
fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().map(|tag| (tag.key(), tag.value())).collect()
}

/// Tags in the form of the API.
fn to_tags(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Tag> {
    let tag = |(key, value)| {
        let tag = Tag::builder().key(key).value(value).build();
        tag.expect("BUG: a tag has key and value")
    };
    tags.into_iter().map(tag).collect()
}

/// What to set and which keys to remove, so that an object has the desired tags and its own marks.
fn tag_changes(cx: &StepCx, live: &[Tag], desired: &Tags) -> (Vec<Tag>, Vec<String>) {
    let live = pairs(live).into_iter().filter(|(key, _)| !key.starts_with("aws:"));
    let live = live.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let (set, remove) = tags::difference(&live, &cx.tags(desired));
    (to_tags(set), remove)
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::same_policy;

    #[test]
    fn documents_are_decoded_and_compared_by_meaning() {
        let live = document("%7B%22Version%22%3A%20%222012-10-17%22%2C%22Id%22%3A%22a+b%22%7D");
        assert_eq!(live, r#"{"Version": "2012-10-17","Id":"a+b"}"#);
        assert!(same_policy(&live, r#"{"Id":"a+b","Version":"2012-10-17"}"#));
        assert!(!same_policy(&live, r#"{"Id":"a b","Version":"2012-10-17"}"#));
        assert!(!same_policy("not json", "nor this"));
    }

    #[test]
    fn what_is_no_document_is_noted_unless_unknown() {
        let noted = |text: Val<String>| {
            let mut problems = Problems::default();
            check_document(&mut problems, "trust", &text);
            problems.into_vec().len()
        };
        assert_eq!(noted(r#"{"Statement": []}"#.into()), 0);
        assert_eq!(noted("[]".into()), 1);
        assert_eq!(noted("{".into()), 1);
        let address = "iam.role/x".parse().unwrap();
        assert_eq!(noted(Val::output(&address, "name")), 0);
    }
}
