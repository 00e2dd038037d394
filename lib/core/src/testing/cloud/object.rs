//! Objects in the simulated cloud, and the calls that change them.

use crate::{Json, testing::Process};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// An object in the simulated cloud.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// What the cloud assigned.
    pub id: String,
    /// The kind of object.
    pub kind: String,
    /// Unique within its kind, where it has one.
    pub name: Option<String>,
    /// The objects that cannot be deleted while this one is there.
    pub holds: Vec<String>,
    /// The object with which this one goes, as a route goes with its table.
    pub within: Option<String>,
    /// Its settings.
    pub fields: Json,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    pub(super) origin: Origin,
    pub(super) times: Times,
}

/// How an object came to be. What the cloud knows and no caller can ask.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Origin {
    /// None: it was there before, and is foreign.
    pub(super) maker: Option<Process>,
    pub(super) token: Option<String>,
    /// The settings that the create asked for.
    pub(super) asked: Json,
    /// Whether the answer to the create was sent off.
    pub(super) answered: bool,
}

/// When an object shows by its id, shows in lists, works, and is gone. None: at once; never, for
/// `gone`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Times {
    pub(super) visible: Option<Instant>,
    pub(super) listed: Option<Instant>,
    pub(super) ready: Option<Instant>,
    pub(super) gone: Option<Instant>,
    /// Until when reads show it though it is gone.
    pub(super) shown: Option<Instant>,
}

impl Object {
    /// An object to be created.
    pub fn new(kind: &str, fields: Json, tags: BTreeMap<String, String>) -> Self {
        Self {
            id: String::new(),
            kind: kind.to_owned(),
            name: None,
            holds: Vec::new(),
            within: None,
            fields,
            tags,
            origin: Origin::default(),
            times: Times::default(),
        }
    }

    /// The same with a name that is unique within its kind.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// The same, keeping other objects from being deleted.
    #[must_use]
    pub fn holding(self, holds: Vec<String>) -> Self {
        Self { holds, ..self }
    }

    /// The same, going with another object.
    #[must_use]
    pub fn within(self, parent: &str) -> Self {
        Self { within: Some(parent.to_owned()), ..self }
    }

    /// Its tags as pairs.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether it works already.
    pub fn is_ready(&self) -> bool {
        self.times.ready.is_none_or(|at| at <= Instant::now())
    }

    /// Whether it is being deleted.
    pub fn is_leaving(&self) -> bool {
        self.times.gone.is_some()
    }

    /// Whether it was made by a process, and not [planted](super::SimCloud::plant).
    pub fn is_ours(&self) -> bool {
        self.origin.maker.is_some()
    }

    /// Whether nobody can be blamed for not finding it. What carries a mark can always be found; what has
    /// only a key, unless its maker was frozen and another took its place meanwhile; what has neither, only
    /// if its maker heard of it and lived to write it down.
    pub fn may_be_unknown(&self) -> bool {
        let Some(maker) = &self.origin.maker else { return false };
        match (self.tags.is_empty(), &self.name) {
            (false, _) => false,
            (true, Some(_)) => maker.was_frozen(),
            (true, None) => maker.was_interrupted() || !self.origin.answered,
        }
    }

    pub(super) fn is_visible(&self) -> bool {
        self.times.visible.is_none_or(|at| at <= Instant::now())
    }

    pub(super) fn is_listed(&self) -> bool {
        self.is_visible() && self.times.listed.is_none_or(|at| at <= Instant::now())
    }
}

/// A call that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `create`, `update` or `delete`.
    pub verb: &'static str,
    /// The kind of object.
    pub kind: String,
    /// The object's id.
    pub id: String,
}

impl std::fmt::Display for Call {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {}", self.verb, self.id)
    }
}
