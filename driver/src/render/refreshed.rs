//! What a refresh found.

use super::{
    json::FORMAT,
    page::Page,
    paint::{Paint, Tone},
    table::{Cell, Table},
    value::Values,
    words,
};
use groundplan::{Drift, Json, OutputChange, Refreshed, json};

/// For people: what others changed, what is gone, and what else is not as it is on record.
pub(crate) fn page(found: &Refreshed, stack: &str, paint: &Paint) -> String {
    let mut page = Page::new(paint);
    let mut values = Values::default();
    for Drift { address, deposed, fields } in &found.drift {
        let replaced = if *deposed { " (replaced)" } else { "" };
        page.line(format!("{} {address}{replaced}", paint.tone(Tone::Yellow, "~ changed outside")));
        let mut table = Table::default();
        for field in fields {
            let (recorded, live) = values.pair(&field.recorded, &field.live, false);
            let path = Cell::from(&field.path);
            table.row([path, Cell::new(Tone::Dim, recorded), Cell::becomes(live)]);
        }
        page.add(table.fitted(4, paint));
        page.gap();
    }
    for address in &found.gone {
        page.line(format!("{} {address}", paint.tone(Tone::Red, "- gone")));
    }
    let mut table = Table::default();
    for OutputChange { address, output, recorded, live } in &found.outputs {
        let (recorded, live) = values.pair(recorded, live, false);
        let of = Cell::from(format!("{address}#{output}"));
        table.row([of, Cell::new(Tone::Dim, recorded), Cell::becomes(live)]);
    }
    if !found.outputs.is_empty() {
        page.line("outputs that are others now:");
        page.add(table.fitted(2, paint));
    }
    if !found.gone.is_empty() || !found.outputs.is_empty() {
        page.gap();
    }
    page.line(paint.bold(verdict(found, stack)));
    if !found.drift.is_empty() {
        page.tell(
            Tone::Green,
            "hint:",
            "`apply plan` shows how the program mends what others changed",
        );
    }
    for note in &found.notes {
        page.tell(Tone::Yellow, "note:", note);
    }
    page.finish()
}

fn verdict(found: &Refreshed, stack: &str) -> String {
    let read = words::count(found.read, "object");
    if found.is_empty() {
        return format!("stack `{stack}`: all of {read} as on record");
    }
    let Refreshed { drift, gone, outputs, .. } = found;
    let outputs = words::count(outputs.len(), "output");
    format!(
        "stack `{stack}`: of {read} {} changed outside, {} gone, {outputs} out of date",
        drift.len(),
        gone.len()
    )
}

/// For programs.
pub(crate) fn json(found: &Refreshed, stack: &str) -> Json {
    json!({
        "format": FORMAT,
        "stack": stack,
        "read": found.read,
        "drift": found.drift,
        "gone": found.gone,
        "outputs": found.outputs,
        "notes": found.notes,
    })
}
