//! What a resource kind declares about itself, as data. Tests check it against what the kind does.

use crate::{Iam, Json};
use std::time::Duration;

/// What a kind declares. Write `Meta { immutable: &["cidr"], ..Meta::DEFAULT }`.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// Input paths that cannot change in place; a change replaces the object. A path stands for all
    /// below it: `scope` covers `scope.region`.
    pub immutable: &'static [&'static str],
    /// Outputs that an in-place update can change. All others are stable.
    pub volatile: &'static [&'static str],
    /// Outputs that an in-place update changes only together with one of these input paths: a port that is
    /// given, an address that is there for a way to sign in.
    pub follows: &'static [(&'static str, &'static [&'static str])],
    /// Input paths that keep their parent from being deleted while this object exists, as a network
    /// interface holds its subnet.
    pub holds: &'static [&'static str],
    /// Input paths whose lists are sets: order and repeats mean nothing.
    pub sets: &'static [&'static str],
    /// Input paths that hold JSON documents as text; compared by meaning.
    pub documents: &'static [&'static str],
    /// Input paths that say where the object is. Reads are batched by their values.
    pub place: &'static [&'static str],
    /// Input paths that say only how to reach the object: an endpoint, a certificate, a role. A
    /// change there is recorded and is no change of the object.
    pub reach: &'static [&'static str],
    /// How an object is known to be ours.
    pub ownership: Ownership,
    /// How an object is found again when the answer to its create was lost.
    pub lost_create: LostCreate,
    /// How the object's name is made, where it has one.
    pub naming: Naming,
    /// Whether the old and the new object of a replacement can exist at the same time.
    pub coexists: bool,
    /// Inputs that take a default of the whole program, with its name; see
    /// [`Stack::default_input`](crate::Stack::default_input).
    pub defaults: &'static [(&'static str, &'static str)],
    /// Whether the object is left in the cloud when it is wanted no more, as with the option `retain`.
    pub stays: Stays,
    /// Whether the kind says what a change does inside the object; see `Resource::preview`.
    pub previews: bool,
    /// What reading the state of many objects costs.
    pub read_cost: ReadCost,
    /// The rights that its verbs take, those of dependent actions included.
    pub iam: Iam,
    /// Typical durations; the scheduler starts the longest path first.
    pub typical: Typical,
}

impl Meta {
    /// A kind that is found by its tag, has no name, and changes in no time.
    pub const DEFAULT: Self = Self {
        immutable: &[],
        volatile: &[],
        follows: &[],
        holds: &[],
        sets: &[],
        documents: &[],
        place: &[],
        reach: &[],
        ownership: Ownership::Tagged,
        lost_create: LostCreate::Tag,
        naming: Naming::None,
        coexists: true,
        defaults: &[],
        stays: Stays::Never,
        previews: false,
        read_cost: ReadCost::Page,
        iam: Iam::NONE,
        typical: Typical::seconds(1, 1, 1),
    };

    /// Whether an output is the same for as long as the object is there.
    pub fn is_stable(&self, output: &str) -> bool {
        !self.volatile.contains(&output) && self.follows.iter().all(|(name, _)| *name != output)
    }

    /// Whether two sets of outputs are of one object: all stable outputs that both know are the same.
    pub fn same_object(&self, one: &Json, other: &Json) -> bool {
        let (Some(one), Some(other)) = (one.as_object(), other.as_object()) else { return false };
        let stable = one.iter().filter(|(field, _)| self.is_stable(field));
        let both = stable.filter_map(|(field, value)| Some((value, other.get(field)?)));
        let mut both = both.filter(|(a, b)| !a.is_null() && !b.is_null()).peekable();
        both.peek().is_some() && both.all(|(a, b)| a == b)
    }

