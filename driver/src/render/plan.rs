//! A plan as a page: what is destroyed first, then each resource that changes, then the verdict.
//!
//! The page is written to be read from its end, as a terminal leaves it: verdict and refusals are the
//! last lines. Nothing that changes is left out; only values and long documents are cut, and say so.

use super::{
    change::{SHORT, block, reason, sign},
    findings,
    page::Page,
    paint::{Paint, Tone},
    preview,
    table::{Cell, Table},
    value::{LONG, Values},
    words,
};
use groundplan::{Action, Change, Counts, Mode, Plan, Refusal};

/// From so many new resources on, the fields of each are put into few lines.
const MANY: usize = 9;

/// The page of a plan.
pub(crate) fn plan(plan: &Plan, paint: &Paint) -> String {
    let mut page = Page::new(paint);
    let found = findings::section(&plan.findings, paint);
    if plan.is_empty() {
        page.add(found);
        page.line(nothing(plan));
    } else {
        let what = match plan.mode {
            Mode::Apply => "plan",
            Mode::Destroy => "destroy",
        };
        page.line(paint.bold(format!("{what} of stack `{}`", plan.stack)));
        page.gap();
        dangers(plan, &mut page, paint);
        blocks(plan, &mut page, paint);
        page.add(found);
        page.line(paint.bold(verdict(plan)));
    }
    for note in &plan.notes {
        page.say(Tone::Yellow, "note:", note);
    }
    for Refusal { address, what, lift } in &plan.refusals {
        page.say(Tone::Red, "refused:", format!("`{address}` {what}"));
        page.say(Tone::Green, "  hint:", format!("lift this with {lift}"));
    }
    page.finish()
}

/// The verdict: `12 to create, 1 to update, 1 to replace, 0 to delete, 17 unchanged`.
pub(crate) fn verdict(plan: &Plan) -> String {
    let Counts { create, update, replace, delete, record } = plan.counts();
    let changes = format!("{create} to create, {update} to update, {replace} to replace");
    let rest = format!("{delete} to delete, {} unchanged", plan.unchanged);
    match record {
        0 => format!("{changes}, {rest}"),
        _ => format!("{changes}, {rest}, {record} on record only"),
    }
}

fn nothing(plan: &Plan) -> String {
    match (plan.mode, plan.unchanged) {
        (Mode::Destroy, _) => format!("nothing to destroy: stack `{}` holds nothing", plan.stack),
        (Mode::Apply, 0) => {
            format!("no changes: stack `{}` holds and asks for nothing", plan.stack)
        }
        (Mode::Apply, 1) => "no changes: the one resource is as the program says".into(),
        (Mode::Apply, all) => format!("no changes: all {all} resources are as the program says"),
    }
}

/// What is taken away, in one list: resources, and objects inside of them.
fn dangers(plan: &Plan, page: &mut Page<'_>, paint: &Paint) {
    let mut table = Table::default();
    let mut total = 0;
    for change in &plan.changes {
        if matches!(change.action, Action::Delete { .. } | Action::Replace { .. }) {
            let (sign, name, tone) = sign(&change.action);
            let reason = reason(change);
            table.row([
                Cell::new(tone, format!("{sign} {name}")),
                Cell::from(change.address.to_string()),
                reason.into(),
            ]);
            total += 1;
        }
        let inner =
            change.preview.iter().flat_map(|p| &p.objects).filter(|o| preview::destroys(&o.action));
        for object in inner {
            let (sign, tone) = preview::sign(&object.action);
            let verb = Cell::new(tone, format!("{sign} {}", object.action));
            table.row([
                verb,
                Cell::from(&object.object),
                format!("inside {}", change.address).into(),
            ]);
            total += 1;
        }
    }
    if total > 0 {
        let are = if total == 1 { "is" } else { "are" };
        let title = format!("{} {are} deleted or replaced:", words::count(total, "object"));
        page.line(paint.red(title));
        page.add(table.render(2, paint));
        page.gap();
    }
}

/// Each resource that changes. One that is only deleted is in the list of what is taken away.
fn blocks(plan: &Plan, page: &mut Page<'_>, paint: &Paint) {
    let told = |change: &&Change| {
        matches!(change.action, Action::Delete { .. })
            && change.fields.is_empty()
            && change.preview.is_none()
            && change.notes.is_empty()
    };
    let compact = plan.counts().create >= MANY;
    let mut values = Values::default();
    for change in plan.changes.iter().filter(|change| !told(change)) {
        page.add(block(change, plan, compact, &mut values, paint));
        page.gap();
    }
    if values.cut {
        let short = if compact { format!(" (new ones: {SHORT})") } else { String::new() };
        page.line(paint.dim(format!(
            "values over {LONG} characters{short} and documents are cut; the plan as JSON has them whole"
        )));
        page.gap();
    }
}
