//! A plan for a pull request: a document of at most 60,000 bytes, not a log.
//!
//! The verdict first, then what a reviewer must not miss, then a line for each resource, then details as
//! far as there is room, the most important first. GitHub refuses a comment of more than 65,536
//! characters and cuts none; whatever is left out here is counted, and whole in the plan's page.

mod budget;
mod escape;

use super::{
    change::{block, longest, sign},
    paint::Paint,
    plan::verdict,
    preview::destroys,
    value::Values,
    words,
};
use budget::Budget;
use escape::{code, fenced, html, prose, short};
use groundplan::{
    Action, Change, Danger, DangerKind, Finding, Mode, Plan, Refusal, Severity, Waiver,
};
use std::collections::BTreeMap;

/// The most bytes of a comment: GitHub's limit, less what a caller may put before and after it.
pub(crate) const MOST: usize = 60_000;

/// What is kept for the lines that say what was left out.
const KEEP: usize = 1_000;

/// How details are drawn.
const PAINT: Paint = Paint { color: false, width: 100, unicode: true };

/// The document of a plan.
pub(crate) fn comment(plan: &Plan, digest: &str) -> String {
    let foot = foot(plan, digest);
    let mut page = Budget::of(MOST - foot.len());
    let dangers: Vec<_> = plan.dangers.iter().map(danger).collect();
    let dangers_head = dangers_head(plan);
    let needed = dangers_head.len() + dangers.iter().map(String::len).sum::<usize>();
    let too_large = needed + head(plan, true).len() + KEEP > page.left();
    let mut fits = page.add(&head(plan, too_large));
    let left_out = page.table(&dangers_head, &dangers, KEEP);
    if left_out > 0 {
        let by_kind = by_kind(&plan.dangers);
        fits &= page.add(&format!("… and {left_out} more such lines; in all: {by_kind}.\n\n"));
    }
    refusals(plan, &mut page);
    findings(plan, &mut page);
    changes(plan, &mut page);
    notes(plan, &mut page);
    waived(plan, &mut page);
    details(plan, &mut page);
    debug_assert!(fits, "BUG: what must be said has its room");
    page.finish() + &foot
}

fn head(plan: &Plan, too_large: bool) -> String {
    let stack = code(&plan.stack);
    let what = match plan.mode {
        _ if plan.is_empty() => format!("no changes to stack {stack}"),
        Mode::Apply => format!("plan of stack {stack}"),
        Mode::Destroy => format!("destroy of stack {stack}"),
    };
    let mut head = format!("### {what}\n\n**{}**\n\n", verdict(plan));
    if too_large {
        head.push_str(
            "**Too large to review here**: what must not be missed does not fit a comment. \
             Look at the plan's page or its JSON among the artifacts of this run.\n\n",
        );
    }
    head
}

fn dangers_head(plan: &Plan) -> String {
    let total = words::count(plan.dangers.len(), "thing");
    format!(
        "#### ⚠️ {total} not to be missed\n\n| | resource | what happens |\n| --- | --- | --- |\n"
    )
}

fn danger(danger: &Danger) -> String {
    let of = short(&danger.address.to_string());
    let of = match &danger.object {
        Some(object) => format!("{} in {}", code(&short(object)), code(&of)),
        None => code(&of),
    };
    format!("| {} | {of} | {} |\n", named(danger.kind), prose(&cut(&danger.what)))
}

fn named(kind: DangerKind) -> String {
    let name = words::danger(kind);
    let goes = matches!(kind, DangerKind::DataLoss | DangerKind::Delete | DangerKind::Replace);
    if goes { format!("**{name}**") } else { name.to_owned() }
}

fn by_kind(dangers: &[Danger]) -> String {
    let mut counts: BTreeMap<DangerKind, usize> = BTreeMap::new();
    for danger in dangers {
        *counts.entry(danger.kind).or_default() += 1;
    }
    let counts: Vec<_> =
        counts.into_iter().map(|(kind, n)| format!("{n} {}", named(kind))).collect();
    counts.join(", ")
}

/// A sentence of at most so many characters as leave room for others.
fn cut(sentence: &str) -> String {
    const MOST: usize = 160;
    if sentence.chars().count() <= MOST {
        return sentence.to_owned();
    }
    // A cut code span would swallow what follows.
    let kept: String = sentence.chars().take(MOST).collect();
    kept.replace('`', "'") + "…"
}

fn refusals(plan: &Plan, page: &mut Budget) {
    let row = |Refusal { address, what, lift }: &Refusal| {
        let address = code(&short(&address.to_string()));
        format!("| {address} | {} | {} |\n", prose(&cut(what)), code(&short(lift)))
    };
    let rows: Vec<_> = plan.refusals.iter().map(row).collect();
    let head = "#### ⛔ Refused\n\n| resource | what | lift this with |\n| --- | --- | --- |\n";
    let left_out = page.table(head, &rows, KEEP);
    left_out_line(left_out, "refusal", page);
}

fn findings(plan: &Plan, page: &mut Budget) {
    let standing = plan.findings.iter().filter(|finding| finding.stands());
    let severity = |finding: &Finding| match finding.severity {
        Severity::Error => "**error**",
        Severity::Warn => "warning",
    };
    let row = |finding: &Finding| {
        let address = code(&short(&finding.address.to_string()));
        let (mut what, mend) = (prose(&cut(&finding.what)), prose(&cut(&finding.mend)));
        if let Some(Waiver { owner, expires, .. }) = finding.waiver.as_ref() {
            what.extend([format!("; the waiver of {} expired on {expires}", prose(&cut(owner)))]);
        }
        format!(
            "| {} | {} | {address} | {what} | {mend} |\n",
            severity(finding),
            code(&finding.rule)
        )
    };
    let rows: Vec<_> = standing.map(row).collect();
    let head =
        "#### Rules\n\n| | rule | resource | found | mend |\n| --- | --- | --- | --- | --- |\n";
    left_out_line(page.table(head, &rows, KEEP), "finding", page);
}

