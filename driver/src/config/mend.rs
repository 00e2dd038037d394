//! A document as it might have been meant: so that of several mistakes each is found at once, also by a
//! program that looks at settings only as a whole.

use super::path::{Path, Segment};
use serde_json::{Map, Value as Json};

/// How deep a value is made up. Schemas can refer to themselves.
const DEEP: usize = 8;

/// A value that a schema allows, as far as one can be made up.
pub(super) fn plausible(root: &Json, schema: &Json) -> Json {
    make(root, schema, DEEP)
}

fn make(root: &Json, schema: &Json, deep: usize) -> Json {
    let known = ["default", "const"].iter().find_map(|keyword| schema.get(*keyword));
    let first = |keyword: &str| schema[keyword].as_array().and_then(|all| all.first());
    if let Some(value) = known.or_else(|| first("enum")) {
        return value.clone();
    }
    if deep == 0 {
        return Json::Null;
    }
    if let Some(reference) = schema["$ref"].as_str().and_then(|to| to.strip_prefix('#')) {
        return root.pointer(reference).map_or(Json::Null, |to| make(root, to, deep - 1));
    }
    if let Some(form) = first("oneOf").or_else(|| first("anyOf")) {
        return make(root, form, deep - 1);
    }
    match schema["type"].as_str().or_else(|| first("type").and_then(Json::as_str)) {
        Some("string") => "".into(),
        Some("boolean") => false.into(),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| 0.into()),
        Some("array") => Json::Array(Vec::new()),
        Some("object") => {
            let required = schema["required"].as_array().into_iter().flatten();
            let field = |name: &str| make(root, &schema["properties"][name], deep - 1);
            let fields =
                required.filter_map(Json::as_str).map(|name| (name.to_owned(), field(name)));
            Json::Object(fields.collect::<Map<_, _>>())
        }
        _ => Json::Null,
    }
}

/// Puts a value at a path, in place of one that is there.
pub(super) fn put(document: &mut Json, path: &Path, value: Json) {
    if let Some(place) = at(document, &path.0) {
        *place = value;
    }
}

/// Puts a value at a path where there is none.
pub(super) fn put_new(document: &mut Json, path: &Path, value: Json) {
    if let Some((Segment::Key(key), above)) = path.0.split_last()
        && let Some(Json::Object(table)) = at(document, above)
    {
        table.entry(key.clone()).or_insert(value);
    }
}

/// Takes a value away.
pub(super) fn take(document: &mut Json, path: &Path) -> Option<Json> {
    let (Segment::Key(key), above) = path.0.split_last()? else { return None };
    at(document, above)?.as_object_mut()?.remove(key)
}

fn at<'a>(document: &'a mut Json, path: &[Segment]) -> Option<&'a mut Json> {
    path.iter().try_fold(document, |at, segment| match segment {
        Segment::Key(key) => at.get_mut(key),
        Segment::Index(index) => at.get_mut(index),
    })
}
