//! What rules found, and who answers for it.

use super::{
    page::Page,
    paint::{Paint, Tone},
    words,
};
use groundplan::{Finding, Severity, Waiver};
use unicode_width::UnicodeWidthStr;

/// A rule's name longer than this does not push what is said of the others away.
const WIDEST: usize = 40;

/// Findings that stand, each with how to mend it, then those that somebody answers for, and an empty line
/// after them; nothing if there are none.
pub(crate) fn section(findings: &[Finding], paint: &Paint) -> String {
    let mut page = Page::new(paint);
    let (standing, waived): (Vec<_>, Vec<_>) = findings.iter().partition(|found| found.stands());
    if !standing.is_empty() {
        page.line(paint.bold(title(&standing)));
        for found in standing {
            stands(found, &mut page);
        }
    }
    if !waived.is_empty() {
        page.line(paint.bold(format!("{} waived:", words::count(waived.len(), "finding"))));
        let rules =
            waived.iter().map(|found| found.rule.width().min(WIDEST)).max().unwrap_or_default();
        for Finding { rule, address, waiver, .. } in waived {
            let Some(Waiver { reason, owner, expires, .. }) = waiver else { continue };
            let text = format!("{address}: {reason} ({owner} until {expires})");
            page.tell(Tone::Dim, &format!("  {rule:rules$} "), &text);
        }
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
fn stands(found: &Finding, page: &mut Page<'_>) {
    let (tone, word) = match found.severity {
        Severity::Error => (Tone::Red, "error"),
        Severity::Warn => (Tone::Yellow, "warn "),
    };
    let what = format!("{}: {} ({})", found.address, found.what, found.rule);
    page.tell(tone, &format!("  {word}"), &what);
    page.tell(Tone::Dim, "        mend:", &found.mend);
    if let Some(waiver) = found.waiver.as_ref().filter(|_| found.expired) {
        let what = format!("the waiver of {} expired on {}", waiver.owner, waiver.expires);
        page.tell(Tone::Yellow, "        note:", &what);
    }
}
