//! KMS: keys, the names they go by, and who may use them.
//!
//! Shared by its kinds: tags, and what passes by itself.

mod alias;
mod key;
mod key_policy;
mod rules;

pub use alias::{Alias, AliasHandle, AliasOutputs};
pub use key::{Key, KeyHandle, KeyOutputs};
pub use key_policy::{KeyPolicy, KeyPolicyHandle, KeyPolicyOutputs};

pub(crate) use rules::rules;

use aws_sdk_kms::types::Tag;
use groundplan_core::{Class, Fault, Patience, Registry};

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new().with::<Alias>().with::<Key>().with::<KeyPolicy>()
}

/// KMS is eventually consistent: what was just made is known everywhere within a minute or so. See
/// <https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency>.
const SETTLING: Patience = Patience::new(500, 5, 120);

/// Whether a call met a key that not every endpoint of KMS knows yet.
fn unsettled(fault: &Fault) -> bool {
    fault.class == Class::NotFound
}

/// The names and values of a key's tags.
fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().map(|tag| (tag.tag_key(), tag.tag_value())).collect()
}

/// Tags in the form of the API.
fn to_tags(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Tag> {
    let tag = |(key, value)| {
        let tag = Tag::builder().tag_key(key).tag_value(value).build();
        tag.expect("BUG: a tag has key and value")
    };
    tags.into_iter().map(tag).collect()
}
