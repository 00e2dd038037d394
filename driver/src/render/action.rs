//! What a face that colours by action calls each of them.

use super::change::sign;
use groundplan::Action;

/// The actions in the order in which a reader should see them, each with what it is called.
pub(crate) const ALL: [(&str, &str); 10] = [
    ("delete", "deleted"),
    ("replace", "replaced"),
    ("create", "created"),
    ("import", "imported"),
    ("update", "updated"),
    ("finish", "finished"),
    ("forget", "forgotten"),
    ("record", "on record only"),
    ("derive", "derived"),
    ("keep", "unchanged"),
];

/// What a face that shows all resources says of one: that it is unchanged, or what happens to it.
pub(crate) fn name(action: &Action) -> &'static str {
    match action {
        Action::Keep => "unchanged",
        other => sign(other).1,
    }
}

/// The class of an action: one of [`ALL`].
pub(crate) fn class(action: &Action) -> &'static str {
    match action {
        Action::Keep => "keep",
        Action::Create { .. } => "create",
        Action::Import { .. } => "import",
        Action::Update => "update",
        Action::Finish => "finish",
        Action::Replace { .. } => "replace",
        Action::Delete { .. } => "delete",
        Action::Forget => "forget",
        Action::Derive => "derive",
        Action::Record => "record",
    }
}
