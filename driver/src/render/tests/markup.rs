//! Reads a page back: its elements, and what a reader sees of it.

use std::fmt::Write;

/// A piece of a page.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    /// An element's name and attributes.
    Open(String, Vec<(String, String)>),
    Close(String),
    Text(String),
}

/// The pieces of a page. Style and script are text, as a browser takes them.
pub(super) fn pieces(page: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        text(&rest[..at], &mut pieces);
        let end = at + rest[at..].find('>').unwrap_or_else(|| panic!("no end: {}", &rest[at..]));
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            pieces.push(Piece::Close(name.into()));
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        pieces.push(Piece::Open(name.into(), self::attributes(attributes)));
        if ["style", "script"].contains(&name) {
            let close = rest.find(&format!("</{name}>")).expect("an end");
            pieces.push(Piece::Text(rest[..close].into()));
            rest = &rest[close..];
        }
    }
    text(rest, &mut pieces);
    pieces
}

fn text(text: &str, pieces: &mut Vec<Piece>) {
    if !text.is_empty() {
        pieces.push(Piece::Text(unescaped(text)));
    }
}

fn unescaped(text: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (name, c)| text.replace(name, c))
}

fn attributes(mut text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    while let Some((name, rest)) = text.trim_start().split_once("=\"") {
        let (flags, name) = name.rsplit_once(' ').unwrap_or(("", name));
        found.extend(flags.split_whitespace().map(|flag| (flag.to_owned(), String::new())));
        let (value, rest) = rest.split_once('"').expect("a quote at the end");
        found.push((name.to_owned(), unescaped(value)));
        text = rest;
    }
    found.extend(text.split_whitespace().map(|flag| (flag.to_owned(), String::new())));
    found
}

/// What a reader sees of a page, all unfolded: a line for each row, those within others further in.
pub(super) fn outline(page: &str) -> String {
    let (mut lines, mut line, mut depth, mut mute) = (String::new(), String::new(), 0_usize, false);
    let nests =
        |name: &str| ["section", "div", "table", "ul", "details", "article"].contains(&name);
    let breaks = |name: &str| {
        nests(name)
            || ["h1", "h2", "h3", "h4", "p", "li", "tr", "summary", "dl", "g", "a"].contains(&name)
    };
    let end = |line: &mut String, lines: &mut String, depth: usize| {
        let text = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            let _ = writeln!(lines, "{}{text}", "  ".repeat(depth));
        }
        line.clear();
    };
    for piece in pieces(page) {
        match piece {
            Piece::Open(name, _) if ["style", "script", "title"].contains(&&*name) => mute = true,
            Piece::Close(name) if ["style", "script", "title"].contains(&&*name) => mute = false,
            Piece::Open(name, attributes) => {
                let inline = name == "a" && attributes.iter().any(|(_, value)| value == "name");
                if breaks(&name) && !inline {
                    end(&mut line, &mut lines, depth);
                }
                if ["td", "dd", "text", "span", "strong"].contains(&&*name) {
                    line.push(' ');
                }
                depth += usize::from(nests(&name));
            }
            Piece::Close(name) => {
                if breaks(&name) && name != "a" {
                    end(&mut line, &mut lines, depth);
                }
                depth -= usize::from(nests(&name));
            }
            Piece::Text(text) if !mute => line.push_str(&text),
            Piece::Text(_) => {}
        }
    }
    end(&mut line, &mut lines, depth);
    lines
}
