//! Versions of a state, and what differs between two of them.

use super::{
    page::Page,
    paint::{Paint, Tone},
    table::{Cell, Table},
    value,
};
use crate::history::{Difference, Place};
use groundplan_state::{Slot, Version};

/// Every version in a line, the latest last, where a terminal shows it.
pub(crate) fn list(versions: &[Version], paint: &Paint) -> String {
    let mut table = Table::with_head(&["serial", "when", "command", "who", "commit", "resources"]);
    for Version { serial, run, resources } in versions {
        let of = |text: Option<&str>| Cell::from(text.unwrap_or("-"));
        let run = run.as_ref();
        let when = run.map(|run| run.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string());
        let commit = run.and_then(|run| run.commit.as_deref());
        table.row([
            serial.to_string().into(),
            of(when.as_deref()),
            of(run.map(|run| run.command.as_str())),
            of(run.map(|run| run.who.as_str())),
            of(commit.map(|commit| commit.get(..12).unwrap_or(commit))),
            resources.to_string().into(),
        ]);
    }
    paint.finish(table.render(0, paint))
}

/// What differs, record by record and value by value.
pub(crate) fn differences(all: &[(Place, Difference)], paint: &Paint) -> String {
    let mut page = Page::new(paint);
    for ((address, slot), difference) in all {
        let name = match slot {
            Slot::Current => address.to_string(),
            Slot::Deposed(_) => format!("{address} (replaced)"),
        };
        let (tone, sign) = match difference {
            Difference::Added => (Tone::Green, "+"),
            Difference::Gone => (Tone::Red, "-"),
            Difference::Changed(_) => (Tone::Yellow, "~"),
        };
        page.line(format!("{} {name}", paint.tone(tone, sign)));
        let Difference::Changed(values) = difference else { continue };
        let mut table = Table::default();
        let mut shown = value::Values::default();
        for (path, before, after) in values {
            let (before, after) = shown.pair(before, after, false);
            table.row([path.into(), before.into(), Cell::becomes(after)]);
        }
        page.add(table.render(4, paint));
    }
    if all.is_empty() {
        page.line("no record differs");
    }
    page.finish()
}
