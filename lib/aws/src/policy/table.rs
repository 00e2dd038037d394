//! What AWS checks for an action: a table that is kept as data, see `actions.toml`. Decides nothing.

use serde::Deserialize;
use std::{collections::BTreeMap, sync::LazyLock};

static TABLE: LazyLock<BTreeMap<String, Service>> = LazyLock::new(|| {
    toml::from_str(include_str!("actions.toml")).expect("BUG: the table is sound")
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Service {
    /// The page of the Service Authorization Reference.
    pub(super) source: String,
    /// ARNs of resource types.
    #[serde(default)]
    types: BTreeMap<String, String>,
    #[serde(default)]
    keys: BTreeMap<String, Key>,
    /// What fills holes in the sandbox, which reads the same table.
    #[serde(default, rename = "holes")]
    _holes: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    unknown: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) resource_tags: bool,
    pub(super) actions: BTreeMap<String, Row>,
}

/// A condition key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    pub(super) operator: String,
    pub(super) hole: String,
}

/// What an action is checked against.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Row {
    pub(super) makes: Option<String>,
    pub(super) on: Vec<String>,
    pub(super) own: bool,
    pub(super) all: Option<String>,
    /// Types that it is on if the call has a parameter.
    pub(super) given: BTreeMap<String, String>,
    pub(super) tags: bool,
    keys: Vec<String>,
    pub(super) also: Vec<Also>,
}

/// Another action that the caller needs for an action.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Also {
    pub(super) action: String,
    pub(super) given: Option<Vec<String>>,
    #[serde(default, rename = "linked")]
    _linked: bool,
    #[serde(default, rename = "on")]
    _on: Option<String>,
    #[serde(default, rename = "from")]
    _from: BTreeMap<String, String>,
    #[serde(default, rename = "fill")]
    _fill: BTreeMap<String, String>,
    #[serde(rename = "source")]
    _source: Option<String>,
}

/// The table, by the services' prefixes.
pub(super) fn services() -> &'static BTreeMap<String, Service> {
    &TABLE
}

/// The service and the row of an action such as `ec2:CreateVpc`.
///
/// # Panics
/// If the table lacks it.
pub(super) fn row(action: &str) -> (&'static Service, &'static str, &'static Row) {
    let found = action.split_once(':').and_then(|(prefix, name)| {
        let (prefix, service) = TABLE.get_key_value(prefix)?;
        Some((service, prefix.as_str(), service.actions.get(name)?))
    });
    found.unwrap_or_else(|| panic!("BUG: `{action}` is not in the table of actions"))
}

impl Service {
    /// The ARN of a type, with holes.
    pub(super) fn arn(&self, kind: &str) -> &str {
        self.types.get(kind).unwrap_or_else(|| panic!("BUG: no type `{kind}` in {}", self.source))
    }

    /// What stands in a hole that nothing fills.
    pub(super) fn unknown(&self, hole: &str) -> &str {
        self.unknown.get(hole).map_or("*", String::as_str)
    }

    /// The condition keys of an action.
    pub(super) fn keys<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (&'a str, &'a Key)> {
        row.keys.iter().map(|name| (name.as_str(), &self.keys[name]))
    }
}
