//! What an object is asked for with, of which nothing is known but where it is and its id.

use super::forms::{self, Field, Form, Holds, Type};
use crate::{Scope, taking::no_id};
use groundplan_core::{Json, Result, json, to_json};
use serde_json::Map;

/// How the ids of kinds that go with a parent are put together of their inputs.
const KEYS: &[(&str, &str)] = &[
    ("cloudwatch.dashboard", "{name}"),
    ("ec2.gateway_attachment", "{gateway}:{vpc}"),
    ("ec2.peering_acceptance", "{peering}"),
    ("ec2.route", "{table}/{destination}"),
    ("ec2.route_table_association", "{subnet}"),
    ("ecr.lifecycle_policy", "{repository}"),
    ("ecr.repository_policy", "{repository}"),
    ("eks.access_entry", "{cluster}:{principal}"),
    ("eks.addon", "{cluster}:{name}"),
    ("eks.node_group", "{cluster}:{}"),
    ("eks.pod_identity_association", "{cluster}:{}"),
    ("iam.role_policy", "{role}:{name}"),
    ("iam.role_policy_attachment", "{role}/{policy}"),
    ("iam.service_linked_role", "{service}"),
    ("kms.alias", "{name}"),
    ("kms.key_policy", "{key}"),
    ("logs.resource_policy", "{name}"),
    ("opensearch.domain_policy", "{domain}"),
];

/// The inputs that an object's id is put together of, where it has no id of its own.
pub(super) fn keys(kind: &str) -> Vec<&'static str> {
    let key = KEYS.iter().find(|(of, _)| *of == kind).map_or("", |(_, key)| key);
    let fields = key.split('{').filter_map(|part| part.split_once('}'));
    fields.map(|(field, _)| field).filter(|field| !field.is_empty()).collect()
}

/// Inputs of a kind that say where it is; whatever else it requires is there and means nothing.
pub(super) fn blank(kind: &str, scope: &Scope, id: &str) -> Result<Json> {
    let (service, _, form) = forms::of_kind(kind).expect("BUG: only known kinds are asked for");
    let mut inputs = required(service, &form.fields);
    inputs.insert("scope".into(), to_json(scope));
    if let Some((_, key)) = KEYS.iter().find(|(of, _)| *of == kind) {
        for (field, value) in parts(key, id).ok_or_else(|| no_id(id, key))? {
            inputs.insert(field.to_owned(), value.into());
        }
    }
    // The ARN of an issuer is its URL in another form.
    if let ("iam.oidc_provider", Some((_, issuer))) = (kind, id.split_once(":oidc-provider/")) {
        inputs.insert("url".into(), format!("https://{issuer}").into());
    }
    Ok(inputs.into())
}

/// The inputs that an id holds, by how ids are put together.
fn parts<'a>(key: &'a str, id: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let (mut key, mut id, mut found) = (key, id, Vec::new());
    while let Some(rest) = key.strip_prefix('{') {
        let (field, rest) = rest.split_once('}')?;
        let mut after = rest.chars();
        let (value, left) = match after.next() {
            Some(separator) => id.split_once(separator)?,
            None => (id, ""),
        };
        if value.is_empty() {
            return None;
        }
        if !field.is_empty() {
            found.push((field, value));
        }
        (key, id) = (after.as_str(), left);
    }
    Some(found)
}

fn required(service: &str, fields: &[Field]) -> Map<String, Json> {
    let needed = fields.iter().filter(|(_, of, optional)| !optional && !of.starts_with("Option<"));
    needed.map(|(name, of, _)| (name.clone(), any(service, of))).collect()
}

/// Some value of a type.
fn any(service: &str, of: &str) -> Json {
    match Type::of(of) {
        Type::Val(inner) => any(service, inner),
        Type::Option(_) => Json::Null,
        Type::List(_) | Type::Set(_) => json!([]),
        Type::Map(_) => json!({}),
        Type::Plain("bool") => false.into(),
        Type::Plain("u16" | "u32" | "i64" | "f64") => 1.into(),
        Type::Plain("Cidr") => "0.0.0.0/0".into(),
        Type::Plain(name) => match forms::of_type(service, name) {
            Some(form) => any_of(service, form),
            None => "".into(),
        },
    }
}

fn any_of(service: &str, form: &Form) -> Json {
    match form.variants.first() {
        None => required(service, &form.fields).into(),
        Some((wire, _, Holds::Nothing(()))) => wire.as_str().into(),
        Some((wire, _, Holds::One(of))) => json!({ wire: any(service, of) }),
        Some((wire, _, Holds::Fields(fields))) => json!({ wire: required(service, fields) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_apart_as_it_was_put_together() {
        let route = parts("{table}/{destination}", "rtb-1/10.0.0.0/8").unwrap();
        assert_eq!(route, [("table", "rtb-1"), ("destination", "10.0.0.0/8")]);
        let policy = parts("{role}/{policy}", "app/arn:aws:iam::aws:policy/ReadOnly").unwrap();
        assert_eq!(policy, [("role", "app"), ("policy", "arn:aws:iam::aws:policy/ReadOnly")]);
        assert_eq!(parts("{cluster}:{}", "hub:workers").unwrap(), [("cluster", "hub")]);
        assert!(parts("{table}/{destination}", "rtb-1").is_none());
        assert!(parts("{role}:{name}", ":list").is_none());
    }

    /// What a kind requires can be made up, whatever the kind.
    #[test]
    fn every_kind_can_be_asked_for() {
        let scope = Scope {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            role: None,
        };
        let all = crate::registry();
        for kind in all.kinds().filter(|kind| all.meta(kind).is_some()) {
            assert!(forms::of_kind(kind).is_some(), "{kind} is not in the table of forms");
            let key = KEYS.iter().find(|(of, _)| *of == kind).map_or("x", |(_, key)| key);
            let inputs = blank(kind, &scope, &key.replace("{}", "x")).unwrap();
            assert_eq!(inputs["scope"]["account"], "123456789012", "{kind}");
        }
    }
}
