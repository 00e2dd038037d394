//! What a live object says of the fields that a manifest sets: what a plan compares.
//!
//! The API server fills in defaults and other tools add fields of their own. Neither is ours, so only
//! the places that the manifest has are read from the live object. Whether the items of a list go by
//! a key, as containers by name, or the list counts as a whole, as the subjects of a `RoleBinding`, is
//! written in the object's `managedFields`.

use crate::tree::is_empty;
use groundplan_core::Json;
use serde_json::Map;

/// The part of a live object that answers to a manifest, in the manifest's shape.
pub(super) fn project(manifest: &Json, live: &Json) -> Json {
    let entries = live["metadata"]["managedFields"].as_array().into_iter().flatten();
    let lists: Vec<_> = entries.map(|entry| &entry["fieldsV1"]).collect();
    below(manifest, Some(live), &lists, "").unwrap_or_default()
}

/// `keys` holds what `managedFields` say of this place, once for each manager.
fn below(manifest: &Json, live: Option<&Json>, keys: &[&Json], name: &str) -> Option<Json> {
    let Some(live) = live else { return is_empty(manifest).then(|| manifest.clone()) };
    match (manifest, live) {
        (Json::Object(wanted), Json::Object(there)) => {
            let fields = wanted.iter().filter_map(|(key, value)| {
                let field = format!("f:{key}");
                let inner: Vec<_> = keys.iter().filter_map(|tree| tree.get(&field)).collect();
                // Resources hold quantities at every depth below them.
                let name = if QUANTITIES.contains(&name) { name } else { key };
                Some((key.clone(), below(value, there.get(key), &inner, name)?))
            });
            Some(Json::Object(fields.collect::<Map<_, _>>()))
        }
        (Json::Array(wanted), Json::Array(there)) => Some(list(wanted, there, keys)),
        _ if QUANTITIES.contains(&name) && same_quantity(manifest, live) => Some(manifest.clone()),
        _ => Some(live.clone()),
    }
}

fn list(wanted: &[Json], there: &[Json], keys: &[&Json]) -> Json {
    let names = || keys.iter().filter_map(|tree| tree.as_object()).flat_map(Map::keys);
    if let Some(fields) = names().find_map(|name| name.strip_prefix("k:")) {
        let fields: Map<String, Json> = serde_json::from_str(fields).unwrap_or_default();
        let items = wanted.iter().filter_map(|item| {
            let live = there.iter().find(|live| same_key(&fields, item, live))?;
            let inner: Vec<_> = keys.iter().filter_map(|tree| entry(tree, live)).collect();
            below(item, Some(live), &inner, "")
        });
        return Json::Array(items.collect());
    }
    if names().any(|name| name.starts_with("v:")) {
        return wanted.iter().filter(|item| there.contains(item)).cloned().collect();
    }
    if wanted.len() != there.len() {
        return there.to_vec().into();
    }
    let items = wanted.iter().zip(there).map(|(item, live)| below(item, Some(live), &[], ""));
    items.map(Option::unwrap_or_default).collect()
}

/// Whether two items of a list have the same key. What an item leaves out, the server has filled in.
fn same_key(fields: &Map<String, Json>, item: &Json, live: &Json) -> bool {
    let mut some = false;
    fields.keys().all(|field| match item.get(field) {
        Some(value) => {
            some = true;
            live.get(field) == Some(value)
        }
        None => true,
    }) && some
}

/// What `managedFields` say below the item that a live item is.
fn entry<'a>(tree: &'a Json, live: &Json) -> Option<&'a Json> {
    let is_it = |key: &str| {
        let key = key.strip_prefix("k:").and_then(|k| serde_json::from_str::<Json>(k).ok());
        let key = key.and_then(|key| key.as_object().cloned()).unwrap_or_default();
        !key.is_empty() && key.iter().all(|(field, value)| live.get(field) == Some(value))
    };
    tree.as_object()?.iter().find(|(key, _)| is_it(key)).map(|(_, below)| below)
}

/// Fields whose values, at any depth, are quantities. The server writes them in its own way.
const QUANTITIES: [&str; 8] =
    ["limits", "requests", "hard", "capacity", "sizeLimit", "default", "defaultRequest", "divisor"];

fn same_quantity(one: &Json, other: &Json) -> bool {
    match (quantity(one), quantity(other)) {
        (Some(one), Some(other)) => (one - other).abs() <= one.abs() * f64::EPSILON,
        _ => false,
    }
}

/// `500m`, `0.5`, `1Gi`, `1e3` as a number.
fn quantity(value: &Json) -> Option<f64> {
    const SUFFIXES: [(&str, f64); 15] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("Ei", 1_152_921_504_606_846_976.0),
        ("n", 1e-9),
        ("u", 1e-6),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("E", 1e18),
    ];
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let suffix =
        SUFFIXES.iter().find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, factor)));
    let (number, factor) = suffix.unwrap_or((&text, &1.0));
    number.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::json;

    fn live() -> Json {
        json!({
            "metadata": {
                "name": "web", "labels": { "a": "1", "injected": "x" },
                "managedFields": [{ "manager": "groundplan", "fieldsV1": { "f:spec": {
                    "f:replicas": {},
                    "f:containers": { "k:{\"name\":\"web\"}": { ".": {}, "f:ports": {
                        "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": { "f:containerPort": {} } } } },
                    "f:finalizers": { "v:\"a\"": {} },
                    "f:subjects": {},
                } } }],
            },
            "spec": {
                "replicas": 3, "strategy": "filled in",
                "containers": [
                    { "name": "sidecar" },
                    { "name": "web", "pullPolicy": "filled in", "ports": [{ "containerPort": 80, "protocol": "TCP" }],
                      "resources": { "limits": { "cpu": "500m", "memory": "1Gi" } } },
                ],
                "finalizers": ["b", "a"],
                "subjects": [{ "kind": "User", "name": "added" }, { "kind": "User", "name": "ours" }],
            },
        })
    }

    #[test]
    fn defaults_and_additions_are_no_drift() {
        let manifest = json!({
            "metadata": { "name": "web", "labels": { "a": "1" } },
            "spec": {
                "replicas": 3,
                "containers": [{ "name": "web", "ports": [{ "containerPort": 80 }],
                    "resources": { "limits": { "cpu": 0.5, "memory": "1024Mi" } } }],
                "finalizers": ["a"], "affinity": {},
            },
        });
        assert_eq!(project(&manifest, &live()), manifest);
    }

    #[test]
    fn changes_show_where_they_are() {
        let manifest = json!({
            "metadata": { "labels": { "a": "2", "gone": "1" } },
            "spec": { "replicas": 2, "containers": [{ "name": "web" }, { "name": "other" }],
                "subjects": [{ "kind": "User", "name": "ours" }] },
        });
        assert_eq!(
            project(&manifest, &live()),
            json!({
                "metadata": { "labels": { "a": "1" } },
                "spec": { "replicas": 3, "containers": [{ "name": "web" }],
                    "subjects": [{ "kind": "User", "name": "added" }, { "kind": "User", "name": "ours" }] },
            })
        );
    }

    #[test]
    fn quantities_are_numbers() {
        for (one, other) in [("0.5", "500m"), ("1Gi", "1024Mi"), ("1k", "1000"), ("1e3", "1k")] {
            assert!(same_quantity(&json!(one), &json!(other)), "{one} {other}");
        }
        assert!(!same_quantity(&json!("500m"), &json!("501m")));
        assert!(!same_quantity(&json!("a"), &json!("b")));
    }
}
