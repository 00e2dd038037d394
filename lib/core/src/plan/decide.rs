//! Decides what happens to one resource. Pure.

use super::{
    diff::{self, Cause, FieldChange},
    import::{is_mark, mark_changes},
    model::{Action, ReplaceOrder},
};
use crate::{Meta, Naming, Owner, Seen, expr::Known, meta};
use groundplan_state::{Address, Entry, Status};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What happens to one resource of the program, and what that rests on.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    pub(crate) action: Action,
    pub(crate) fields: Vec<FieldChange>,
    pub(crate) notes: Vec<String>,
    /// Recorded inputs under live fields.
    pub(crate) before: Json,
    /// The record to start from; outputs as last read.
    pub(crate) entry: Option<Entry>,
    /// Something recorded is out of date though nothing happens in the cloud.
    pub(crate) record: bool,
    /// The object is to be given its ownership tags.
    pub(crate) marks: bool,
}

impl Decision {
    pub(crate) fn new(action: Action) -> Self {
        Self {
            action,
            fields: Vec::new(),
            notes: Vec::new(),
            before: Json::Null,
            entry: None,
            record: false,
            marks: false,
        }
    }
}

/// The ownership tags of a live object.
type Mark = BTreeMap<String, String>;

/// What one resource's record and the read of its object come to, before the program is asked.
enum Present {
    /// There is no object.
    No { entry: Option<Entry>, why: Option<String> },
    /// There is one. `unfinished` says that the last operation on it did not end.
    Yes { entry: Entry, before: Json, unfinished: bool, stale: bool, mark: Option<Mark> },
    /// There is one on its way out.
    Leaving { entry: Entry },
}

fn present(entry: &Entry, seen: Option<&Seen<Json>>, notes: &mut Vec<String>) -> Present {
    let mut entry = entry.clone();
    let unfinished = entry.status != Status::Ready;
    let live = match seen {
        Some(Seen::Absent) => {
            let why = match (entry.status, &entry.outputs) {
                (Status::Creating, None) | (Status::Deleting, _) => None,
                (Status::Creating, Some(_)) => {
                    Some("its create did not end, and nothing of it is there".to_owned())
                }
                _ => Some("it is gone, though nothing here deleted it".to_owned()),
            };
            return Present::No { entry: Some(entry), why };
        }
        Some(Seen::Present(live)) => Some(live),
        Some(Seen::Unverified(why)) => {
            notes.push(format!("not verified: {why}"));
            None
        }
        Some(Seen::Ambiguous(_)) | None => None,
    };
    let Some(live) = live else {
        if entry.outputs.is_none() {
            return Present::No { entry: Some(entry), why: None };
        }
        let before = entry.inputs.clone();
        return Present::Yes { entry, before, unfinished, stale: false, mark: None };
    };
    let stale = entry.outputs.as_ref() != Some(&live.outputs);
    entry.outputs = Some(live.outputs.clone());
    if live.leaving {
        return Present::Leaving { entry };
    }
    if live.pending.as_object().is_some_and(|p| !p.is_empty()) {
        notes.push(format!("already asked for, waiting for its time: {}", live.pending));
    }
    Present::Yes {
        before: diff::before(&entry.inputs, Some(&live.fields)),
        entry,
        unfinished,
        stale,
        mark: live.mark.clone(),
    }
}

/// What the program asks of a resource.
pub(crate) struct Wish<'a> {
    pub(crate) desired: &'a Json,
    pub(crate) options: &'a groundplan_state::Options,
    pub(crate) needs: &'a BTreeSet<Address>,
    /// Whose the object is to be.
    pub(crate) owner: &'a Owner,
    pub(crate) version: u32,
    pub(crate) force_replace: bool,
}

/// Decides from the record, the read and the wish.
pub(crate) fn decide(
    meta: &Meta,
    wish: &Wish<'_>,
    entry: Option<&Entry>,
    seen: Option<&Seen<Json>>,
) -> Decision {
    let mut notes = Vec::new();
    let found = match entry {
        None => Present::No { entry: None, why: None },
        Some(entry) => present(entry, seen, &mut notes),
    };
    let mut decision = match found {
        Present::No { entry, why } => {
            let fields = diff::changes(
                meta,
                &Json::Null,
                &Json::Object(Map::default()),
                wish.desired,
                &BTreeSet::default(),
            );
            Decision { fields, entry, ..Decision::new(Action::Create { why }) }
        }
        Present::Leaving { entry } => {
            let order = ReplaceOrder::Delete;
            let because = vec!["it is being deleted".to_owned()];
            Decision { entry: Some(entry), ..Decision::new(Action::Replace { because, order }) }
        }
        Present::Yes { entry, before, unfinished, stale, mark } => {
            change(meta, wish, (entry, before, mark), unfinished, stale)
        }
    };
    decision.notes.splice(0..0, notes);
    decision
}

