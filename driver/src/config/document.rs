//! Settings as a tree that remembers in which file and line each part is.

use super::path::{Path, Segment};
use serde_json::{Map, Number, Value as Json};
use std::collections::BTreeMap;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A line of one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Which file, in the order in which they are layered.
    pub(crate) file: usize,
    /// The line, from 1.
    pub(crate) line: usize,
}

/// A part of the settings.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Where its key is, or where it begins.
    pub(crate) place: Place,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Table(BTreeMap<String, Node>),
    List(Vec<Node>),
    Value(Json),
}

/// Text that is no TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotToml {
    pub(crate) what: String,
    /// The byte where it stops making sense.
    pub(crate) at: usize,
}

impl Node {
    /// Reads a file's text.
    pub(crate) fn parse(text: &str, file: usize) -> Result<Self, NotToml> {
        let table = DeTable::parse(text).map_err(|error| NotToml {
            what: error.message().to_owned(),
            at: error.span().map_or(text.len(), |span| span.start),
        })?;
        let reader = Reader { text, file };
        let content = reader.table(table.get_ref())?;
        Ok(Self { place: Place { file, line: 1 }, content })
    }

    /// Puts another layer on top: its tables are merged into these, all else takes their place.
    pub(crate) fn overlay(&mut self, over: Self) {
        match (&mut self.content, over.content) {
            (Content::Table(under), Content::Table(over)) => {
                for (key, node) in over {
                    match under.get_mut(&key) {
                        Some(there) => there.overlay(node),
                        None => drop(under.insert(key, node)),
                    }
                }
            }
            (content, over_content) => {
                *content = over_content;
                self.place = over.place;
            }
        }
    }

    /// The part at a path, or the nearest part above it.
    pub(crate) fn nearest(&self, path: &Path) -> &Self {
        let mut node = self;
        for segment in &path.0 {
            let next = match (&node.content, segment) {
                (Content::Table(table), Segment::Key(key)) => table.get(key),
                (Content::List(list), Segment::Index(index)) => list.get(*index),
                _ => None,
            };
            let Some(next) = next else { break };
            node = next;
        }
        node
    }

    /// The settings without their places.
    pub(crate) fn to_json(&self) -> Json {
        match &self.content {
            Content::Table(table) => {
                let fields = table.iter().map(|(key, node)| (key.clone(), node.to_json()));
                Json::Object(fields.collect::<Map<_, _>>())
            }
            Content::List(list) => list.iter().map(Self::to_json).collect(),
            Content::Value(value) => value.clone(),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    file: usize,
}

impl Reader<'_> {
    fn place(&self, at: usize) -> Place {
        Place { file: self.file, line: line(self.text, at) }
    }

    fn table(&self, table: &DeTable<'_>) -> Result<Content, NotToml> {
        let node = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
            let place = self.place(key.span().start);
            let content = self.content(value)?;
            let key: &std::borrow::Cow<'_, str> = key.get_ref();
            Ok((key.to_string(), Node { place, content }))
        };
        table.iter().map(node).collect::<Result<_, _>>().map(Content::Table)
    }

    fn content(&self, value: &Spanned<DeValue<'_>>) -> Result<Content, NotToml> {
        let at = value.span().start;
        let refuse = |what: &str| NotToml { what: what.to_owned(), at };
        let value = match value.get_ref() {
            DeValue::Table(table) => return self.table(table),
            DeValue::Array(items) => {
                let node = |item: &Spanned<DeValue<'_>>| {
                    let place = self.place(item.span().start);
                    Ok(Node { place, content: self.content(item)? })
                };
                return items.iter().map(node).collect::<Result<_, _>>().map(Content::List);
            }
            DeValue::String(text) => Json::from(text.as_ref()),
            DeValue::Boolean(value) => Json::from(*value),
            DeValue::Datetime(time) => Json::from(time.to_string()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map(Json::from)
                .map_err(|_| refuse("the number is too large"))?,
            DeValue::Float(number) => number
                .as_str()
                .parse()
                .ok()
                .and_then(Number::from_f64)
                .map(Json::Number)
                .ok_or_else(|| refuse("a number has to be finite"))?,
        };
        Ok(Content::Value(value))
    }
}

/// The line that a byte is in, from 1.
pub(crate) fn line(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].matches('\n').count() + 1
}
