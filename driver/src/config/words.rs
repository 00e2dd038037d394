//! The words for values and for what was meant.

use serde_json::Value as Json;

/// How alike two words must be for one to be taken for the other.
const ALIKE: f64 = 0.8;

/// The one of the names that was probably meant.
pub(crate) fn meant<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace('-', "_");
    let wrong = plain(wrong);
    let alike = |name: &str| strsim::jaro_winkler(&wrong, &plain(name));
    names
        .into_iter()
        .map(|name| (alike(name), name))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

/// What a value is. A text is not quoted: it may be a secret in the wrong place.
pub(crate) fn is(value: &Json) -> String {
    match value {
        Json::Null => "nothing".into(),
        Json::Bool(value) => format!("{value}"),
        Json::Number(number) => number.to_string(),
        Json::String(_) => "a text".into(),
        Json::Array(_) => "a list".into(),
        Json::Object(_) => "a table".into(),
    }
}

/// What is taken where JSON Schema asks for these types.
pub(crate) fn takes(types: &Json) -> String {
    let one = |name: &Json| match name.as_str() {
        Some("string") => "a text in quotes",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("boolean") => "true or false",
        Some("array") => "a list in [ ]",
        Some("object") => "a table",
        _ => "nothing",
    };
    match types.as_array() {
        Some(types) => types.iter().map(one).collect::<Vec<_>>().join(" or "),
        None => one(types).to_owned(),
    }
}

/// A list of what may be written.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A sentence as it goes on after a colon. An abbreviation keeps its capitals.
pub(crate) fn lower(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}
