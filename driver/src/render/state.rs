//! What is recorded of a stack, without asking any cloud or program.

use super::{
    page::Page,
    paint::Paint,
    table::{Cell, Table},
    value, words,
};
use groundplan::{Address, Json, Options, to_json};
use groundplan_state::{Entry, Expected, Left, Slot, Snapshot, Status};

/// Every record in a line: where, how far, which object, how treated.
pub(crate) fn list(snapshot: &Snapshot, paint: &Paint) -> String {
    if snapshot.all().next().is_none() && snapshot.left.is_empty() && snapshot.expected.is_empty() {
        return format!("nothing is recorded of stack `{}`\n", snapshot.stack);
    }
    let mut table = Table::with_head(&["address", "status", "object", "options"]);
    for (address, slot, entry) in snapshot.all() {
        let option = |(name, value): (String, String)| match value.as_str() {
            "true" => name,
            _ => format!("{name} {value}"),
        };
        let options: Vec<_> = options(entry).into_iter().map(option).collect();
        table.row([
            Cell::from(address.to_string()),
            status(entry, slot).into(),
            identity(entry).into(),
            options.join(", ").into(),
        ]);
    }
    for Left { address, entry, to } in &snapshot.left {
        let status = match to {
            Some(place) => format!("went to stack `{}` as {}", place.stack, place.address),
            None => "left in the cloud, not ours to change".to_owned(),
        };
        table.row([address.to_string().into(), status.into(), identity(entry).into()]);
    }
    for (address, Expected { from, entry, .. }) in &snapshot.expected {
        let status = format!("comes from stack `{}`, which has it still", from.stack);
        table.row([address.to_string().into(), status.into(), identity(entry).into()]);
    }
    paint.finish(table.render(0, paint))
}

/// All that is recorded of one object. Values are whole, so that they can be copied.
pub(crate) fn show(address: &Address, slot: Slot, entry: &Entry, paint: &Paint) -> String {
    let mut facts = Table::default();
    let mut fact = |name: &str, what: String| facts.row([Cell::from(name), what.into()]);
    fact("status", status(entry, slot));
    fact("generation", entry.generation.to_string());
    fact("schema", format!("version {}", entry.version));
    if let Some(name) = &entry.physical_name {
        fact("name", name.clone());
    }
    if !entry.needs.is_empty() {
        fact("needs", entry.needs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    }
    for (name, value) in options(entry) {
        fact(&name, value);
    }
    let mut page = Page::new(paint);
    page.line(paint.bold(address));
    page.add(facts.render(2, paint));
    let trees = [
        ("inputs", Some(&entry.inputs)),
        ("inputs that a begun update brings about", entry.pending.as_ref()),
        ("outputs", entry.outputs.as_ref()),
    ];
    for (title, tree) in trees {
        let Some(tree) = tree else { continue };
        let mut table = Table::default();
        leaves("", tree, &mut |path, value| {
            table.row([Cell::from(path), value::text(value, false).into()]);
        });
        page.line(paint.bold(title));
        page.add(table.render(2, paint));
    }
    page.finish()
}

/// How far the last operation came, and whether the object has a successor already.
fn status(entry: &Entry, slot: Slot) -> String {
    let status = match entry.status {
        Status::Creating => "creating, not finished",
        Status::Ready => "ready",
        Status::Updating => "updating, not finished",
        Status::Deleting => "deleting, not finished",
    };
    match slot {
        Slot::Current => status.to_owned(),
        Slot::Deposed(_) => format!("replaced; {status}"),
    }
}

/// What the object is called in the cloud.
fn identity(entry: &Entry) -> String {
    let output = |field: &str| entry.outputs.as_ref()?.get(field)?.as_str().map(str::to_owned);
    let unknown = || if entry.outputs.is_some() { "" } else { "not known yet" }.to_owned();
    ["id", "arn", "name"]
        .into_iter()
        .find_map(output)
        .or_else(|| entry.physical_name.clone())
        .unwrap_or_else(unknown)
}

/// The options that are not as they are by default.
fn options(entry: &Entry) -> Vec<(String, String)> {
    let default = to_json(&Options::default());
    let mut set = Vec::new();
    if let (Json::Object(options), Json::Object(default)) = (to_json(&entry.options), default) {
        for (name, value) in
            options.into_iter().filter(|(name, value)| default.get(name) != Some(value))
        {
            leaves("", &value, &mut |path, value| {
                let name = if path.is_empty() { name.clone() } else { path.to_owned() };
                if !value.is_null() {
                    set.push((name.replace('_', " "), value::text(value, false)));
                }
            });
        }
    }
    set
}

/// Every value in a tree that is no map, with its path.
fn leaves(path: &str, tree: &Json, found: &mut dyn FnMut(&str, &Json)) {
    match tree.as_object().filter(|map| !map.is_empty()) {
        Some(map) => {
            for (key, value) in map {
                leaves(&words::join(path, key), value, found);
            }
        }
        None => found(path, tree),
    }
}
