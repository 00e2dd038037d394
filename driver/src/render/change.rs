//! One resource of a plan: what happens to it, why, and field by field.

use super::{
    inside,
    page::Page,
    paint::{Paint, Tone},
    preview,
    table::{Cell, Table},
    value::{self, LONG, Values},
    words,
};
use groundplan::{Action, Address, Cause, Change, FieldChange, Json, Outlook, Plan, ReplaceOrder};
use std::collections::BTreeSet;
use unicode_width::UnicodeWidthStr;

/// How many places of one document, or lines of one text, are shown.
const PLACES: usize = 12;
/// The longest value where many resources are made and each is shown in few lines.
pub(crate) const SHORT: usize = 40;
/// What stands before each line of a block, less the blank after a label.
const MARGIN: &str = "   ";

/// The sign of an action, its name, and its tone.
pub(crate) fn sign(action: &Action) -> (&'static str, &'static str, Tone) {
    match action {
        Action::Create { .. } => ("+", "create", Tone::Green),
        Action::Import { .. } => ("<", "import", Tone::Green),
        Action::Update => ("~", "update", Tone::Yellow),
        Action::Replace { order: ReplaceOrder::Delete, .. } => {
            ("-/+", "replace (delete first)", Tone::Red)
        }
        Action::Replace { .. } => ("+/-", "replace (create first)", Tone::Red),
        Action::Delete { .. } => ("-", "delete", Tone::Red),
        Action::Finish => (">", "finish", Tone::Yellow),
        Action::Record => ("=", "record only", Tone::Plain),
        Action::Forget => ("×", "forget", Tone::Yellow),
        Action::Derive => ("?", "derive", Tone::Plain),
        Action::Keep => (" ", "keep", Tone::Plain),
    }
}

/// The steps that take longest, one after another, without those that hardly count.
pub(crate) fn longest(plan: &Plan) -> Vec<String> {
    let Outlook { likely, longest } = &plan.outlook;
    let counts = longest.iter().filter(|(_, took)| *took * 20 >= *likely);
    counts.map(|(address, took)| format!("{address} {}", words::about(*took))).collect()
}

/// The block of one changed resource. `told` puts the fields of a new one into few lines, without those
/// that were told before.
pub(crate) fn block(
    change: &Change,
    plan: &Plan,
    told: Option<&[&FieldChange]>,
    values: &mut Values,
    paint: &Paint,
) -> String {
    let mut page = Page::new(paint);
    title(change, change.address.to_string(), &mut page, paint);
    whys(change, &mut page);
    match (&change.action, told) {
        (Action::Create { .. }, Some(told)) => {
            let fields = change.fields.iter().filter(|field| !told.contains(field));
            flow(fields, values, &mut page);
        }
        (Action::Create { .. }, None) => page.add(created(&change.fields, values, paint)),
        _ => page.add(changed(&change.fields, plan, values, paint)),
    }
    if let Some(preview) = &change.preview {
        page.add(preview::inside(preview, values, paint));
    }
    for note in &change.notes {
        page.tell(Tone::Yellow, "    note:", note);
    }
    page.finish()
}

/// What happens, and to whom.
fn title(change: &Change, whom: String, page: &mut Page<'_>, paint: &Paint) {
    let (sign, name, tone) = sign(&change.action);
    let what = paint.tone(tone, format!("{sign} {name}"));
    page.line(format!("{what}  {}", paint.bold(whom)));
}

/// Why it happens, and why in this order.
fn whys(change: &Change, page: &mut Page<'_>) {
    let reason = change.reason();
    if !reason.is_empty() {
        page.tell(Tone::Plain, MARGIN, reason);
    }
    if let Action::Replace { order: ReplaceOrder::Create { why }, .. } = &change.action {
        page.tell(Tone::Plain, MARGIN, format!("created first because {why}"));
    }
}

/// Whether the same happens to two resources, in the same fields, from the same to the same, and there is
/// no more to say.
pub(crate) fn alike(one: &Change, other: &Change) -> bool {
    let plain = |change: &Change| {
        let in_fields = matches!(change.action, Action::Update | Action::Replace { .. });
        in_fields && change.preview.is_none() && change.notes.is_empty()
    };
    plain(one) && plain(other) && one.action == other.action && one.fields == other.fields
}

/// The block of several resources that change alike.
pub(crate) fn group(
    change: &Change,
    names: &[String],
    plan: &Plan,
    values: &mut Values,
    paint: &Paint,
) -> String {
    let mut page = Page::new(paint);
    title(change, format!("{} resources alike", names.len()), &mut page, paint);
    page.flow(Tone::Plain, MARGIN, names, ", ");
    whys(change, &mut page);
    page.add(changed(&change.fields, plan, values, paint));
    page.finish()
}

/// The fields of a new resource, each in its line.
fn created(fields: &[FieldChange], values: &mut Values, paint: &Paint) -> String {
    let mut table = Table::default();
    for field in fields {
        let value = values.one(&field.after, field.unknown, LONG);
        table.row([Cell::from(&field.path), value.into()]);
    }
    table.fitted(4, paint)
}

