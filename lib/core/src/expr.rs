//! The forms of a value that is not known yet, as JSON, and the one walk over them.
//!
//! A form is an object with the single key `$gp`. Nothing else in a resource may use that key, so a
//! form cannot be mistaken for data. The whole set:
//!
//! ```text
//! {"$gp": {"ref":  "ec2.vpc/main#id"}}             an output
//! {"$gp": {"path": FORM, "at": "[0]"}}             a place in it: [n] of a list, {k} of a map
//! {"$gp": {"text": ["jdbc:", FORM, ":3306"]}}      text
//! {"$gp": {"join": [FORM, …], "by": ","}}          joined text
//! {"$gp": {"json": TREE}}                          a JSON document as text
//! "$gp:{…}" as an object's key                     a key that is a form, inside `json`
//! ```

use groundplan_state::Address;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

const MARK: &str = "$gp";
const KEY_MARK: &str = "$gp:";

/// The outputs that are known, by address.
pub type Known = BTreeMap<Address, Json>;

/// Serialises a value that is made of fields, lists and texts.
///
/// # Panics
/// If it is made of something else, such as a map whose keys are no texts.
pub fn to_json(value: &(impl Serialize + ?Sized)) -> Json {
    serde_json::to_value(value).expect("BUG: resources have fields, lists and texts only")
}

pub(crate) fn reference(address: &Address, field: &str) -> Json {
    json!({ MARK: { "ref": format!("{address}#{field}") } })
}

pub(crate) fn path(of: Json, step: &str) -> Json {
    json!({ MARK: { "path": of, "at": step } })
}

pub(crate) fn text(pieces: Vec<Json>) -> Json {
    json!({ MARK: { "text": pieces } })
}

pub(crate) fn join(separator: &str, items: Vec<Json>) -> Json {
    json!({ MARK: { "join": items, "by": separator } })
}

pub(crate) fn json_text(document: Json) -> Json {
    json!({ MARK: { "json": document } })
}

pub(crate) fn key(form: &Json) -> String {
    format!("{KEY_MARK}{form}")
}

/// The body of a form; none for data.
pub(crate) fn form(tree: &Json) -> Option<&Map<String, Json>> {
    tree.as_object()?.get(MARK)?.as_object()
}

/// Whether anything in a tree is not known yet.
pub fn is_known(tree: &Json) -> bool {
    match tree {
        Json::Object(map) => !map.iter().any(|(k, v)| k.starts_with(MARK) || !is_known(v)),
        Json::Array(items) => items.iter().all(is_known),
        _ => true,
    }
}

/// A use of another resource's output somewhere in a tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// Where it is used, e.g. `subnets[0]`.
    pub at: String,
    /// Whose output it is.
    pub address: Address,
    /// Which output.
    pub field: String,
}

/// Every use of an output in a tree. What is wrong with a form is a text instead.
pub fn uses(tree: &Json) -> Vec<Result<Use, String>> {
    let mut found = Vec::new();
    walk(tree, "", &mut found);
    found
}

/// The addresses that a tree refers to.
pub fn references(tree: &Json) -> BTreeSet<Address> {
    uses(tree).into_iter().flatten().map(|found| found.address).collect()
}

fn walk(tree: &Json, at: &str, found: &mut Vec<Result<Use, String>>) {
    match tree {
        Json::Object(map) if map.contains_key(MARK) => {
            found.extend(walk_form(tree, map.len(), at));
        }
        Json::Object(map) => {
            for (k, v) in map {
                let below = below(at, k);
                if let Some(inner) = k.strip_prefix(KEY_MARK) {
                    match serde_json::from_str(inner) {
                        Ok(form) => walk(&form, at, found),
                        Err(_) => found.push(Err(format!("`{k}` is no form"))),
                    }
                    walk(v, at, found);
                } else {
                    walk(v, &below, found);
                }
            }
        }
        Json::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                walk(item, &format!("{at}[{i}]"), found);
            }
        }
        _ => {}
    }
}

fn walk_form(tree: &Json, keys: usize, at: &str) -> Vec<Result<Use, String>> {
    let mut found = Vec::new();
    let wrong = || Err(format!("the key `{MARK}` at `{at}` is reserved for references"));
    match form(tree) {
        Some(body) if keys == 1 => {
            if let Some(target) = body.get("ref").and_then(Json::as_str) {
                let parsed = target.split_once('#').and_then(|(address, field)| {
                    Some(Use {
                        at: at.to_owned(),
                        address: address.parse().ok()?,
                        field: field.to_owned(),
                    })
                });
                found.push(parsed.ok_or_else(|| format!("`{target}` at `{at}` is no output")));
            } else if let Some(inner) =
                ["path", "text", "join", "json"].iter().find_map(|k| body.get(*k))
            {
                let mut inside = Vec::new();
                walk(inner, at, &mut inside);
                // Inside a text only the field that holds it is a place a reader knows.
                let whole = |r: Result<Use, String>| r.map(|u| Use { at: at.to_owned(), ..u });
                found.extend(inside.into_iter().map(whole));
            } else {
                found.push(wrong());
            }
        }
        _ => found.push(wrong()),
    }
    found
}

