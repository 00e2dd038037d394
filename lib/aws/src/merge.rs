//! Objects that are only ever written whole: what a write has to say where only some of it is approved.

use groundplan_core::{Fields, Json, Resource, to_json};

/// The wanted object with the live value of every one of these fields that nobody approved; none if that is
/// what is there already. `live` has the form of the inputs.
///
/// Where live values cannot be read as inputs at all, the object is written as it is wanted: no call could
/// keep them.
pub(crate) fn merged<R: Resource>(
    wanted: &R,
    live: &Json,
    fields: &[&str],
    approved: &Fields,
) -> Option<R> {
    let mut whole = to_json(wanted);
    for field in fields.iter().filter(|field| !approved.has(field)) {
        whole[*field] = live[*field].clone();
    }
    let differs = |field: &&&str| {
        let set = R::META.sets.contains(&**field);
        plain(&whole[**field], set) != plain(&live[**field], set)
    };
    fields.iter().find(differs)?;
    let given = whole.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let given: Json = given.map(|(field, value)| (field.clone(), value.clone())).collect();
    Some(R::deserialize(given).unwrap_or_else(|_| wanted.clone()))
}

/// A value as it compares: what is empty is as if it were not given, and a set has no order.
pub(crate) fn plain(value: &Json, set: bool) -> Json {
    match value {
        Json::Array(items) if items.is_empty() => Json::Null,
        Json::Object(map) if map.is_empty() => Json::Null,
        Json::Array(items) if set => {
            let mut items = items.clone();
            items.sort_by_key(Json::to_string);
            Json::Array(items)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Scope, ec2::LaunchTemplate};
    use groundplan_core::{Val, json};

    #[test]
    fn what_nobody_approved_is_written_as_it_is() {
        let scope: Val<Scope> = Scope {
            account: "1".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            role: None,
            via: None,
        }
        .into();
        let wanted = LaunchTemplate { description: "new".into(), ..LaunchTemplate::new(scope) };
        let fields = ["description", "key_pair", "security_groups"];
        let live = json!({ "description": "old", "key_pair": "theirs", "security_groups": [] });
        let only = |path: &str| Fields::Only([path.to_owned()].into());
        let written = merged(&wanted, &live, &fields, &only("description")).unwrap();
        assert_eq!(
            (written.description.as_str(), written.key_pair.as_deref()),
            ("new", Some("theirs"))
        );
        assert!(
            merged(&wanted, &live, &fields, &only("tags")).is_none(),
            "nothing of it is approved"
        );
        let same = json!({ "description": "new", "key_pair": null });
        assert!(merged(&wanted, &same, &fields, &Fields::All).is_none(), "it is so already");
    }
}
