//! What is there and what is to be there: of documents the places that differ, of texts the lines,
//! and the whole of both to unfold.

use super::{
    foreign,
    links::Links,
    value::{document, value},
};
use crate::render::{
    inside,
    value::{LONG, text},
    words,
};
use groundplan::Json;
use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};
use unicode_width::UnicodeWidthStr;

/// Two values that differ. `unknown` says that the second has parts that name their source.
pub(super) fn pair(before: &Json, after: &Json, unknown: bool, links: &Links) -> Markup {
    if let (Some(old), Some(new)) = (document(before, false), document(after, unknown))
        && (before.is_string() || long(before, false) || long(after, unknown))
    {
        return places(&old, &new, unknown, links);
    }
    if let (Some(old), Some(new)) = (before.as_str(), after.as_str())
        && (old.contains('\n') || new.contains('\n'))
    {
        return lines(old, new);
    }
    html! {
        del { (value(before, false, links)) }
        span.to { " → " }
        ins { (value(after, unknown, links)) }
    }
}

fn long(value: &Json, unknown: bool) -> bool {
    text(value, unknown).width() > LONG
}

fn places(before: &Json, after: &Json, unknown: bool, links: &Links) -> Markup {
    let places = inside::places(before, after);
    html! {
        p.dim { (words::count(places.len(), "place")) " changed" }
        table.fields {
            @for place in &places {
                tr {
                    th scope="row" { (foreign::text(&place.path)) }
                    td { (pair(&place.before, &place.after, unknown, links)) }
                }
            }
        }
        (whole("before", before, false, links))
        (whole("after", after, unknown, links))
    }
}

fn whole(which: &str, document: &Json, unknown: bool, links: &Links) -> Markup {
    html! {
        details { summary { "the whole document " (which) } (value(document, unknown, links)) }
    }
}

fn lines(before: &str, after: &str) -> Markup {
    let diff = TextDiff::from_lines(before, after);
    html! {
        pre.lines {
            @for line in diff.iter_all_changes() {
                @let text = format!("{}\n", line.value().trim_end_matches(['\r', '\n']));
                @match line.tag() {
                    ChangeTag::Equal => span { "  " (foreign::text(text)) },
                    ChangeTag::Delete => del { "- " (foreign::text(text)) },
                    ChangeTag::Insert => ins { "+ " (foreign::text(text)) },
                }
            }
        }
    }
}
