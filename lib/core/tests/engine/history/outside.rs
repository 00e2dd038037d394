//! What others do to the cloud behind our backs.

use super::acts::Stranger;
use crate::world::STACK;
use groundplan_core::{
    TAG_ADDRESS, TAG_GENERATION, TAG_LINEAGE, TAG_STACK, json,
    testing::{Object, SimCloud},
};

/// Others change or delete one of our objects. What happened, in words.
pub(super) fn drift(cloud: &SimCloud, at: usize, lose: bool) -> String {
    let objects = cloud.objects();
    let held = |id: &String| objects.iter().any(|o| o.holds.contains(id));
    let ours: Vec<_> = objects.iter().filter(|o| o.is_ours() && !o.is_leaving()).collect();
    let Some(object) = ours.get(at % ours.len().max(1)) else { return "nothing".into() };
    if lose && !held(&object.id) {
        cloud.lose(&object.id);
        return format!("{} was deleted", object.id);
    }
    let field = match object.kind.as_str() {
        "sim.net" => "mtu",
        "sim.rule" => "target",
        "sim.note" => "text",
        _ => "size",
    };
    let value = if matches!(field, "mtu" | "size") { json!(99) } else { json!("other") };
    cloud.tamper(&object.id, |o| o.fields[field] = value);
    format!("{} got another {field}", object.id)
}

/// Others make an object that looks like one of ours: its id and whether it is in the way of ours; none where
/// the name is taken.
pub(super) fn plant(cloud: &SimCloud, stranger: Stranger) -> Option<(String, bool)> {
    let mark = |lineage: &str, address: String| {
        let tags = [
            (TAG_LINEAGE, lineage.to_owned()),
            (TAG_STACK, STACK.to_owned()),
            (TAG_ADDRESS, address),
            (TAG_GENERATION, "0".to_owned()),
        ];
        tags.map(|(key, value)| (key.to_owned(), value)).into()
    };
    let host = json!({ "image": "a", "nets": [], "size": 1 });
    let (object, in_the_way) = match stranger {
        Stranger::SameName(i) => {
            (Object::new("sim.host", host, [].into()).named(&format!("{STACK}-h{i}")), true)
        }
        Stranger::OtherMark(i) => {
            let tags = mark("another", format!("sim.host/h{i}"));
            (Object::new("sim.host", host, tags).named(&format!("{STACK}-h{i}")), true)
        }
        Stranger::OtherLineage(i) => {
            let tags = mark("another", format!("sim.net/n{i}"));
            (Object::new("sim.net", json!({ "cidr": "10.0", "mtu": 1500 }), tags), false)
        }
        Stranger::Bare => {
            (Object::new("sim.gate", json!({ "net": "net-1", "size": 0 }), [].into()), false)
        }
        Stranger::Note(text) => {
            (Object::new("sim.note", json!({ "text": text.to_string() }), [].into()), false)
        }
    };
    let taken = |o: Object| object.name.is_some() && o.name == object.name;
    if cloud.objects().into_iter().any(taken) {
        return None;
    }
    Some((cloud.plant(object), in_the_way))
}
