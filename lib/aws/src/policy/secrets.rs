//! What it takes to read the secrets that a run puts somewhere.

use super::{
    document::Right,
    needed::{Mark, Need},
    object::{Filled, Objects},
};
use groundplan_core::{Act, Json, Touch};
use std::collections::BTreeSet;

/// The rights, each with the account of its secret.
///
/// Of a secret that no object of the plan has as an output nobody says by which key it is encrypted: what
/// that takes is not among them.
pub(super) fn rights(
    touches: &[Touch],
    objects: &Objects<'_>,
    mark: &Mark,
) -> BTreeSet<(String, Right)> {
    let mut found = BTreeSet::new();
    for touch in touches {
        let mut sources = Vec::new();
        collect(&touch.inputs, &mut sources);
        let (reads, looks) = match touch.act {
            Act::Create => (true, false),
            Act::Change => (true, true),
            Act::Read => (false, true),
            Act::Search | Act::Delete | Act::Derive => (false, false),
        };
        for source in sources {
            let (Filled::With(arn) | Filled::Later(arn)) = objects.value(source) else { continue };
            let account = arn.split(':').nth(4).unwrap_or_default().to_owned();
            let on = |action| Right::new(action, arn.clone());
            let mut rights = Vec::new();
            if reads {
                rights.push(on("secretsmanager:GetSecretValue"));
                rights.extend(decrypts(source, objects, mark));
            }
            rights.extend(looks.then(|| on("secretsmanager:DescribeSecret")));
            found.extend(rights.into_iter().map(|right| (account.clone(), right)));
        }
    }
    found
}

/// To have a secret decrypted by the key of the object that it belongs to.
fn decrypts(source: &Json, objects: &Objects<'_>, mark: &Mark) -> Vec<Right> {
    let Some(touch) = objects.holder(source) else { return Vec::new() };
    let Some(iam) = objects.registry.iam(&touch.kind) else { return Vec::new() };
    Need { objects, touch, iam: &iam, mark }.decrypts()
}

/// The ARNs of all sources in Secrets Manager, known or not.
fn collect<'a>(tree: &'a Json, found: &mut Vec<&'a Json>) {
    match tree {
        Json::Object(map) if map.get("from").is_some_and(|from| from == "secrets_manager") => {
            found.extend(map.get("arn"));
        }
        Json::Object(map) => map.values().for_each(|inner| collect(inner, found)),
        Json::Array(items) => items.iter().for_each(|inner| collect(inner, found)),
        _ => {}
    }
}
