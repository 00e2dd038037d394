//! What happens to one resource: a row, and everything about it to unfold.

use super::{diff, foreign, links::Links, value::value};
use crate::render::{
    action,
    change::{marks, sign},
    preview::{self, said},
    words,
};
use groundplan::{
    Action, Address, Change, Danger, DangerKind, Plan, Preview, PreviewObject, ReplaceOrder,
};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The row of a resource that changes, with what is to be said of it folded below.
pub(super) fn row(change: &Change, place: &str, open: bool, plan: &Plan, links: &Links) -> Markup {
    let (sign, name, _) = sign(&change.action);
    let class = action::class(&change.action);
    html! {
        details.change id=(place) data-action=(class) open[open] {
            summary {
                span.act.(class) { span.sign { (sign) } " " (name) }
                span.name { (foreign::text(change.address.to_string())) }
                span.gist {
                    @for kind in dangers(&change.address, plan) {
                        span.danger.(danger(kind).0) { (danger(kind).1) }
                    }
                    (foreign::prose(gist(change)))
                }
            }
            div.body { (body(change, plan, links)) }
        }
    }
}

/// Everything about a resource that changes, but its action and the reason for it.
pub(super) fn body(change: &Change, plan: &Plan, links: &Links) -> Markup {
    let own = plan.dangers.iter().filter(|danger| danger.address == change.address);
    html! {
        @if let Action::Replace { order: ReplaceOrder::Create { why }, .. } = &change.action {
            p { "created first because " (foreign::prose(why)) }
        }
        @for note in &change.notes { p.note { (foreign::prose(note)) } }
        @for found in own.filter(|danger| danger.object.is_none() && is_news(danger)) {
            @let (class, name) = danger(found.kind);
            p { span.danger.(class) { (name) } " " (foreign::prose(&found.what)) }
        }
        @if !change.fields.is_empty() { (fields(change, plan, links)) }
        @if let Some(preview) = &change.preview { (inside(preview, links)) }
    }
}

fn fields(change: &Change, plan: &Plan, links: &Links) -> Markup {
    let new = matches!(change.action, Action::Create { .. });
    html! {
        table.fields {
            @for field in &change.fields {
                tr {
                    th scope="row" { (foreign::text(&field.path)) }
                    td {
                        @if new {
                            (value(&field.after, field.unknown, links))
                        } @else {
                            (diff::pair(&field.before, &field.after, field.unknown, links))
                            @for mark in marks(field, plan) {
                                span.mark.forces[field.replaces] { (foreign::text(mark)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The objects inside a resource, such as those of a Helm release: first what goes.
fn inside(preview: &Preview, links: &Links) -> Markup {
    let goes = |object: &&PreviewObject| preview::destroys(&object.action);
    let (gone, rest): (Vec<_>, Vec<_>) = preview.objects.iter().partition(goes);
    html! {
        @if !preview.objects.is_empty() {
            h4 { (words::count(preview.objects.len(), "object")) " inside" }
            ul.objects { @for object in gone.into_iter().chain(rest) { li { (one(object, links)) } } }
        }
        @for note in &preview.notes { p.note { (foreign::prose(note)) } }
    }
}

fn one(object: &PreviewObject, links: &Links) -> Markup {
    let (sign, _) = preview::sign(&object.action);
    let class = match object.action.as_str() {
        known @ ("create" | "update" | "delete" | "replace") => known,
        "run" => "finish",
        _ => "keep",
    };
    html! {
        span.act.(class) { span.sign { (sign) } " " (foreign::text(&object.action)) }
        " " span.name { (foreign::text(&object.object)) }
        @if !object.changes.is_empty() {
            table.fields {
                @for (path, before, after) in &object.changes {
                    tr {
                        th scope="row" { (foreign::text(path)) }
                        td { (diff::pair(&said(before), &said(after), false, links)) }
                    }
                }
            }
        }
    }
}

/// What a row says beside the name.
fn gist(change: &Change) -> String {
    let why = change.reason();
    let objects = change.preview.as_ref().map_or(0, |preview| preview.objects.len());
    let counts = [(change.fields.len(), "field"), (objects, "object")];
    let counts = counts.iter().filter(|(number, _)| *number > 0);
    let mut parts: Vec<_> = counts.map(|(number, one)| words::count(*number, one)).collect();
    if !why.is_empty() {
        parts.insert(0, why);
    }
    parts.join(" · ")
}

/// The sorts of danger in a resource that its action does not say by itself.
fn dangers(address: &Address, plan: &Plan) -> BTreeSet<DangerKind> {
    let own = plan.dangers.iter().filter(|danger| danger.address == *address);
    own.filter(|danger| is_news(danger)).map(|danger| danger.kind).collect()
}

/// Whether a danger says more of a resource than its action does.
fn is_news(danger: &Danger) -> bool {
    danger.object.is_some() || !matches!(danger.kind, DangerKind::Delete | DangerKind::Replace)
}

/// The class of a sort of danger, and what it is called.
pub(super) fn danger(kind: DangerKind) -> (&'static str, &'static str) {
    let class = match kind {
        DangerKind::DataLoss => "loss",
        DangerKind::Delete => "delete",
        DangerKind::Replace => "replace",
        DangerKind::Downtime => "downtime",
        DangerKind::Widening => "widening",
        DangerKind::Exposure => "exposure",
    };
    (class, words::danger(kind))
}
