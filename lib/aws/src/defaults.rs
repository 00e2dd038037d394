//! What a company sets once for everything in a program.

use crate::{Arn, Tags};
use groundplan_core::{Stack, Val};

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
/// Defaults { tags, ..Defaults::default() }.set(&mut stack);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// On everything that takes tags, besides its own.
    pub tags: Tags,
    /// Of roles, policies and instance profiles: begins and ends with `/`. Service control policies and
    /// permissions boundaries often name one.
    pub iam_path: Option<String>,
    /// The most that any role of the program may do, whatever its policies say.
    pub permissions_boundary: Option<Val<Arn>>,
}

/// The name of the default for tags.
pub(crate) const TAGS: (&str, &str) = ("tags", "tags");
/// The name of the default for IAM paths.
pub(crate) const IAM_PATH: (&str, &str) = ("iam_path", "path");
/// The name of the default for permissions boundaries.
pub(crate) const PERMISSIONS_BOUNDARY: (&str, &str) =
    ("permissions_boundary", "permissions_boundary");

impl Defaults {
    /// Makes them those of a program.
    pub fn set(self, stack: &mut Stack) {
        if let Some(path) = &self.iam_path
            && !is_path(path)
        {
            let what = format!(
                "`{path}` is no IAM path: it begins and ends with `/` and has up to 512 characters, e.g. `/platform/`"
            );
            stack.problem(None, Some("iam_path".into()), what);
        }
        stack.default_input(TAGS.0, self.tags);
        if let Some(path) = self.iam_path {
            stack.default_input(IAM_PATH.0, path);
        }
        if let Some(boundary) = self.permissions_boundary {
            stack.default_input(PERMISSIONS_BOUNDARY.0, boundary);
        }
    }
}

/// Whether IAM takes a text for a path.
pub(crate) fn is_path(text: &str) -> bool {
    let ends = text.starts_with('/') && text.ends_with('/') && text.len() <= 512;
    ends && text != "//" && text.bytes().all(|b| (b'!'..=b'~').contains(&b))
}