fn change(
    meta: &Meta,
    wish: &Wish<'_>,
    (entry, before, mark): (Entry, Json, Option<Mark>),
    unfinished: bool,
    stale: bool,
) -> Decision {
    let recorded = entry.pending.as_ref().unwrap_or(&entry.inputs);
    let renamed = named_as(meta, wish, &entry, recorded);
    let recorded = renamed.as_ref().unwrap_or(recorded);
    let before = named_as(meta, wish, &entry, &before).unwrap_or(before);
    let mut fields = diff::changes(meta, recorded, &before, wish.desired, &wish.options.ignore);
    let cause = if entry.marked_by.is_some() { Cause::Program } else { Cause::Drift };
    let lost = mark_changes(meta, mark.as_ref(), wish.owner, &cause);
    let marks = !lost.is_empty();
    fields.extend(lost);
    let mut because: Vec<_> =
        fields.iter().filter(|f| f.replaces).map(|f| f.path.clone()).collect();
    if wish.force_replace && because.is_empty() {
        because.push("--replace".to_owned());
    }
    let options_changed = entry.options != *wish.options;
    let action = if !because.is_empty() {
        Action::Replace { because, order: ReplaceOrder::Delete }
    } else if !fields.is_empty() {
        Action::Update
    } else if unfinished {
        Action::Finish
    } else if options_changed {
        Action::Record
    } else {
        Action::Keep
    };
    let mut notes = Vec::new();
    if options_changed {
        notes.push(describe_options(&entry.options, wish.options));
    }
    let record = stale
        || options_changed
        || entry.needs != *wish.needs
        || entry.version != wish.version
        || entry.status != Status::Ready
        || entry.marked_by.is_some()
        || entry.inputs != *wish.desired;
    Decision { action, fields, notes, before, entry: Some(entry), record, marks }
}

/// Inputs with the name as the program says it, if it is said otherwise there and comes to the one that the object
/// has: to say a name that was derived before, or to leave out one that would be derived, changes nothing.
fn named_as(meta: &Meta, wish: &Wish<'_>, entry: &Entry, inputs: &Json) -> Option<Json> {
    let is = entry.physical_name.as_ref()?;
    let said = |inputs: &Json| match inputs.get("name") {
        None | Some(Json::Null) => Some(None),
        Some(Json::String(name)) => Some(Some(name.clone())),
        Some(_) => None,
    };
    let (before, after) = (said(inputs)?, said(wish.desired)?);
    if before == after || before.is_some_and(|name| name != *is) {
        return None;
    }
    let Owner { stack, address, .. } = wish.owner;
    if name(meta, stack, address, entry.generation, wish.desired).as_ref() != Some(is) {
        return None;
    }
    let mut inputs = inputs.clone();
    let fields = inputs.as_object_mut()?;
    match after {
        Some(name) => drop(fields.insert("name".into(), name.into())),
        None => drop(fields.remove("name")),
    }
    Some(inputs)
}

fn describe_options(old: &groundplan_state::Options, new: &groundplan_state::Options) -> String {
    let (old, new) = (crate::to_json(old), crate::to_json(new));
    let changes = diff::changes(&Meta::DEFAULT, &old, &old, &new, &BTreeSet::default());
    let lines: Vec<_> =
        changes.iter().map(|c| format!("{}: {} → {}", c.path, c.before, c.after)).collect();
    format!("options: {}", lines.join(", "))
}

/// What the outputs of a resource are known to be after its step, as far as the plan can tell.
pub(crate) fn outputs_after(
    meta: &Meta,
    decision: &Decision,
    address: &Address,
    known: &mut Known,
) {
    known.remove(address);
    let Some(outputs) = decision.entry.as_ref().and_then(|e| e.outputs.clone()) else { return };
    match decision.action {
        Action::Keep | Action::Record => drop(known.insert(address.clone(), outputs)),
        Action::Update | Action::Finish | Action::Import { .. } => {
            let mut outputs = outputs;
            // What only gets its mark stays as it is.
            let changed: Vec<_> = decision
                .fields
                .iter()
                .map(|field| field.path.as_str())
                .filter(|path| !is_mark(path))
                .collect();
            let finishes = decision.action == Action::Finish;
            if let Some(map) = outputs.as_object_mut().filter(|_| finishes || !changed.is_empty()) {
                map.retain(|field, _| meta.stays(field, changed.iter().copied()));
            }
            known.insert(address.clone(), outputs);
        }
        _ => {}
    }
}

