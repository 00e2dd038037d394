//! What an object is asked for with, of which nothing is known but where it is and its id.

use super::forms::{self, Field, Form, Holds, Type};
use crate::{Scope, eks::AccessPolicyName, taking::no_id};
use groundplan_core::{Json, Result, json, to_json};
use serde_json::Map;

/// How the ids of kinds that go with a parent are put together of their inputs.
const KEYS: &[(&str, &str)] = &[
    ("acm.validation", "{certificate}"),
    ("cloudwatch.dashboard", "{name}"),
    ("ec2.gateway_attachment", "{gateway}:{vpc}"),
    ("ec2.peering_acceptance", "{peering}"),
    ("ec2.peering_dns", "{peering}:{side}"),
    ("ec2.route", "{table}/{destination}"),
    ("ec2.route_table_association", "{subnet}"),
    ("ecr.lifecycle_policy", "{repository}"),
    ("ecr.repository_policy", "{repository}"),
    ("eks.access_entry", "{cluster}:{principal}"),
    ("eks.access_policy", "{cluster}#{principal}#{policy}"),
    ("eks.addon", "{cluster}:{name}"),
    ("eks.node_group", "{cluster}:{}"),
    ("eks.pod_identity_association", "{cluster}:{}"),
    ("iam.role_policy", "{role}:{name}"),
    ("iam.role_policy_attachment", "{role}/{policy}"),
    ("iam.service_linked_role", "{service}"),
    ("kafka.scram_secret", "{cluster}#{secret}"),
    ("kms.alias", "{name}"),
    ("kms.key_policy", "{key}"),
    ("logs.resource_policy", "{name}"),
    ("opensearch.domain_policy", "{domain}"),
    ("organizations.unit", "{parent}/{name}"),
    ("ram.acceptance", "{share}"),
    ("ram.principal_association", "{share},{principal}"),
    ("ram.resource_association", "{share},{resource}"),
    ("route53.record", "{zone}_{name}_{record_type}"),
    ("s3.bucket_policy", "{bucket}"),
    ("sso.account_assignment", "{permission_set}#{account}#{principal}"),
    ("sso.customer_policy_attachment", "{permission_set}#{name}"),
    ("sso.inline_policy", "{permission_set}"),
    ("sso.managed_policy_attachment", "{permission_set}#{policy}"),
    ("sso.permissions_boundary", "{permission_set}"),
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
    for (field, value) in otherwise(kind, id) {
        inputs.insert(field.to_owned(), value);
    }
    Ok(inputs.into())
}

/// What the ids of some kinds say in another form than their inputs do.
fn otherwise(kind: &str, id: &str) -> Vec<(&'static str, Json)> {
    let last = id.rsplit('#').next().unwrap_or_default();
    let inputs = match kind {
        "eks.access_policy" => policy_of(last).map(|policy| vec![("policy", to_json(&policy))]),
        // The ARN of an issuer is its URL.
        "iam.oidc_provider" => id
            .split_once(":oidc-provider/")
            .map(|(_, issuer)| vec![("url", format!("https://{issuer}").into())]),
        "route53.record" => record(id),
        "sso.account_assignment" => {
            last.split_once('/').map(|(kind, id)| vec![("principal", json!({ kind: id }))])
        }
        "sso.customer_policy_attachment" => last
            .rsplit_once('/')
            .map(|(path, name)| vec![("name", name.into()), ("path", format!("{path}/").into())]),
        // `arn:aws:sso:::permissionSet/INSTANCE/SET`
        "sso.permission_set" => id.split_once(":permissionSet/").map(|(arn, set)| {
            let instance = set.split('/').next().unwrap_or_default();
            vec![("instance", format!("{arn}:instance/{instance}").into())]
        }),
        _ => None,
    };
    inputs.unwrap_or_default()
}

/// The access policy of an ARN.
fn policy_of(arn: &str) -> Option<AccessPolicyName> {
    use AccessPolicyName::{Admin, AdminView, ClusterAdmin, Edit, View};
    let partition = arn.split(':').nth(1)?;
    let all = [ClusterAdmin, Admin, AdminView, Edit, View];
    all.into_iter().find(|policy| policy.arn(partition) == arn)
}

/// `ZONE_NAME_TYPE`, and `_SET` where several records share the answers. A name may hold the separator, but
/// no capital letter.
fn record(id: &str) -> Option<Vec<(&'static str, Json)>> {
    let (zone, rest) = id.split_once('_')?;
    let capital = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_uppercase());
    let parts: Vec<_> = rest.split('_').collect();
    let at = parts.iter().skip(1).position(capital)? + 1;
    let set = Some(parts[at + 1..].join("_")).filter(|set| !set.is_empty());
    Some(vec![
        ("zone", zone.into()),
        ("name", parts[..at].join("_").into()),
        ("record_type", parts[at].into()),
        ("set_id", set.into()),
    ])
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
        Type::Plain("u8" | "u16" | "u32" | "i64" | "f64") => 1.into(),
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

    #[test]
    fn a_record_is_told_by_its_type() {
        let inputs = |id| -> Json {
            record(id).unwrap().into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
        };
        let plain = json!({ "zone": "Z1", "name": "_dmarc.example.com", "record_type": "TXT", "set_id": null });
        assert_eq!(inputs("Z1__dmarc.example.com_TXT"), plain);
        let one =
            json!({ "zone": "Z1", "name": "a.example.com", "record_type": "A", "set_id": "in_eu" });
        assert_eq!(inputs("Z1_a.example.com_A_in_eu"), one);
        assert_eq!(record("Z1_a.example.com"), None);
    }

    /// What a kind requires can be made up, whatever the kind.
    #[test]
    fn every_kind_can_be_asked_for() {
        let scope = Scope::own();
        let all = crate::registry();
        for kind in all.kinds().filter(|kind| all.meta(kind).is_some()) {
            assert!(forms::of_kind(kind).is_some(), "{kind} is not in the table of forms");
            let key = KEYS.iter().find(|(of, _)| *of == kind).map_or("x", |(_, key)| key);
            let inputs = blank(kind, &scope, &key.replace("{}", "x")).unwrap();
            assert_eq!(inputs["scope"]["account"], "123456789012", "{kind}");
        }
    }
}
