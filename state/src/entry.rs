//! What is recorded of one resource.

use crate::{Address, Lineage};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// How far the last operation on a resource came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A create was begun. Without outputs the object may or may not exist.
    Creating,
    /// The object exists and was brought to `inputs`.
    Ready,
    /// A change to `pending` was begun; some of it may have happened.
    Updating,
    /// A delete was begun. The object may or may not exist.
    Deleting,
}

/// What is recorded of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The version of the kind's schema that wrote `inputs` and `outputs`.
    pub version: u32,
    /// How far the last operation came.
    pub status: Status,
    /// Resolved inputs of the object as last made ready, or as being created.
    pub inputs: Json,
    /// Resolved inputs that a begun update is bringing about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Json>,
    /// What the cloud assigned. Absent while an identity is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Json>,
    /// The resources whose outputs the inputs came from. Deletes follow these backwards.
    #[serde(default)]
    pub needs: BTreeSet<Address>,
    /// How the resource is treated; decided by the program, kept because deletes obey it.
    #[serde(default)]
    pub options: Options,
    /// Counts replacements; part of derived physical names, so that two can coexist.
    pub generation: u32,
    /// Idempotency token of the create. Written before the call, reused when it is repeated.
    pub token: String,
    /// The name given to the object, where its kind has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub physical_name: Option<String>,
    /// The address that the object's mark bears, where the resource was renamed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marked_as: Option<Address>,
    /// The stack whose mark the object bears still, where it came from another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marked_by: Option<Marker>,
}

/// A stack, as the mark of its objects names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// Its name.
    pub stack: String,
    /// The lineage of its state.
    pub lineage: Lineage,
}

/// How a resource is treated, apart from what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, set by its name")]
pub struct Options {
    /// Refuse to delete or replace it unless the run lifts this by address.
    pub protect: bool,
    /// Where the object would be deleted, alone or for another in its place, leave it in the cloud and forget
    /// it.
    pub retain: bool,
    /// On replace, make the new object before the old one is deleted.
    pub create_before_delete: bool,
    /// Input paths whose differences are left alone.
    pub ignore: BTreeSet<String>,
    /// Resources that must be ready before this one, beyond those its inputs refer to.
    pub after: BTreeSet<Address>,
    /// Bounds on waiting, where the kind's own do not fit.
    pub timeouts: Timeouts,
    /// The id of an object that exists already and is taken up instead of one being made: in the form that
    /// its kind documents, such as `vpc-…` or a role's name. Says nothing any more once it is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<String>,
    /// Whether an object that has the resource's name or natural key already is taken up, where its kind has
    /// one; where there is none, one is made. Says nothing any more once it is recorded.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub adopt: bool,
}

/// Bounds on waiting, in seconds. None takes the kind's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timeouts {
    /// For a create, until ready.
    pub create_seconds: Option<u64>,
    /// For a change, until ready again.
    pub update_seconds: Option<u64>,
    /// For a delete, until gone.
    pub delete_seconds: Option<u64>,
}
