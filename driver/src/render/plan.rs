//! A plan as a page: what is destroyed first, then each resource that changes, then the verdict.
//!
//! The page is written to be read from its end, as a terminal leaves it: verdict and refusals are the
//! last lines. Nothing that changes is left out; only values and long documents are cut, and say so.

use super::{
    change::{SHORT, alike, block, flow, group, longest, sign},
    common, findings,
    page::Page,
    paint::{Paint, Tone},
    table::{Cell, Table},
    value::{LONG, Values},
    words,
};
use groundplan::{Action, Change, Counts, DangerKind, Mode, Plan, Refusal};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// From so many new resources on, the fields of each are put into few lines.
const MANY: usize = 9;

/// So many resources that change in the same fields from the same to the same share a block.
const ALIKE: usize = 3;

/// What takes no longer than this needs no forecast.
const SOON: Duration = Duration::from_mins(1);

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
        outlook(plan, &mut page);
    }
    for note in &plan.notes {
        page.tell(Tone::Yellow, "note:", note);
    }
    for Refusal { address, what, lift } in &plan.refusals {
        page.tell(Tone::Red, "refused:", format!("`{address}` {what}"));
        page.tell(Tone::Green, "  hint:", format!("lift this with {lift}"));
    }
    page.finish()
}

/// The verdict: `12 to create, 1 to update, 1 to replace, 0 to delete, 17 unchanged`.
pub(crate) fn verdict(plan: &Plan) -> String {
    let Counts { create, import, update, replace, delete, record } = plan.counts();
    let import = if import == 0 { String::new() } else { format!("{import} to import, ") };
    let changes = format!("{import}{create} to create, {update} to update, {replace} to replace");
    let rest = format!("{delete} to delete, {} unchanged", plan.unchanged);
    match record {
        0 => format!("{changes}, {rest}"),
        _ => format!("{changes}, {rest}, {record} on record only"),
    }
}

/// How long it is likely to take, and along what.
fn outlook(plan: &Plan, page: &mut Page<'_>) {
    let likely = plan.outlook.likely;
    if likely > SOON {
        let label = format!("likely to take {}:", words::about(likely));
        page.flow(Tone::Plain, &label, &longest(plan), " → ");
    }
}

pub(super) fn nothing(plan: &Plan) -> String {
    match (plan.mode, plan.unchanged) {
        (Mode::Destroy, _) => format!("nothing to destroy: stack `{}` holds nothing", plan.stack),
        (Mode::Apply, 0) => {
            format!("no changes: stack `{}` holds and asks for nothing", plan.stack)
        }
        (Mode::Apply, 1) => "no changes: the one resource is as the program says".into(),
        (Mode::Apply, all) => format!("no changes: all {all} resources are as the program says"),
    }
}

/// What a reader must not miss, in one list: what goes, and what else it does.
fn dangers(plan: &Plan, page: &mut Page<'_>, paint: &Paint) {
    let replaced = plan.changes.iter().filter(|c| matches!(c.action, Action::Replace { .. }));
    let replaced: BTreeMap<_, _> = replaced.map(|change| (&change.address, change)).collect();
    let mut table = Table::default();
    for danger in &plan.dangers {
        let change = replaced.get(&danger.address).filter(|_| danger.object.is_none());
        let (sign, tone) = match (danger.kind, change) {
            (DangerKind::Replace, Some(change)) => {
                let (sign, _, tone) = sign(&change.action);
                (format!("{sign} {}", words::danger(danger.kind)), tone)
            }
            (DangerKind::Delete, _) => ("- delete".to_owned(), Tone::Red),
            (DangerKind::Replace, None) => ("-/+ replace".to_owned(), Tone::Red),
            (kind @ DangerKind::DataLoss, _) => (format!("! {}", words::danger(kind)), Tone::Red),
            (kind, _) => (format!("! {}", words::danger(kind)), Tone::Yellow),
        };
        let address = &danger.address;
        let what = match (&danger.object, danger.kind) {
            (Some(object), DangerKind::Delete | DangerKind::Replace) => {
                format!("{object}  inside {address}")
            }
            (Some(object), _) => format!("{object}  inside {address}  {}", danger.what),
            // That everything goes is said once.
            (None, DangerKind::Delete) if plan.mode == Mode::Destroy => address.to_string(),
            _ => format!("{address}  {}", danger.what),
        };
        table.row([Cell::new(tone, sign), what.into()]);
    }
    if !table.is_empty() {
        let are = if plan.dangers.len() == 1 { "is" } else { "are" };
        let title =
            format!("{} {are} not to be missed:", words::count(plan.dangers.len(), "thing"));
        page.line(paint.red(title));
        page.add(table.fitted(2, paint));
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
    let shown: Vec<_> = plan.changes.iter().filter(|change| !told(change)).collect();
    let mut grouped = BTreeSet::new();
    let common = compact.then(|| common::fields(&plan.changes));
    if let Some(common) = common.as_ref().filter(|common| !common.is_empty()) {
        page.line(paint.bold("the same wherever a new resource has it:"));
        flow(common.iter().copied(), &mut values, page);
        page.gap();
    }
    for (i, change) in shown.iter().enumerate() {
        if grouped.contains(&i) {
            continue;
        }
        let same = (i + 1..shown.len()).filter(|j| alike(change, shown[*j]));
        let same: Vec<_> = same.filter(|j| !grouped.contains(j)).collect();
        if same.len() + 1 < ALIKE {
            page.add(block(change, plan, common.as_deref(), &mut values, paint));
        } else {
            let names = same.iter().map(|j| shown[*j].address.to_string());
            let names: Vec<_> = std::iter::once(change.address.to_string()).chain(names).collect();
            page.add(group(change, &names, plan, &mut values, paint));
            grouped.extend(same);
        }
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
