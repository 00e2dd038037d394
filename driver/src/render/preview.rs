//! What a change does inside a resource that holds many objects, such as a Helm release.

use super::{
    page::Page,
    paint::{Paint, Tone, one_line},
    table::{Cell, Table},
    value::Values,
    words,
};
use groundplan::{Json, Preview, PreviewObject};

/// How many changed places of one object are shown.
const PLACES: usize = 12;

/// Whether an action takes an object away.
pub(crate) fn destroys(action: &str) -> bool {
    matches!(action, "delete" | "replace")
}

/// The sign of an action, and its tone.
pub(crate) fn sign(action: &str) -> (&'static str, Tone) {
    match action {
        "create" => ("+", Tone::Green),
        "update" => ("~", Tone::Yellow),
        "delete" => ("-", Tone::Red),
        "replace" => ("-/+", Tone::Red),
        "run" => ("!", Tone::Yellow),
        _ => (" ", Tone::Plain),
    }
}

/// The inner objects: first what goes, then the others in their order. Neighbours of which there is
/// no more to say than their name share a line.
pub(crate) fn inside(preview: &Preview, values: &mut Values, paint: &Paint) -> String {
    let (gone, rest): (Vec<_>, Vec<_>) = preview.objects.iter().partition(|o| destroys(&o.action));
    let objects: Vec<_> = gone.into_iter().chain(rest).collect();
    let alike = |a: &&PreviewObject, b: &&PreviewObject| {
        let plain = a.changes.is_empty() && b.changes.is_empty();
        plain && a.action == b.action && kind(&a.object).0 == kind(&b.object).0
    };
    let mut page = Page::new(paint);
    for group in objects.chunk_by(alike) {
        let (sign, tone) = sign(&group[0].action);
        let of = format!("{}  {}", group[0].action, kind(&group[0].object).0);
        let label = format!("    {sign} {}", one_line(&of));
        let names: Vec<_> = group.iter().map(|o| kind(&o.object).1.to_owned()).collect();
        page.flow(tone, &label, &names, ", ");
        if let [object] = group {
            page.add(places(object, values, paint));
        }
    }
    for note in &preview.notes {
        page.tell(Tone::Yellow, "    note:", note);
    }
    page.finish()
}

/// `Deployment datahub/gms` as its kind, which Kubernetes keeps this short, and its name.
fn kind(object: &str) -> (&str, &str) {
    object.split_once(' ').filter(|(kind, _)| kind.len() <= 63).unwrap_or(("", object))
}

fn places(object: &PreviewObject, values: &mut Values, paint: &Paint) -> String {
    let mut table = Table::default();
    for (path, before, after) in object.changes.iter().take(PLACES) {
        let (before, after) = values.pair(&said(before), &said(after), false);
        table.row([path.into(), Cell::new(Tone::Dim, before), Cell::becomes(after)]);
    }
    if let Some(more) = words::more(object.changes.len(), PLACES, "place") {
        values.cut = true;
        table.row([Cell::new(Tone::Dim, more)]);
    }
    table.fitted(8, paint)
}

/// A preview gives its values as text: what reads as JSON is that, all else is a text.
pub(super) fn said(text: &str) -> Json {
    match text {
        "" => Json::Null,
        _ => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    }
}
