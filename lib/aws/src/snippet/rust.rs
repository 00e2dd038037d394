//! Writes objects as the Rust that declares them.

use super::{
    Declared,
    code::Code,
    forms::{self, Field, Form, Holds, Type},
};
use groundplan_core::{Address, Json, uses};
use serde_json::Map;
use std::collections::{BTreeMap, BTreeSet};

/// What Rust writes for the values of one object.
pub(super) struct Writer<'a> {
    /// The variable of each object.
    names: &'a BTreeMap<Address, String>,
    service: &'static str,
    /// What its program has to import, as paths below `groundplan::aws`.
    imports: &'a mut BTreeSet<String>,
    /// What its program has to import of `groundplan` itself and of the standard library.
    uses: &'a mut BTreeSet<&'static str>,
    documents: &'static [&'static str],
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        kind: &str,
        names: &'a BTreeMap<Address, String>,
        imports: &'a mut BTreeSet<String>,
        uses: &'a mut BTreeSet<&'static str>,
    ) -> Self {
        let service = forms::of_kind(kind).map_or("", |(service, ..)| service);
        let documents = crate::registry().meta(kind).map_or(&[][..], |meta| meta.documents);
        Self { names, service, imports, uses, documents }
    }

    /// A whole object.
    pub(super) fn object(&mut self, one: &Declared) -> Code {
        let (_, name, form) = forms::of_kind(one.address.kind()).expect("BUG: it is known");
        self.structure(name, form, &one.inputs)
    }

    fn structure(&mut self, name: &str, form: &Form, values: &Map<String, Json>) -> Code {
        self.imports.insert(self.service.to_owned());
        let path = format!("{}::{name}", self.service);
        let has = |name: &str| form.fields.iter().any(|(field, ..)| field == name);
        let new = form.new.as_ref().filter(|arguments| arguments.iter().all(|(n, _)| has(n)));
        let Some(arguments) = new else {
            let fields = self.fields(&form.fields, values);
            return Code::list(format!("{path} {{"), fields, "}");
        };
        let taken = arguments
            .iter()
            .map(|(field, of)| self.value(field, of, values.get(field).unwrap_or(&Json::Null)))
            .collect();
        let made = Code::list(format!("{path}::new("), taken, ")");
        let mut rest = Vec::new();
        let own = format!("{}::", self.service);
        for (field, of, optional) in &form.fields {
            let there = values.get(field);
            // What may be left out and was not read, or is nothing, is as the constructor has it.
            let nothing =
                there.is_none_or(|there| is_nothing(there) && !form.usual.contains_key(field));
            let usual = *optional && nothing && !of.starts_with("Option<");
            if usual || arguments.iter().any(|(argument, _)| argument == field) {
                continue;
            }
            let before = (self.imports.clone(), self.uses.clone());
            let value = self.value(field, of, there.unwrap_or(&Json::Null));
            let written = value.flat().replace(' ', "").replace(&own, "");
            if form.usual.get(field).is_none_or(|usual| *usual != written) {
                rest.push(value.behind(&format!("{field}: ")));
            } else {
                // What is not written needs no import.
                (*self.imports, *self.uses) = before;
            }
        }
        if rest.is_empty() {
            return made;
        }
        rest.push(made.behind(".."));
        Code::list(format!("{path} {{"), rest, "}")
    }

    fn fields(&mut self, fields: &[Field], values: &Map<String, Json>) -> Vec<Code> {
        let field = |(name, of, _): &Field| {
            let value = self.value(name, of, values.get(name).unwrap_or(&Json::Null));
            value.behind(&format!("{name}: "))
        };
        fields.iter().map(field).collect()
    }

    /// A value of a type.
    fn value(&mut self, field: &str, of: &str, value: &Json) -> Code {
        match Type::of(of) {
            Type::Val("Scope") => Code::word("scope.clone()"),
            Type::Val(inner) => self.wired(field, inner, value),
            Type::Option(_) if value.is_null() => Code::word("None"),
            Type::Option(inner) => Code::list("Some(", vec![self.value(field, inner, value)], ")"),
            Type::List(inner) => {
                let items = self.items(field, inner, value);
                if items.is_empty() {
                    Code::word("Vec::new()")
                } else {
                    Code::list("vec![", items, "]")
                }
            }
            Type::Set(inner) => {
                let items = self.items(field, inner, value);
                self.uses.insert("std::collections::BTreeSet");
                if items.is_empty() {
                    return Code::word("BTreeSet::new()");
                }
                Code::list("BTreeSet::from([", items, "])")
            }
            Type::Map(inner) => self.map(field, of, inner, value),
            Type::Plain(name) => self.plain(name, value),
        }
    }

    /// What may be another object's output.
    fn wired(&mut self, field: &str, of: &str, value: &Json) -> Code {
        if let Some(Ok(used)) = uses(value).into_iter().next()
            && let Some(name) = self.names.get(&used.address)
        {
            return Code::word(format!("{name}.{}()", used.field));
        }
        let document = value.as_str().filter(|_| self.documents.contains(&field));
        if let Some(Ok(document)) = document.map(serde_json::from_str::<Json>) {
            self.uses.insert("groundplan::json_text");
            return Code::list("json_text!(", vec![json(&document)], ")");
        }
        match of {
            "String" => Code::word(format!("{:?}.into()", value.as_str().unwrap_or_default())),
            "u8" | "u16" | "u32" | "i64" => Code::word(format!("{value}.into()")),
            id => {
                self.imports.insert(id.to_owned());
                let text = value.as_str().unwrap_or_default();
                Code::word(format!("{id}::from({text:?}).into()"))
            }
        }
    }

    fn items(&mut self, field: &str, of: &str, value: &Json) -> Vec<Code> {
        value.as_array().into_iter().flatten().map(|item| self.value(field, of, item)).collect()
    }

    fn map(&mut self, field: &str, of: &str, inner: &str, value: &Json) -> Code {
        let entries: Vec<_> = value.as_object().into_iter().flatten().collect();
        if entries.is_empty() && of == "Tags" {
            self.imports.insert("Tags".to_owned());
            return Code::word("Tags::new()");
        }
        if entries.is_empty() {
            self.uses.insert("std::collections::BTreeMap");
            return Code::word("BTreeMap::new()");
        }
        let pair = |(key, value): (&String, &Json)| {
            let value = if of == "Tags" {
                Code::text(value.as_str().unwrap_or_default())
            } else {
                self.value(field, inner, value)
            };
            let key =
                if of == "Tags" { format!("({key:?}, ") } else { format!("({key:?}.to_owned(), ") };
            Code::word(format!("{key}{})", value.flat()))
        };
        let pairs: Vec<_> = entries.into_iter().map(pair).collect();
        if of == "Tags" {
            self.imports.insert("Tags".to_owned());
            return Code::list("tags([", pairs, "])");
        }
        self.uses.insert("std::collections::BTreeMap");
        Code::list("BTreeMap::from([", pairs, "])")
    }

    fn plain(&mut self, name: &str, value: &Json) -> Code {
        let text = || value.as_str().unwrap_or_default();
        match name {
            "String" => match text() {
                "" => Code::word("String::new()"),
                text => Code::word(format!("{text:?}.to_owned()")),
            },
            "implInto<String>" | "&str" => Code::text(text()),
            "bool" => Code::word(value.as_bool().unwrap_or_default().to_string()),
            "f64" => Code::word(format!("{:?}", value.as_f64().unwrap_or_default())),
            "Cidr" => Code::word(format!("{:?}.parse().expect(\"a block\")", text())),
            "u16" | "u32" | "i64" => Code::word(value.to_string()),
            name => match forms::of_type(self.service, name) {
                Some(form) => self.own(name, form, value),
                None => Code::word(format!("{:?}.into()", text())),
            },
        }
    }

    /// A value of a type that the service has for itself.
    fn own(&mut self, name: &str, form: &Form, value: &Json) -> Code {
        self.imports.insert(self.service.to_owned());
        let path = format!("{}::{name}", self.service);
        if form.variants.is_empty() {
            return self.structure(name, form, value.as_object().unwrap_or(&Map::new()));
        }
        let inside = value.as_object().and_then(|value| value.iter().next());
        let wire = value.as_str().or(inside.map(|(wire, _)| wire.as_str())).unwrap_or_default();
        let Some((_, variant, holds)) = form.variants.iter().find(|(known, ..)| known == wire)
        else {
            return Code::text(wire);
        };
        let held = inside.map_or(&Json::Null, |(_, held)| held);
        match holds {
            Holds::Nothing(()) => Code::word(format!("{path}::{variant}")),
            Holds::One(of) => {
                Code::list(format!("{path}::{variant}("), vec![self.value("", of, held)], ")")
            }
            Holds::Fields(fields) => {
                let none = Map::new();
                let fields = self.fields(fields, held.as_object().unwrap_or(&none));
                Code::list(format!("{path}::{variant} {{"), fields, "}")
            }
        }
    }
}

fn is_nothing(value: &Json) -> bool {
    match value {
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// A document as `json!` takes it; its version first, as people write policies.
fn json(value: &Json) -> Code {
    match value {
        Json::String(text) => Code::text(text),
        Json::Array(items) => Code::list("[", items.iter().map(json).collect(), "]"),
        Json::Object(map) => {
            let pair = |(key, value): (&String, &Json)| json(value).behind(&format!("{key:?}: "));
            let (first, rest): (Vec<_>, Vec<_>) =
                map.iter().partition(|(key, _)| *key == "Version");
            Code::list("{", first.into_iter().chain(rest).map(pair).collect(), "}")
        }
        other => Code::word(other.to_string()),
    }
}