/// Fields of new resources, one after another.
pub(crate) fn flow<'a>(
    fields: impl Iterator<Item = &'a FieldChange>,
    values: &mut Values,
    page: &mut Page<'_>,
) {
    let mut item = |field: &FieldChange| {
        format!("{}: {}", field.path, values.one(&field.after, field.unknown, SHORT))
    };
    let items: Vec<_> = fields.map(&mut item).collect();
    if !items.is_empty() {
        page.flow(Tone::Plain, MARGIN, &items, " · ");
    }
}

/// The fields of a resource that is there: before, after, and what to know.
fn changed(fields: &[FieldChange], plan: &Plan, values: &mut Values, paint: &Paint) -> String {
    let mut table = Table::default();
    for field in fields {
        let path = Cell::from(&field.path);
        let tone = if field.replaces { Tone::Red } else { Tone::Yellow };
        let marks = Cell::new(tone, marks(field, plan).join(", "));
        if let Some((summary, rows)) = nested(field, values) {
            table.row([path, summary.into(), marks]);
            table.rows(rows);
        } else {
            let (before, after) = values.pair(&field.before, &field.after, field.unknown);
            table.row([path, Cell::new(Tone::Dim, before), Cell::becomes(after), marks]);
        }
    }
    table.fitted(4, paint)
}

/// What to know about a field beside its values.
pub(super) fn marks(field: &FieldChange, plan: &Plan) -> Vec<String> {
    let mut marks = Vec::new();
    if field.replaces {
        marks.push("forces replacement".to_owned());
    }
    match &field.cause {
        Cause::Program => {}
        Cause::Drift => marks.push("(changed outside)".into()),
        Cause::Upstream(sources) => {
            let resource = |source: &String| Some(source.split_once('#')?.0.to_owned());
            let resources: BTreeSet<_> = sources.iter().filter_map(resource).collect();
            let causes: Vec<_> =
                resources.iter().map(|r| format!("{r} {}", becomes(r, plan))).collect();
            marks.push(format!("because {}", words::and(&causes)));
        }
    }
    marks
}

/// What this plan does to the resource that a value comes from.
fn becomes(resource: &str, plan: &Plan) -> &'static str {
    let is = |address: &Address| address.to_string() == resource;
    let action = plan.changes.iter().find(|c| is(&c.address)).map(|c| &c.action);
    match action {
        Some(Action::Create { .. }) => "is created",
        Some(Action::Replace { .. }) => "is replaced",
        Some(Action::Update | Action::Finish) => "is updated",
        _ => "is derived anew",
    }
}

/// The places of a document, or the lines of a text, that change; none for what fits in a line.
fn nested(field: &FieldChange, values: &mut Values) -> Option<(String, Vec<Vec<Cell>>)> {
    let long = |value: &Json| value::text(value, field.unknown).width() > LONG;
    let composite = |value: &Json| value.is_object() || value.is_array();
    let as_is = |value: &Json| {
        (composite(value) && (long(&field.before) || long(&field.after))).then(|| value.clone())
    };
    let document = |value: &Json, unknown| as_is(value).or_else(|| value::parse(value, unknown));
    if let (Some(before), Some(after)) =
        (document(&field.before, false), document(&field.after, field.unknown))
    {
        let places = inside::places(&before, &after);
        let what = if field.after.is_string() { "JSON" } else { "list" };
        let summary = format!("{what}, {} changed", words::count(places.len(), "place"));
        let mut rows = Vec::new();
        for place in places.iter().take(PLACES) {
            let (before, after) = values.pair(&place.before, &place.after, field.unknown);
            let path = format!("  {}", place.path);
            rows.push(vec![path.into(), Cell::new(Tone::Dim, before), Cell::becomes(after)]);
        }
        rows.extend(rest(places.len(), "place", values));
        return Some((summary, rows));
    }
    let (before, after) = (field.before.as_str()?, field.after.as_str()?);
    if !before.contains('\n') && !after.contains('\n') {
        return None;
    }
    let lines = inside::lines(before, after);
    let summary = format!("text, {} changed", words::count(lines.len(), "line"));
    let line = |(sign, line): &(char, String)| {
        let tone = if *sign == '-' { Tone::Red } else { Tone::Green };
        vec![Cell::new(tone, format!("  {sign} {line}"))]
    };
    let mut rows: Vec<_> = lines.iter().take(PLACES).map(line).collect();
    rows.extend(rest(lines.len(), "line", values));
    Some((summary, rows))
}

/// The line that stands for what is not shown.
fn rest(total: usize, one: &str, values: &mut Values) -> Option<Vec<Cell>> {
    let more = words::more(total, PLACES, one)?;
    values.cut = true;
    Some(vec![Cell::new(Tone::Dim, format!("  {more}"))])
}
