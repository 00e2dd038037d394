//! Names and tags that components give to what they add.

use groundplan_aws::Tags;
use groundplan_core::{Address, Options, Stack};

/// The tags with the one that AWS's console shows as the name.
pub(crate) fn named(tags: &Tags, stack: &Stack, name: &str) -> Tags {
    let mut tags = tags.clone();
    tags.entry("Name".to_owned()).or_insert_with(|| format!("{}-{name}", stack.name()));
    tags
}

/// Options of a resource that waits for others which its inputs do not mention.
pub(crate) fn after<'a>(addresses: impl IntoIterator<Item = &'a Address>) -> Options {
    Options { after: addresses.into_iter().cloned().collect(), ..Options::default() }
}
