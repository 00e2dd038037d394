//! What rules found, and who answers for it.

use super::{
    page::Page,
    paint::{Paint, Tone, clean},
    table::{Cell, Table},
    words,
};
use groundplan::{Finding, Severity};

/// Findings that stand, each with how to mend it, then those that somebody answers for, and an empty line
/// after them; nothing if there are none.
pub(crate) fn section(findings: &[Finding], paint: &Paint) -> String {
    let mut page = Page::new(paint);
    let (standing, waived): (Vec<_>, Vec<_>) = findings.iter().partition(|found| found.stands());
    if !standing.is_empty() {
        page.line(paint.bold(title(&standing)));
        for found in standing {
            stands(found, &mut page, paint);
        }
    }
    if !waived.is_empty() {
        page.line(paint.bold(format!("{} waived:", words::count(waived.len(), "finding"))));
        let mut table = Table::default();
        for found in waived {
            table.row(answered(found));
        }
        page.add(table.render(2, paint));
    }
    if !findings.is_empty() {
        page.gap();
    }
    page.finish()
}

/// `2 errors and 1 warning by rules:`.
fn title(standing: &[&Finding]) -> String {
    let of = |severity| standing.iter().filter(|found| found.severity == severity).count();
    let counts: Vec<_> = [(of(Severity::Error), "error"), (of(Severity::Warn), "warning")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, one)| words::count(number, one))
        .collect();
    format!("{} by rules:", words::and(&counts))
}

/// Two lines: what it is, and how to mend it. Why it matters is in the plan as JSON.
fn stands(found: &Finding, page: &mut Page<'_>, paint: &Paint) {
    let (tone, word) = match found.severity {
        Severity::Error => (Tone::Red, "error"),
        Severity::Warn => (Tone::Yellow, "warn "),
    };
    page.line(format!(
        "  {} {}: {} {}",
        paint.tone(tone, word),
        one_line(&found.address.to_string()),
        one_line(&found.what),
        paint.dim(format!("({})", one_line(&found.rule)))
    ));
    page.line(format!("        mend: {}", one_line(&found.mend)));
    if let Some(waiver) = found.waiver.as_ref().filter(|_| found.expired) {
        let owner = one_line(&waiver.owner);
        page.line(format!("        the waiver of {owner} expired on {}", waiver.expires));
    }
}

/// One line: what somebody answers for, who, why, and until when.
fn answered(found: &Finding) -> [Cell; 4] {
    let (owner, reason) = match &found.waiver {
        Some(waiver) => (format!("{} until {}", waiver.owner, waiver.expires), &*waiver.reason),
        None => (String::new(), ""),
    };
    let dim = |text: &str| Cell::new(Tone::Dim, one_line(text));
    [dim(&found.rule), dim(&found.address.to_string()), dim(&owner), dim(reason)]
}

/// Text from elsewhere in one line: a reason must not look like more of the plan.
fn one_line(text: &str) -> String {
    clean(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}
