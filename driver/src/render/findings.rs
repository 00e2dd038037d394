//! What rules found, and who answers for it.

use super::{
    page::Page,
    paint::{Paint, Tone},
    words,
};
use groundplan::{Finding, Severity, Waiver};
use unicode_width::UnicodeWidthStr;

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
        let rules = waived.iter().map(|found| found.rule.width()).max().unwrap_or_default();
        for Finding { rule, address, waiver, .. } in waived {
            let Some(Waiver { reason, owner, expires, .. }) = waiver else { continue };
            let text = format!("{address}: {reason} ({owner} until {expires})");
            page.flow(Tone::Dim, &format!("  {rule:rules$} "), &words_of(&text), " ");
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
    page.flow(tone, &format!("  {word}"), &words_of(&what), " ");
    page.flow(Tone::Dim, "        mend:", &words_of(&found.mend), " ");
    if let Some(waiver) = found.waiver.as_ref().filter(|_| found.expired) {
        let what = format!("the waiver of {} expired on {}", waiver.owner, waiver.expires);
        page.flow(Tone::Yellow, "        note:", &words_of(&what), " ");
    }
}

/// The words of a text from elsewhere: put together again they are in lines of ours alone, so that a
/// reason cannot look like more of the plan.
fn words_of(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