/// The first place at which `real` is not what `shown` said, with both; what was not known then may be
/// anything now.
pub(crate) fn departure<'a>(
    shown: &'a Json,
    real: &'a Json,
    at: &str,
) -> Option<(String, &'a Json, &'a Json)> {
    let here = || Some((at.to_owned(), shown, real));
    match (shown, real) {
        _ if form(shown).is_some() => None,
        (Json::Object(one), Json::Object(other)) => {
            if one.keys().any(|k| k.starts_with(KEY_MARK)) {
                return None;
            }
            if one.len() != other.len() {
                return here();
            }
            one.iter().find_map(|(k, v)| match other.get(k) {
                Some(real) => departure(v, real, &below(at, k)),
                None => here(),
            })
        }
        (Json::Array(one), Json::Array(other)) if one.len() == other.len() => one
            .iter()
            .zip(other)
            .enumerate()
            .find_map(|(i, (shown, real))| departure(shown, real, &format!("{at}[{i}]"))),
        _ if shown == real => None,
        _ => here(),
    }
}

fn below(at: &str, key: &str) -> String {
    if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") }
}

/// Replaces everything that `known` can answer; leaves the rest as forms.
pub fn resolve(tree: &Json, known: &Known) -> Json {
    match tree {
        Json::Object(map) => match form(tree) {
            Some(body) => resolve_form(tree, body, known),
            None => Json::Object(
                map.iter().map(|(k, v)| (resolve_key(k, known), resolve(v, known))).collect(),
            ),
        },
        Json::Array(items) => items.iter().map(|item| resolve(item, known)).collect(),
        other => other.clone(),
    }
}

fn resolve_key(k: &str, known: &Known) -> String {
    let Some(form) = k.strip_prefix(KEY_MARK).and_then(|f| serde_json::from_str(f).ok()) else {
        return k.to_owned();
    };
    let resolved = resolve(&form, known);
    if is_known(&resolved) { plain(&resolved) } else { key(&resolved) }
}

fn resolve_form(tree: &Json, body: &Map<String, Json>, known: &Known) -> Json {
    if let Some(Json::String(target)) = body.get("ref") {
        let value = target.split_once('#').and_then(|(address, field)| {
            let address: Address = address.parse().ok()?;
            known.get(&address)?.get(field)
        });
        // An output that is null is one the cloud has not assigned yet.
        return value.filter(|v| !v.is_null()).unwrap_or(tree).clone();
    }
    if let (Some(of), Some(Json::String(step))) = (body.get("path"), body.get("at")) {
        let of = resolve(of, known);
        // A list is one whether or not all that is in it is known.
        return match place(&of, step).filter(|_| form(&of).is_none()) {
            Some(there) => there,
            None if is_known(&of) => Json::Null,
            None => path(of, step),
        };
    }
    if let Some(Json::Array(pieces)) = body.get("text") {
        let pieces: Vec<_> = pieces.iter().map(|p| resolve(p, known)).collect();
        let all = pieces.iter().all(is_known);
        return if all {
            pieces.iter().map(plain).collect::<String>().into()
        } else {
            text(pieces)
        };
    }
    if let (Some(Json::Array(items)), Some(Json::String(by))) = (body.get("join"), body.get("by")) {
        let items: Vec<_> = items.iter().map(|i| resolve(i, known)).collect();
        let all = items.iter().all(is_known);
        return if all {
            items.iter().map(plain).collect::<Vec<_>>().join(by).into()
        } else {
            join(by, items)
        };
    }
    if let Some(document) = body.get("json") {
        let document = resolve(document, known);
        return if is_known(&document) { document.to_string().into() } else { json_text(document) };
    }
    tree.clone()
}

fn place(of: &Json, step: &str) -> Option<Json> {
    if let Some(index) = step.strip_prefix('[').and_then(|s| s.strip_suffix(']')) {
        return of.get(index.parse::<usize>().ok()?).cloned();
    }
    of.get(step.strip_prefix('{')?.strip_suffix('}')?).cloned()
}

