//! How a reader sees a value, in one line.
//!
//! A value longer than the limit is cut and says how long it is; of two that differ, the place where
//! they begin to differ is shown. Documents and texts of several lines are named, not shown. No value
//! is a secret: where a field takes one, it holds the secret's source.

use super::paint::one_line;
use groundplan::{Address, Json};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The longest value in a line of its own.
pub(crate) const LONG: usize = 72;

/// How much of what two long values have in common is shown before their difference.
const LEAD: usize = 12;

/// Shows values, and remembers whether it had to cut one.
#[derive(Debug, Default)]
pub(crate) struct Values {
    /// Whether anything was cut or only named.
    pub(crate) cut: bool,
}

impl Values {
    /// One value. `unknown` says that it has parts that name their source.
    pub(crate) fn one(&mut self, value: &Json, unknown: bool, limit: usize) -> String {
        // Where a value will come from is worth more room than what it is.
        let limit = if unknown { limit.max(LONG) } else { limit };
        if let Some(name) = self.named(value, unknown, limit) {
            return name;
        }
        self.fit(&shown(value, unknown), 0, limit)
    }

    /// What is there and what is wanted.
    pub(crate) fn pair(&mut self, before: &Json, after: &Json, unknown: bool) -> (String, String) {
        let (old, new) = (self.named(before, false, LONG), self.named(after, unknown, LONG));
        let (before, after) = (shown(before, false), shown(after, unknown));
        let common = before.chars().zip(after.chars()).take_while(|(a, b)| a == b).count();
        // A cut at the end would hide what differs if that is far behind.
        let from = if common + LEAD > LONG { common - LEAD } else { 0 };
        let mut fit = |text: &str| self.fit(text, from, LONG);
        (old.unwrap_or_else(|| fit(&before)), new.unwrap_or_else(|| fit(&after)))
    }

    /// What is named instead of shown: documents and texts of several lines.
    fn named(&mut self, value: &Json, unknown: bool, limit: usize) -> Option<String> {
        let whole = value.as_str()?;
        let length = whole.chars().count();
        let Some(document) = parse(value, unknown) else {
            let lines = whole.lines().count();
            let several = lines > 1;
            self.cut |= several;
            return several.then(|| format!("text of {lines} lines ({length} characters)"));
        };
        let line = shown(&document, unknown);
        if line.width() <= limit {
            return Some(format!("JSON {line}"));
        }
        self.cut = true;
        let content = match &document {
            Json::Object(map) => {
                let keys = one_line(&map.keys().cloned().collect::<Vec<_>>().join(", "));
                let kept = start(&keys, limit);
                format!("{{{kept}{}}}", if kept.len() < keys.len() { "…" } else { "" })
            }
            Json::Array(items) => format!("list of {}", items.len()),
            _ => return None,
        };
        Some(format!("JSON {content} ({length} characters)"))
    }

    /// The text, from this character on if it is too long, and cut where it still is.
    fn fit(&mut self, text: &str, from: usize, limit: usize) -> String {
        let total = text.chars().count();
        if text.width() <= limit {
            return text.to_owned();
        }
        self.cut = true;
        let quote = if text.starts_with('"') { "\"" } else { "" };
        let lead = if from > 0 { format!("{quote}…") } else { String::new() };
        let rest: String = text.chars().skip(from).collect();
        let shown = start(&rest, limit);
        let end = if shown.len() < rest.len() { format!("…{quote}") } else { String::new() };
        format!("{lead}{shown}{end} ({total} characters)", total = total - 2 * quote.len())
    }
}

/// As much of the start of a text as has so many columns.
fn start(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let mut fits = |c: char| {
        used += c.width().unwrap_or_default();
        used <= columns
    };
    let end = text.char_indices().find(|(_, c)| !fits(*c)).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// A value in one line, without what would steer a terminal.
fn shown(value: &Json, unknown: bool) -> String {
    one_line(&text(value, unknown))
}

/// The document that a value is: a list or map as it is, or one in a text.
pub(crate) fn parse(value: &Json, unknown: bool) -> Option<Json> {
    let text = value.as_str()?;
    // The engine puts a document with parts that are not known yet like this.
    let text = if unknown { text.strip_prefix("JSON of ").unwrap_or(text) } else { text };
    serde_json::from_str(text).ok().filter(|parsed: &Json| parsed.is_object() || parsed.is_array())
}

/// A value whole, in one line.
pub(crate) fn text(value: &Json, unknown: bool) -> String {
    match value {
        Json::Null => "(none)".into(),
        Json::String(text) if unknown => match source(text) {
            Some(source) => format!("(known after: {source})"),
            // A text with sources inside comes in quotes already.
            None if text.starts_with('"') && text.contains('#') => {
                format!("{text} (known after apply)")
            }
            None => value.to_string(),
        },
        Json::Array(items) if unknown && !items.is_empty() => {
            let sources: Option<Vec<_>> = items.iter().map(|i| source(i.as_str()?)).collect();
            match sources {
                Some(sources) => format!("[(known after: {})]", sources.join(", ")),
                None => list(items, unknown),
            }
        }
        Json::Array(items) => list(items, unknown),
        Json::Object(map) => {
            let entries: Vec<_> = map
                .iter()
                .map(|(key, value)| {
                    format!("{}: {}", Json::from(key.as_str()), text(value, unknown))
                })
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

fn list(items: &[Json], unknown: bool) -> String {
    let items: Vec<_> = items.iter().map(|item| text(item, unknown)).collect();
    format!("[{}]", items.join(", "))
}

/// The output that a value which is not known yet comes from: `ec2.vpc/main#id`.
pub(super) fn source(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let (address, _) = inner.split_once('#')?;
    address.parse::<Address>().is_ok().then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan::json;

    #[test]
    fn a_difference_far_behind_is_not_cut_off() {
        let arn =
            |last: &str| json!(format!("{}{last}", "arn:aws:iam::123456789012:role/".repeat(4)));
        let mut values = Values::default();
        let (before, after) = values.pair(&arn("reader"), &arn("writer"), false);
        assert_eq!(before, "\"…789012:role/reader\" (130 characters)");
        assert_eq!(after, "\"…789012:role/writer\" (130 characters)");
        assert!(values.cut);
    }

    #[test]
    fn a_long_value_says_how_long_it_is() {
        let mut values = Values::default();
        assert_eq!(
            values.one(&json!("abcdefghijklmnop"), false, 10),
            "\"abcdefghi…\" (16 characters)"
        );
        assert_eq!(values.one(&json!("a\nb\nc\n"), false, 10), "text of 3 lines (6 characters)");
    }

    #[test]
    fn only_what_is_not_known_names_a_source() {
        let value = json!(["(ec2.subnet/a#id)", "(ec2.subnet/b#id)"]);
        assert_eq!(text(&value, true), "[(known after: ec2.subnet/a#id, ec2.subnet/b#id)]");
        assert_eq!(text(&value, false), r#"["(ec2.subnet/a#id)", "(ec2.subnet/b#id)"]"#);
        let some = json!(["subnet-1", "(ec2.subnet/b#id)"]);
        assert_eq!(text(&some, true), r#"["subnet-1", (known after: ec2.subnet/b#id)]"#);
    }
}
