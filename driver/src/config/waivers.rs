//! The table `waivers`, which the settings of every program have: it is taken out before the program
//! looks at its own.

use super::{
    mistake::Mistake,
    path::{Path, Segment},
};
use groundplan::{Address, Date, Rule, Rules, Waiver};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// The table's name.
pub(super) const KEY: &str = "waivers";

/// The table, for the schema.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Table {
    /// Findings of rules that are left as they are, and who answers for that until when.
    #[serde(default)]
    waivers: Vec<Waiver>,
}

/// Adds the table to the schema of a program's settings, with the rules that it may name.
pub(super) fn add_to(schema: &mut Json, rules: &Rules) {
    let mut table = schemars::schema_for!(Table).to_value();
    let name = |rule: &Rule| json!({ "const": rule.id, "description": rule.why });
    let names: Vec<_> = rules.iter().map(name).collect();
    if let Some(rule) = table.pointer_mut("/$defs/Waiver/properties/rule")
        && !names.is_empty()
    {
        *rule = json!({ "description": rule["description"], "oneOf": names });
    }
    for part in ["properties", "$defs"] {
        let more = table[part].as_object_mut().map(std::mem::take).unwrap_or_default();
        let there = schema.as_object_mut().expect("BUG: settings are a table");
        let there = there.entry(part).or_insert_with(|| json!({}));
        for (name, entry) in more {
            let taken = there.get(&name).is_some_and(|other| *other != entry);
            assert!(!taken, "BUG: settings may not use `{name}`, which every program has");
            there[name] = entry;
        }
    }
}

/// Takes the table out of the settings.
pub(super) fn take(document: &mut Json) -> Json {
    let table = document.as_object_mut().and_then(|settings| settings.remove(KEY));
    table.unwrap_or_else(|| Json::Array(Vec::new()))
}

/// The waivers, and what is wrong with them that a schema cannot say.
pub(super) fn read(table: &Json) -> (Vec<Waiver>, Vec<Mistake>) {
    let (mut waivers, mut mistakes) = (Vec::new(), Vec::new());
    for (number, row) in table.as_array().into_iter().flatten().enumerate() {
        let at = Path::default().key(KEY).with(Segment::Index(number));
        let wrong = |field: &str, sound: fn(&str) -> bool, what: &str| {
            let given = row.get(field)?.as_str().filter(|given| !sound(given))?;
            Some(Mistake::new(at.key(field), format!("is `{given}`, which is no {what}")))
        };
        let day: fn(&str) -> bool = |text| text.parse::<Date>().is_ok();
        let address: fn(&str) -> bool = |text| text.parse::<Address>().is_ok();
        let before = mistakes.len();
        mistakes.extend(wrong("expires", day, "day such as `2027-03-31`"));
        mistakes.extend(wrong("address", address, "address such as `rds.instance/main`"));
        match Waiver::deserialize(row) {
            Ok(waiver) => waivers.push(waiver),
            Err(_) if mistakes.len() > before => {}
            Err(error) => mistakes.push(Mistake::new(at, format!("cannot be used: {error}"))),
        }
    }
    (waivers, mistakes)
}
