//! Text from elsewhere inside Markdown: it stays text, whatever it says, and mentions nobody.

use crate::render::paint::clean;

/// Names longer than this are shortened in the middle: the first 50 characters, `…`, the last 29.
const LONGEST: usize = 80;
const HEAD: usize = 50;
const TAIL: usize = 29;

/// A name of at most 80 characters: what is longer loses its middle, as both ends tell more.
pub(super) fn short(name: &str) -> String {
    let total = name.chars().count();
    if total <= LONGEST {
        return name.to_owned();
    }
    let head = name.chars().take(HEAD);
    head.chain(['…']).chain(name.chars().skip(total - TAIL)).collect()
}

/// A code span, in which nothing is Markdown, HTML or a mention. In a table, `|` ends a cell even there.
pub(super) fn code(text: &str) -> String {
    let text = line(text).replace('|', "\\|");
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    let pad =
        if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A sentence in which only its own code spans are Markdown.
pub(super) fn prose(text: &str) -> String {
    let text = line(text);
    let mut pieces = text.split('`');
    let mut escaped = plain(pieces.next().unwrap_or_default());
    let mut pieces = pieces.peekable();
    while let Some(inside) = pieces.next() {
        match pieces.next() {
            Some(outside) if !inside.is_empty() => {
                escaped.push_str(&code(inside));
                escaped.push_str(&plain(outside));
            }
            Some(outside) => escaped.extend([format!("\\`\\`{}", plain(outside))]),
            // One that opens nothing.
            None => escaped.extend([format!("\\`{}", plain(inside))]),
        }
    }
    escaped
}

/// Inside an HTML element.
pub(super) fn html(text: &str) -> String {
    let text = line(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A block of lines as they are.
pub(super) fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat((longest_run(text, '`') + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // A mention is made of the text that is left, whatever is escaped in it.
            '@' => {
                let more = std::iter::from_fn(|| chars.next_if_eq(&'@'));
                escaped.extend([format!("`@{}`", more.collect::<String>())]);
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '*' | '_' | '[' | ']' | '#' | '!' | '|' | '~' | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// One line, without what cannot be seen.
fn line(text: &str) -> String {
    clean(text).replace('\n', " ")
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_between_code_spans_is_text() {
        assert_eq!(prose("`a` is *gone*, says @bob"), "`a` is \\*gone\\*, says `@`bob");
        assert_eq!(prose("@@ -1 @x"), "`@@` -1 `@`x");
        assert_eq!(prose("an odd ` and <b>"), "an odd \\` and &lt;b&gt;");
        assert_eq!(code("a`b|c"), "``a`b\\|c``");
    }

    #[test]
    fn a_long_name_keeps_both_ends() {
        let name: String = ('a'..='z').cycle().take(200).collect();
        let short = short(&name);
        assert_eq!(short.chars().count(), 80);
        assert!(name.starts_with(&short[..50]) && name.ends_with(&short[short.len() - 29..]));
        assert_eq!(super::short(&name[..80]), name[..80]);
    }
}
