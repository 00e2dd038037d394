//! The JSON Schema of the settings: the one that is published, and the one that is checked against.

use super::waivers;
use groundplan::Rules;
use schemars::JsonSchema;
use serde_json::{Map, Value as Json, json};

/// Keywords whose content is data and no schema.
const DATA: [&str; 4] = ["const", "default", "enum", "examples"];

/// The JSON Schema of settings, for people's editors. A key that it does not name is a mistake.
pub(crate) fn schema<T: JsonSchema>(rules: &Rules) -> Json {
    let mut schema = schemars::schema_for!(T).to_value();
    waivers::add_to(&mut schema, rules);
    each(&mut schema, &mut close);
    schema
}

/// The same without what only a format with `null` needs, so that what is found wrong is said plainly.
pub(super) fn plain(mut schema: Json) -> Json {
    each(&mut schema, &mut |schema| {
        drop_null(schema);
        list_constants(schema);
    });
    schema
}

/// Calls a function with every schema within a schema, the innermost first.
fn each(schema: &mut Json, change: &mut dyn FnMut(&mut Map<String, Json>)) {
    match schema {
        Json::Object(map) => {
            let within = map.iter_mut().filter(|(key, _)| !DATA.contains(&key.as_str()));
            within.for_each(|(_, schema)| each(schema, change));
            change(map);
        }
        Json::Array(items) => items.iter_mut().for_each(|schema| each(schema, change)),
        _ => {}
    }
}

/// Refuses keys that are not named, unless other parts of the schema may name them.
fn close(schema: &mut Map<String, Json>) {
    let others = [
        "$ref",
        "additionalProperties",
        "allOf",
        "anyOf",
        "oneOf",
        "patternProperties",
        "unevaluatedProperties",
    ];
    let is_table = schema.get("properties").is_some_and(Json::is_object)
        && schema.get("type").is_some_and(|kind| kind == "object");
    if is_table && !others.iter().any(|keyword| schema.contains_key(*keyword)) {
        schema.insert("additionalProperties".into(), false.into());
    }
}

/// TOML has no `null`: what may be absent is absent.
fn drop_null(schema: &mut Map<String, Json>) {
    if let Some(Json::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = &types[..] {
            let one = one.clone();
            schema.insert("type".into(), one);
        }
    }
    let null = json!({ "type": "null" });
    let Some(Json::Array(forms)) = schema.get_mut("anyOf") else { return };
    forms.retain(|form| *form != null);
    if let [Json::Object(only)] = &forms[..] {
        let only = only.clone();
        schema.remove("anyOf");
        schema.extend(only);
    }
}

/// An enumeration whose values are described one by one is still a list of values.
fn list_constants(schema: &mut Map<String, Json>) {
    let Some(forms) = schema.get("oneOf").and_then(Json::as_array) else { return };
    let values = |form: &Json| match (form.get("const"), form.get("enum")) {
        (Some(value), None) => Some(vec![value.clone()]),
        (None, Some(Json::Array(values))) => Some(values.clone()),
        _ => None,
    };
    let Some(values) = forms.iter().map(values).collect::<Option<Vec<_>>>() else { return };
    schema.remove("oneOf");
    schema.insert("enum".into(), values.concat().into());
}
