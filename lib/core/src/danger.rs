//! What a reviewer of a plan must not miss: what goes, what is lost, what stops, what opens.

use groundplan_state::Address;
use serde::Serialize;
use serde_json::Value as Json;

/// What may go wrong though all goes as planned; the most final first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DangerKind {
    /// Data is gone and nothing here brings it back.
    DataLoss,
    /// An object is removed.
    Delete,
    /// Another object takes an object's place.
    Replace,
    /// What an object serves is interrupted while it changes.
    Downtime,
    /// Somebody may do more than before.
    Widening,
    /// More of the world can reach it than before.
    Exposure,
}

/// One thing that a reviewer must not miss.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
pub struct Danger {
    /// Of which sort.
    pub kind: DangerKind,
    /// Of which resource.
    #[schemars(with = "String")]
    pub address: Address,
    /// The object inside the resource, where it is one: `Deployment datahub/datahub-gms`.
    pub object: Option<String>,
    /// What happens, as the rest of a sentence: `takes the database and its backups with it`.
    pub what: String,
}

/// What a kind says of one of its objects' changes. See [`Resource::risks`](crate::Resource::risks).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Risk {
    /// Of which sort.
    pub kind: DangerKind,
    /// What happens, as the rest of a sentence.
    pub what: String,
}

impl Risk {
    /// A risk of a sort.
    pub fn new(kind: DangerKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into() }
    }
}

/// An object before and after a change, in the form of its inputs. Values that are not known yet are
/// references.
#[derive(Clone, Copy, Debug)]
pub struct Transition<'a> {
    /// What is there; none if it is made.
    pub before: Option<&'a Json>,
    /// What is to be there; none if it goes.
    pub after: Option<&'a Json>,
    /// Whether another object takes its place.
    pub replaced: bool,
}

impl<'a> Transition<'a> {
    /// The inputs of the object that goes: removed, or replaced by another.
    pub fn goes(&self) -> Option<&'a Json> {
        self.before.filter(|_| self.replaced || self.after.is_none())
    }

    /// Before and after of a field in place of an object that stays, if it differs.
    pub fn changes(&self, field: &str) -> Option<(&'a Json, &'a Json)> {
        let (before, after) = (self.before?.get(field), self.after?.get(field));
        let (before, after) = (before.unwrap_or(&Json::Null), after.unwrap_or(&Json::Null));
        (!self.replaced && before != after).then_some((before, after))
    }
}