/// The name of an object: what its inputs say, else stack, resource name and generation.
pub(crate) fn name(
    meta: &Meta,
    stack: &str,
    address: &Address,
    generation: u32,
    inputs: &Json,
) -> Option<String> {
    let Naming::Derived { max } = meta.naming else { return None };
    if let Some(given) = inputs.get("name").and_then(Json::as_str) {
        return Some(given.to_owned());
    }
    let mut name = meta::plain(&format!("{stack}-{}", address.name()));
    if generation > 0 {
        name = format!("{name}-{generation}");
    }
    if name.len() > max {
        let digest = Sha256::digest(name.as_bytes());
        name.truncate(max - meta::DIGEST);
        name = format!("{name}-{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2]);
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn an_output_that_follows_an_input_is_open_only_when_that_one_changes() {
        const FOLLOWS: Meta =
            Meta { volatile: &["ip"], follows: &[("port", &["listener"])], ..Meta::DEFAULT };
        assert!(FOLLOWS.stays("port", ["size"]) && FOLLOWS.stays("id", ["listener.port"]));
        assert!(!FOLLOWS.stays("port", ["size", "listener.port"]) && !FOLLOWS.stays("ip", []));
        // Either way the object is not told by it.
        assert!(FOLLOWS.is_stable("id") && !FOLLOWS.is_stable("port") && !FOLLOWS.is_stable("ip"));
    }

    #[test]
    fn to_say_a_name_that_was_derived_changes_nothing() {
        let meta = Meta { naming: Naming::Derived { max: 63 }, ..Meta::DEFAULT };
        let address: Address = "a.b/main".parse().unwrap();
        let owner = Owner { stack: "hub".into(), lineage: "x".into(), address, generation: 0 };
        let seen_as = |is: &str, recorded: Json, desired: Json| {
            let wish = Wish {
                desired: &desired,
                options: &groundplan_state::Options::default(),
                needs: &BTreeSet::new(),
                owner: &owner,
                version: 0,
                force_replace: false,
            };
            let entry = Entry {
                version: 0,
                status: Status::Ready,
                inputs: recorded,
                pending: None,
                outputs: None,
                needs: BTreeSet::new(),
                options: groundplan_state::Options::default(),
                generation: 0,
                token: String::new(),
                physical_name: Some(is.to_owned()),
                marked_as: None,
                marked_by: None,
            };
            named_as(&meta, &wish, &entry, &entry.inputs).unwrap_or(entry.inputs)
        };
        let (said, derived) = (json!({ "name": "hub-main" }), json!({}));
        assert_eq!(seen_as("hub-main", derived.clone(), said.clone()), said);
        assert_eq!(seen_as("hub-main", said.clone(), derived.clone()), derived);
        // Another name is another name, and one that is not known yet may be any.
        assert_eq!(seen_as("hub-main", derived.clone(), json!({ "name": "eu" })), derived);
        assert_eq!(seen_as("hub-main-1", derived.clone(), said), derived);
        assert_eq!(seen_as("eu", json!({ "name": "eu" }), derived), json!({ "name": "eu" }));
        let later = json!({ "name": { "$gp": {} } });
        assert_eq!(seen_as("hub-main", json!({}), later), json!({}));
    }

    #[test]
    fn every_derived_name_begins_with_the_prefix_of_its_stack() {
        let address: Address = "a.b/Main_1".parse().unwrap();
        let long = "a-stack.with_a-name-that-fills-a-whole-name";
        for (stack, max) in [("Prod.eu", 63), ("x", 28), (long, 28), (&long[..27], 28)] {
            let naming = Naming::Derived { max };
            let meta = Meta { naming, ..Meta::DEFAULT };
            for generation in [0, 12] {
                let name = name(&meta, stack, &address, generation, &Json::Null).unwrap();
                let prefix = naming.prefix(stack).unwrap();
                assert!(name.starts_with(&prefix) && name.len() <= max, "{name} {prefix}");
            }
        }
        assert_eq!(Naming::Derived { max: 63 }.prefix("Prod.eu").unwrap(), "prod-eu-");
        assert_eq!(Naming::FromInputs.prefix("x"), None);
    }
}
