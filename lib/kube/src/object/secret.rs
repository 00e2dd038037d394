//! The values of a Secret: which versions are applied, which are to be, and the values themselves
//! only on their way into a request.

use super::KubeObject;
use crate::marks::{MANAGER, SECRET_VERSIONS};
use base64::{Engine, prelude::BASE64_STANDARD};
use groundplan_core::{Class, Cx, Fault, Fields, Json, Result, Secret, SecretSource, to_json};
use serde_json::Map;
use std::collections::BTreeMap;

/// The versions that were applied, from the object itself.
pub(super) fn applied(live: &Json) -> BTreeMap<String, String> {
    let text = live["metadata"]["annotations"][SECRET_VERSIONS].as_str().unwrap_or_default();
    serde_json::from_str(text).unwrap_or_default()
}

/// What a plan compares for `secret_data`: each source, or, where the cluster does not have what the
/// source holds now, a text that says why. None if the object has no such data.
pub(super) async fn live_fields(cx: &Cx, object: &KubeObject, live: &Json) -> Result<Option<Json>> {
    if object.secret_data.is_empty() {
        return Ok(None);
    }
    let mut fields = Map::new();
    for (key, source) in &object.secret_data {
        let differs = match at_source(cx, source).await? {
            Some(now) => difference(live, key, &now),
            None => None,
        };
        fields.insert(key.clone(), differs.map_or_else(|| to_json(source), Json::from));
    }
    Ok(Some(Json::Object(fields)))
}

/// The version at the source; none if the source itself is gone, which only matters when the value is
/// needed.
async fn at_source(cx: &Cx, source: &SecretSource) -> Result<Option<String>> {
    match cx.secret_version(source).await {
        Ok(version) => Ok(Some(version)),
        Err(fault) if matches!(fault.class, Class::NotFound | Class::Invalid) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Why the cluster does not hold what the source holds now.
fn difference(live: &Json, key: &str, now: &str) -> Option<String> {
    match applied(live).get(key) {
        None => Some("not applied yet".to_owned()),
        Some(then) if then != now => Some(format!("version {then}; its source has {now}")),
        Some(_) => match holder(live, key) {
            Some(MANAGER) => None,
            Some(other) => Some(format!("changed by {other}")),
            None => Some("removed by somebody else".to_owned()),
        },
    }
}

/// Who set the value of a key last.
fn holder<'a>(live: &'a Json, key: &str) -> Option<&'a str> {
    let field = format!("f:{key}");
    let holds = |entry: &&Json| !entry["fieldsV1"]["f:data"][&field].is_null();
    let managers: Vec<_> = live["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(holds)
        .filter_map(|entry| entry["manager"].as_str())
        .collect();
    managers.iter().find(|manager| **manager == MANAGER).or(managers.first()).copied()
}

/// The data to apply, with the versions of what is new in it.
pub(super) struct Data {
    /// `data` of the object to apply, in Base64.
    pub(super) encoded: Map<String, Json>,
    /// The version of each value.
    pub(super) versions: BTreeMap<String, String>,
    values: Vec<Secret>,
}

impl Data {
    /// Fetches the values that are approved, and keeps the live ones of all others.
    pub(super) async fn fetch(
        cx: &Cx,
        object: &KubeObject,
        live: &Json,
        approved: &Fields,
    ) -> Result<Self> {
        let mut data = Self { encoded: Map::new(), versions: applied(live), values: Vec::new() };
        let keeps = |key: &String| {
            object.secret_data.contains_key(key) || !approved.has(&format!("secret_data.{key}"))
        };
        data.versions.retain(|key, _| keeps(key));
        for key in data.versions.keys() {
            if let Some(value) = live["data"].get(key) {
                data.encoded.insert(key.clone(), value.clone());
            }
        }
        for (key, source) in &object.secret_data {
            if approved.has(&format!("secret_data.{key}")) {
                let found = cx.secret(source).await?;
                let encoded = BASE64_STANDARD.encode(found.secret.expose());
                data.encoded.insert(key.clone(), encoded.into());
                data.versions.insert(key.clone(), found.version);
                data.values.push(found.secret);
            }
        }
        Ok(data)
    }

    /// A fault without any of the values, in case a server repeats what it was sent.
    pub(super) fn redact(&self, fault: Fault) -> Fault {
        let mut why = fault.why.clone().unwrap_or_default();
        let encoded = self.encoded.values().filter_map(Json::as_str);
        for value in self.values.iter().map(Secret::expose).chain(encoded) {
            if !value.is_empty() {
                why = why.replace(value, "(secret)");
            }
        }
        if fault.why.as_ref().is_none_or(|said| *said == why) {
            return fault;
        }
        let mut clean = Fault::new(fault.class, fault.what.clone()).why(why);
        if let Some(code) = &fault.code {
            clean = clean.code(code);
        }
        if let Some(hint) = &fault.hint {
            clean = clean.hint(hint);
        }
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::json;

    fn live(versions: &str, manager: &str) -> Json {
        json!({ "metadata": {
            "annotations": { SECRET_VERSIONS: versions },
            "managedFields": [{ "manager": manager, "fieldsV1": { "f:data": { "f:password": {} } } }],
        } })
    }

    #[test]
    fn a_new_version_at_the_source_is_seen_without_the_value() {
        let live = live(r#"{"password":"v1"}"#, MANAGER);
        assert_eq!(difference(&live, "password", "v1"), None);
        assert_eq!(difference(&live, "password", "v2").unwrap(), "version v1; its source has v2");
        assert_eq!(difference(&live, "other", "v1").unwrap(), "not applied yet");
    }

    #[test]
    fn a_value_that_somebody_else_set_is_seen() {
        let by_hand = live(r#"{"password":"v1"}"#, "kubectl-edit");
        assert_eq!(difference(&by_hand, "password", "v1").unwrap(), "changed by kubectl-edit");
        let removed =
            json!({ "metadata": { "annotations": { SECRET_VERSIONS: r#"{"password":"v1"}"# } } });
        assert!(difference(&removed, "password", "v1").unwrap().starts_with("removed"));
    }

    #[test]
    fn a_fault_repeats_no_value() {
        let data = Data {
            encoded: Map::from_iter([("a".to_owned(), json!("aHVudGVyMg=="))]),
            versions: BTreeMap::new(),
            values: vec![Secret::new("hunter2".into())],
        };
        let fault = Fault::new(Class::Invalid, "x").why("bad: hunter2, aHVudGVyMg==").hint("h");
        let clean = data.redact(fault);
        assert_eq!(clean.why.as_deref(), Some("bad: (secret), (secret)"));
        assert_eq!(clean.hint.as_deref(), Some("h"));
    }
}