    /// Whether an output stays what it is in an update of these input paths.
    pub fn stays<'a>(&self, output: &str, changed: impl IntoIterator<Item = &'a str>) -> bool {
        let followed = self.follows.iter().filter(|(name, _)| *name == output);
        let follows = |path: &str| followed.clone().any(|(_, inputs)| Self::covers(inputs, path));
        !self.volatile.contains(&output) && !changed.into_iter().any(follows)
    }

    /// Whether a changed path lies on, below or above one of `paths`.
    pub fn covers(paths: &[&str], changed: &str) -> bool {
        paths.iter().any(|path| overlaps(path, changed))
    }
}

/// Whether one path is the other or holds it: `a` and `a.b[0]`, never `a` and `ab`.
pub fn overlaps(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Whether an object that is wanted no more is left where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// It is deleted.
    Never,
    /// It is only taken off the record: it cannot be deleted, or is not one stack's to delete.
    Always,
    /// It is only taken off the record, unless this input of it is true.
    Unless(&'static str),
    /// Its delete does nothing: it ends with the object that it belongs to.
    WithParent,
}

impl Stays {
    /// Whether an object of these inputs stays.
    pub fn applies(self, inputs: &serde_json::Value) -> bool {
        match self {
            Self::Never | Self::WithParent => false,
            Self::Always => true,
            Self::Unless(input) => inputs.get(input) != Some(&true.into()),
        }
    }
}

/// How an object is known to be ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// It carries the ownership tags.
    Tagged,
    /// It has no tags; its parent is ours and its key within it is recorded.
    ParentAndKey,
    /// It has no tags of its own; the recorded key and value tell.
    KeyAndValue,
}

/// How an object is found again when the answer to its create was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostCreate {
    /// The same create with the same token returns the same object.
    ClientToken,
    /// Its name is unique; the ownership tag tells whether it is ours.
    UniqueName,
    /// By the ownership tag, which was part of the create.
    Tag,
    /// By the key that its inputs give, such as a route's table and destination.
    NaturalKey,
}

/// How the object's name is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// It has none of its own.
    None,
    /// Stack, resource name and generation, unless the input `name` says another; cut to `max`
    /// characters with a digest, lower-case.
    Derived {
        /// The longest name the service takes.
        max: usize,
    },
    /// Its inputs give it and nothing can be put in.
    FromInputs,
}

impl Naming {
    /// What the derived names of a stack's objects begin with; none where names are not derived. Shorter
    /// than the stack's name where that alone fills a name.
    pub fn prefix(self, stack: &str) -> Option<String> {
        let Self::Derived { max } = self else { return None };
        let mut prefix = plain(&format!("{stack}-"));
        prefix.truncate(max - DIGEST);
        Some(prefix)
    }
}

/// How much of a name that is too long is a digest, with its hyphen.
pub(crate) const DIGEST: usize = 7;

/// A text as every service takes it in a name.
pub(crate) fn plain(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    text.chars().map(plain).collect()
}

/// What reading the state of many objects costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadCost {
    /// One call for a page of objects.
    Page,
    /// One call for each object, because the API has no other way; the reason.
    Object(&'static str),
    /// So many calls for each object; the reason.
    Objects(usize, &'static str),
}

impl ReadCost {
    /// The calls that each object takes for itself.
    pub const fn each(self) -> usize {
        match self {
            Self::Page => 0,
            Self::Object(_) => 1,
            Self::Objects(calls, _) => calls,
        }
    }
}

/// Typical durations.
#[derive(Clone, Copy, Debug)]
pub struct Typical {
    /// Of a create, until ready.
    pub create: Duration,
    /// Of a change, until ready again.
    pub update: Duration,
    /// Of a delete, until gone.
    pub delete: Duration,
}

impl Typical {
    /// Durations in seconds: create, update, delete.
    #[must_use]
    pub const fn seconds(create: u64, update: u64, delete: u64) -> Self {
        Self {
            create: Duration::from_secs(create),
            update: Duration::from_secs(update),
            delete: Duration::from_secs(delete),
        }
    }
}