fn plain(piece: &Json) -> String {
    piece.as_str().map_or_else(|| piece.to_string(), str::to_owned)
}

/// Replaces every output that is not known yet, or place in one, by what `with` gives for it, and puts
/// texts together: for code that has to try what it cannot know.
pub fn stand_in(tree: &Json, with: &mut dyn FnMut(&Json) -> Json) -> Json {
    let filled = match tree {
        Json::Object(map) => match form(tree) {
            Some(body) if body.contains_key("ref") || body.contains_key("path") => {
                return with(tree);
            }
            Some(body) => json!({ MARK: stand_in(&Json::Object(body.clone()), with) }),
            None => map.iter().map(|(k, v)| (stand_in_key(k, with), stand_in(v, with))).collect(),
        },
        Json::Array(items) => items.iter().map(|item| stand_in(item, with)).collect(),
        other => other.clone(),
    };
    resolve(&filled, &Known::new())
}

fn stand_in_key(k: &str, with: &mut dyn FnMut(&Json) -> Json) -> String {
    let form = k.strip_prefix(KEY_MARK).and_then(|form| serde_json::from_str(form).ok());
    form.map_or_else(|| k.to_owned(), |form: Json| plain(&stand_in(&form, with)))
}

/// How a reader sees a form: `(ec2.vpc/main#id)`, `"jdbc:mysql://(rds.instance/main#host):3306"`.
pub fn describe(tree: &Json) -> String {
    let Some(body) = form(tree) else { return tree.to_string() };
    let inside = |piece: &Json| if form(piece).is_some() { describe(piece) } else { plain(piece) };
    if let Some(target) = body.get("ref") {
        return format!("({})", plain(target));
    }
    if let (Some(of), Some(step)) = (body.get("path"), body.get("at")) {
        return format!("({}{})", describe(of).trim_matches(['(', ')']), plain(step));
    }
    if let Some(Json::Array(pieces)) = body.get("text") {
        return format!("{:?}", pieces.iter().map(inside).collect::<String>());
    }
    if let (Some(Json::Array(items)), Some(by)) = (body.get("join"), body.get("by")) {
        return format!("{:?}", items.iter().map(inside).collect::<Vec<_>>().join(&plain(by)));
    }
    match body.get("json") {
        Some(document) => format!("JSON of {}", shown(document)),
        None => tree.to_string(),
    }
}

/// A tree in which every form is put as a reader sees it.
pub fn shown(tree: &Json) -> Json {
    match tree {
        _ if form(tree).is_some() => describe(tree).into(),
        Json::Object(map) => {
            let readable = |k: &String| {
                let form =
                    k.strip_prefix(KEY_MARK).and_then(|f| serde_json::from_str::<Json>(f).ok());
                form.map_or_else(|| k.clone(), |f| describe(&f))
            };
            Json::Object(map.iter().map(|(k, v)| (readable(k), shown(v))).collect())
        }
        Json::Array(items) => items.iter().map(shown).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Val, json_text, text};

    #[test]
    fn a_place_in_a_list_is_known_though_not_all_that_is_in_it() {
        let [group, subnet]: [Address; 2] = ["a.b/group", "a.b/new"].map(|a| a.parse().unwrap());
        let ids: Val<Vec<String>> = Val::output(&group, "ids");
        let new: Val<String> = Val::output(&subnet, "id");
        let known = Known::from([(group, json!({ "ids": ["subnet-1", new] }))]);
        assert_eq!(resolve(&to_json(&ids.index(0)), &known), json!("subnet-1"));
        assert_eq!(resolve(&to_json(&ids.index(1)), &known), to_json(&new));
    }

    #[test]
    fn stand_ins_reach_every_form() {
        let address: Address = "a.b/c".parse().unwrap();
        let id: Val<String> = Val::output(&address, "id");
        let list: Val<Vec<String>> = Val::output(&address, "list");
        let tree = json!({
            "ref": id,
            "place": list.index(0),
            "text": text!("x:{}:y", id),
            "join": Val::join(",", [id.clone(), "k".into()]),
            "json": json_text!({ (id.as_key()): [id] }),
            "known": [1],
        });
        let mut seen = Vec::new();
        let filled = stand_in(&tree, &mut |form| {
            seen.push(describe(form));
            "7".into()
        });
        assert_eq!(
            filled,
            json!({ "ref": "7", "place": "7", "text": "x:7:y", "join": "7,k", "json": "{\"7\":[\"7\"]}", "known": [1] })
        );
        assert!(seen.contains(&"(a.b/c#list[0])".to_owned()), "{seen:?}");
        assert_eq!(seen.len(), 6);
    }
}
