//! How Rust writes each kind: its type, the fields and their types, what its constructor takes and fills in.
//! The table is read from the kinds' own source; a test keeps the two the same.

use serde::Deserialize;
use std::{collections::BTreeMap, sync::LazyLock};

static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    serde_json::from_str(include_str!("forms.json")).expect("BUG: the table of forms is sound")
});

/// All that is known.
#[derive(Debug, Deserialize)]
struct Forms {
    kinds: BTreeMap<String, String>,
    types: BTreeMap<String, Form>,
}

/// A name and its type.
pub(super) type Named = (String, String);
/// A field: name, type, and whether it may be left out.
pub(super) type Field = (String, String, bool);

/// A type of a kind's inputs, or the kind itself.
#[derive(Debug, Deserialize)]
pub(super) struct Form {
    /// Of a struct.
    #[serde(default)]
    pub(super) fields: Vec<Field>,
    /// Of an enum: as it is recorded, its name, and what it holds.
    #[serde(default)]
    pub(super) variants: Vec<(String, String, Holds)>,
    /// What the constructor takes, if there is one.
    pub(super) new: Option<Vec<Named>>,
    /// The fields that the constructor fills in, as it writes them.
    #[serde(default)]
    pub(super) usual: BTreeMap<String, String>,
    /// Of a kind: what the cloud assigns.
    #[serde(default)]
    pub(super) outputs: Vec<Named>,
}

/// What a variant holds.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Holds {
    /// One value of a type.
    One(String),
    /// Fields.
    Fields(Vec<Field>),
    /// Nothing.
    Nothing(()),
}

/// A type as fields name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type<'a> {
    /// `Val<T>`.
    Val(&'a str),
    /// `Option<T>`.
    Option(&'a str),
    /// `Vec<T>`, or whatever can be made one.
    List(&'a str),
    /// `BTreeSet<T>`.
    Set(&'a str),
    /// A map of texts.
    Map(&'a str),
    /// Any other.
    Plain(&'a str),
}

impl<'a> Type<'a> {
    /// Reads `Option<Val<Arn>>`.
    pub(super) fn of(text: &'a str) -> Self {
        let inside = |head: &str| text.strip_prefix(head)?.strip_suffix('>');
        let list = inside("Vec<").or_else(|| inside("implIntoIterator<Item=")).map(Self::List);
        let map = inside("BTreeMap<String,").map(Self::Map);
        list.or(map)
            .or_else(|| inside("Val<").map(Self::Val))
            .or_else(|| inside("Option<").map(Self::Option))
            .or_else(|| inside("BTreeSet<").map(Self::Set))
            .unwrap_or(if text == "Tags" { Self::Map("String") } else { Self::Plain(text) })
    }
}

/// A kind's form, and the service that its types are of.
pub(super) fn of_kind(kind: &str) -> Option<(&'static str, &'static str, &'static Form)> {
    let path = FORMS.kinds.get(kind)?;
    let (service, name) = path.split_once("::")?;
    Some((service, name, FORMS.types.get(path)?))
}

/// A type that a service has for itself.
pub(super) fn of_type(service: &str, name: &str) -> Option<&'static Form> {
    FORMS.types.get(&format!("{service}::{name}"))
}
