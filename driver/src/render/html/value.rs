//! One value, whole: a short one in the line, a long one below it.

use super::{foreign, links::Links};
use crate::render::value::{LONG, parse, source, text};
use groundplan::Json;
use maud::{Markup, html};
use unicode_width::UnicodeWidthStr;

/// A value. `unknown` says that it has parts that name their source.
pub(super) fn value(value: &Json, unknown: bool, links: &Links) -> Markup {
    if let Some(source) = value.as_str().filter(|_| unknown).and_then(source) {
        return html! { span.unknown { "known after " (links.output(source)) } };
    }
    html! {
        @match (value, document(value, unknown)) {
            (Json::Null, _) => span.none { "(none)" },
            (_, Some(document)) => (tree(&document, value.is_string(), unknown)),
            (Json::String(long), None) if long.contains('\n') => pre { (foreign::text(long)) },
            _ => code { (foreign::text(text(value, unknown))) },
        }
    }
}

fn tree(document: &Json, in_text: bool, unknown: bool) -> Markup {
    let line = text(document, unknown);
    html! {
        @if in_text { span.dim { "JSON " } }
        @if line.width() <= LONG {
            code { (foreign::text(line)) }
        } @else {
            @if unknown { span.unknown { "with parts known after apply" } }
            pre { (foreign::text(format!("{document:#}"))) }
        }
    }
}

/// The document that a value is, or that is in its text.
pub(super) fn document(value: &Json, unknown: bool) -> Option<Json> {
    let composite = value.is_object() || value.is_array();
    if composite { Some(value.clone()) } else { parse(value, unknown) }
}
