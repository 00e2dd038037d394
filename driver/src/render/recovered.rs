//! What a lost state was rebuilt from.

use super::{
    json::FORMAT,
    page::Page,
    paint::{Paint, Tone},
    table::{Cell, Table},
    words,
};
use groundplan::{Address, Json, Recovered, json};

/// As text: what was found and is recorded, what is not there, what is left alone.
pub(crate) fn page(recovered: &Recovered, paint: &Paint) -> String {
    let mut page = Page::new(paint);
    let lineage = &recovered.snapshot.lineage;
    let found = words::count(recovered.found.len(), "object");
    page.line(format!("found {found} of lineage {lineage}"));
    let mut table = Table::default();
    for (address, id) in &recovered.found {
        table.row([Cell::new(Tone::Green, "+"), address.to_string().into(), id.into()]);
    }
    page.add(table.render(2, paint));
    if !recovered.missing.is_empty() {
        page.gap();
        page.line("in the program and not found; the next apply makes them:");
        let names: Vec<_> = recovered.missing.iter().map(ToString::to_string).collect();
        page.flow(Tone::Plain, " ", &names, ", ");
    }
    if !recovered.left.is_empty() {
        page.gap();
        page.line("carry the mark and are not in the program; they are recorded as left alone:");
        let mut table = Table::default();
        for (address, id) in &recovered.left {
            table.row([Cell::new(Tone::Yellow, "?"), address.to_string().into(), id.into()]);
        }
        page.add(table.render(2, paint));
    }
    page.finish()
}

/// The same for programs.
pub(crate) fn json(recovered: &Recovered) -> Json {
    let named = |all: &[(Address, String)]| {
        all.iter().map(|(address, id)| json!({ "address": address, "id": id })).collect::<Vec<_>>()
    };
    json!({
        "format": FORMAT,
        "stack": recovered.snapshot.stack,
        "lineage": recovered.snapshot.lineage,
        "found": named(&recovered.found),
        "missing": recovered.missing,
        "left": named(&recovered.left),
    })
}