/// What somebody answers for, after all that changes.
fn waived(plan: &Plan, page: &mut Budget) {
    let waived = plan.findings.iter().filter(|finding| !finding.stands());
    let row = |finding: &Finding| {
        let answer = finding.waiver.as_ref()?;
        let address = code(&short(&finding.address.to_string()));
        let (reason, owner) = (prose(&cut(&answer.reason)), prose(&cut(&answer.owner)));
        let until = prose(&answer.expires.to_string());
        Some(format!("| {} | {address} | {reason} | {owner} | {until} |\n", code(&finding.rule)))
    };
    let rows: Vec<_> = waived.filter_map(row).collect();
    let head = "#### Waived\n\n| rule | resource | because | says | until |\n| --- | --- | --- | --- | --- |\n";
    left_out_line(page.table(head, &rows, KEEP), "waiver", page);
}

/// A line for each resource, those first that go.
fn changes(plan: &Plan, page: &mut Budget) {
    let rows: Vec<_> = by_weight(plan).into_iter().map(row).collect();
    let head = "#### Changes\n\n| | resource | what changes |\n| --- | --- | --- |\n";
    left_out_line(page.table(head, &rows, KEEP), "change", page);
}

/// What goes first, then what changes, then what comes.
fn by_weight(plan: &Plan) -> Vec<&Change> {
    let weight = |change: &&Change| match change.action {
        Action::Delete { .. } => 0,
        Action::Replace { .. } => 1,
        Action::Import { .. } | Action::Update | Action::Finish => 2,
        Action::Forget | Action::Record => 3,
        Action::Create { .. } | Action::Derive | Action::Keep => 4,
    };
    let mut changes: Vec<_> = plan.changes.iter().collect();
    changes.sort_by_key(weight);
    changes
}

fn row(change: &Change) -> String {
    /// How many fields are named.
    const NAMED: usize = 4;
    let (sign, name, _) = sign(&change.action);
    let mut what = Vec::new();
    if matches!(change.action, Action::Import { .. } | Action::Update | Action::Finish) {
        let fields = change.fields.iter().take(NAMED).map(|field| code(&short(&field.path)));
        what.extend(fields);
        what.extend(words::more(change.fields.len(), NAMED, "field"));
    }
    let why = change.reason();
    if !why.is_empty() {
        what.push(prose(&cut(&why)));
    }
    if let Some(preview) = &change.preview {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for object in &preview.objects {
            *counts.entry(&object.action).or_default() += 1;
        }
        let destructive = |action: &str| if destroys(action) { "**" } else { "" };
        let counts = counts.into_iter().map(|(action, n)| {
            let mark = destructive(action);
            format!("{mark}{n} {}{mark}", prose(action))
        });
        let counts: Vec<_> = counts.collect();
        if !counts.is_empty() {
            what.push(format!("objects: {}", counts.join(", ")));
        }
    }
    let address = code(&short(&change.address.to_string()));
    format!("| {} {name} | {address} | {} |\n", code(sign), what.join(", "))
}

fn notes(plan: &Plan, page: &mut Budget) {
    for (told, note) in plan.notes.iter().enumerate() {
        let line = format!("> note: {}\n>\n", prose(&cut(note)));
        if line.len() + KEEP > page.left() || !page.add(&line) {
            left_out_line(plan.notes.len() - told, "note", page);
            break;
        }
    }
    if !plan.notes.is_empty() {
        let _ = page.add("\n");
    }
}

/// The fields of each resource, folded, as long as there is room.
fn details(plan: &Plan, page: &mut Budget) {
    let mut left_out = 0;
    for change in by_weight(plan) {
        if change.fields.is_empty() && change.preview.is_none() && change.notes.is_empty() {
            continue;
        }
        let text = block(change, plan, None, &mut Values::default(), &PAINT);
        let (_, name, _) = sign(&change.action);
        let title = html(&short(&change.address.to_string()));
        let piece = format!(
            "<details><summary>{name} <code>{title}</code></summary>\n\n{}\n</details>\n\n",
            fenced("diff", &text)
        );
        if piece.len() + KEEP > page.left() || !page.add(&piece) {
            left_out += 1;
        }
    }
    left_out_line(left_out, "detail", page);
}

fn left_out_line(left_out: usize, one: &str, page: &mut Budget) {
    if let Some(more) = words::more(left_out, 0, one) {
        // The room for it was kept.
        let _ = page.add(&format!("{more}: see the plan's page or its JSON.\n\n"));
    }
}

fn foot(plan: &Plan, digest: &str) -> String {
    let mut foot = String::new();
    if !plan.outlook.likely.is_zero() {
        let took = words::about(plan.outlook.likely);
        let chain: Vec<_> = longest(plan).iter().map(|step| code(&short(step))).collect();
        foot.extend([format!("Likely to take {took}: {}.\n\n", chain.join(" → "))]);
    }
    foot.extend([format!(
        "Digest {}: `apply --approved DIGEST` with the same options does this plan or nothing.\n",
        code(digest)
    )]);
    foot
}
