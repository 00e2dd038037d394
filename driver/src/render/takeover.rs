//! What a stack of CloudFormation made, and how it lets go of that.

use super::{
    json::FORMAT,
    page::Page,
    paint::{Paint, Tone},
    table::{Cell, Table},
    words,
};
use groundplan::{
    Json,
    aws::{
        cloudformation::{CloudStack, Left, Obstacle, Release},
        snippet::Declared,
    },
    json,
};

/// For people: what can be taken up, and what cannot.
pub(crate) fn page(
    stack: &CloudStack,
    declared: &[Declared],
    left: &[Left],
    paint: &Paint,
) -> String {
    let mut page = Page::new(paint);
    let made = words::count(stack.resources.len(), "resource");
    let objects = words::count(declared.len(), "object");
    page.line(paint.bold(format!(
        "stack `{}` of CloudFormation: {made}; {objects} can be taken up, {} cannot",
        stack.name,
        left.len()
    )));
    left_alone(&mut page, left, paint);
    page.finish()
}

fn left_alone(page: &mut Page<'_>, left: &[Left], paint: &Paint) {
    let mut table = Table::default();
    for one in left {
        table.row([
            Cell::new(Tone::Yellow, "?"),
            Cell::from(&one.logical),
            Cell::new(Tone::Dim, &one.of),
            Cell::from(&one.physical),
            Cell::new(Tone::Dim, &one.why),
        ]);
    }
    if !table.is_empty() {
        page.add(table.fitted(2, paint));
    }
}

/// For programs.
pub(crate) fn json(stack: &CloudStack, declared: &[Declared], left: &[Left]) -> Json {
    let object = |one: &Declared| json!({ "address": one.address, "id": one.id });
    json!({
        "format": FORMAT,
        "stack": stack.name,
        "objects": declared.iter().map(object).collect::<Vec<_>>(),
        "left": left,
    })
}

/// For people: what lets go of a stack, in order, and what stands in the way.
pub(crate) fn release(
    release: &Release,
    left: &[Left],
    obstacles: &[Obstacle],
    paint: &Paint,
) -> String {
    let mut page = Page::new(paint);
    let all = release.stack.resources.len();
    page.line(paint.bold(format!("to let CloudFormation go of stack `{}`:", release.stack.name)));
    let going = words::count(release.going.len(), "resource");
    page.line(if release.going.is_empty() {
        "  1. every resource is kept by the deployed template already".to_owned()
    } else {
        format!(
            "  1. update the stack so that it keeps {going} more of {all}; no object is touched"
        )
    });
    page.line("  2. look that the deployed template keeps every one");
    page.line("  3. delete the stack; every object stays");
    page.line("  4. look that every object is there");
    if !left.is_empty() {
        page.gap();
        page.line("stay as well, and nothing here knows of them:");
        left_alone(&mut page, left, paint);
    }
    page.gap();
    for warning in &release.warnings {
        page.tell(Tone::Yellow, "warning:", warning);
    }
    for Obstacle { what, lift } in obstacles {
        page.tell(Tone::Red, "refused:", what);
        page.tell(Tone::Green, "  lifted by:", lift);
    }
    page.finish()
}

/// For programs.
pub(crate) fn release_json(release: &Release, left: &[Left], obstacles: &[Obstacle]) -> Json {
    let obstacle = |one: &Obstacle| json!({ "what": one.what, "lift": one.lift });
    json!({
        "format": FORMAT,
        "stack": release.stack.name,
        "resources": release.stack.resources.len(),
        "to_keep": release.going,
        "left": left,
        "warnings": release.warnings,
        "refused": obstacles.iter().map(obstacle).collect::<Vec<_>>(),
    })
}
