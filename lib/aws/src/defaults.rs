//! What a company sets once for everything in a program.

use crate::Tags;
use groundplan_core::Stack;

/// Defaults of a whole program. What a resource says itself goes before them.
///
/// Names need none: those of objects begin with the stack's, unless their `name` is set.
///
/// ```
/// use groundplan_aws::{Defaults, Tags};
/// use groundplan_core::Stack;
///
/// let mut stack = Stack::new("prod");
/// let tags = Tags::from([("cost-center".to_owned(), "data".to_owned())]);
/// Defaults { tags }.set(&mut stack);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// On everything that takes tags, besides its own.
    pub tags: Tags,
}

/// The name of the default for tags.
pub(crate) const TAGS: (&str, &str) = ("tags", "tags");

impl Defaults {
    /// Makes them those of a program.
    pub fn set(self, stack: &mut Stack) {
        stack.default_input(TAGS.0, self.tags);
    }
}
