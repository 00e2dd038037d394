//! ECR: repositories of container images, what stays in them, and who may use them.

mod lifecycle_policy;
mod repository;
mod repository_policy;
mod rules;

pub use lifecycle_policy::{LifecyclePolicy, LifecyclePolicyHandle, LifecyclePolicyOutputs};
pub use repository::{Repository, RepositoryHandle, RepositoryOutputs, TagMutability};
pub use repository_policy::{RepositoryPolicy, RepositoryPolicyHandle, RepositoryPolicyOutputs};

pub(crate) use rules::rules;

use aws_sdk_ecr::types::Tag;
use groundplan_core::Registry;

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new().with::<LifecyclePolicy>().with::<Repository>().with::<RepositoryPolicy>()
}

/// The names and values of a repository's tags.
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
