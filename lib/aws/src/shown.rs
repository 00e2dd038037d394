//! Inputs as they are shown to people.

use groundplan_core::{Json, describe};

/// A value as text: what is not known yet as what it refers to, what is no text as JSON.
pub(crate) fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| describe(value), str::to_owned)
}
