//! The page of a plan: verdict and refusals, dangers, what rules found, each resource that changes
//! with everything about it to unfold, notes, and how long it takes.

use super::{
    change::{danger, row},
    foreign, frame,
    links::{Links, place},
    outlook,
};
use crate::render::{action, plan::nothing, words};
use groundplan::{Finding, Mode, Plan, Severity};
use maud::{Markup, html};

/// Up to so many resources are unfolded from the start.
const FEW: usize = 8;

/// The page of a plan. `facts` are names with what else there is to know of its making, such as its
/// commit.
pub(crate) fn page(plan: &Plan, facts: &[(&str, String)]) -> String {
    let links = Links::to(plan.changes.iter().map(|change| &change.address));
    let what = what(plan);
    let body = html! {
        main {
            header {
                h1 { (what) " of stack " (foreign::text(&plan.stack)) }
                (verdict(plan))
                (refusals(plan, &links))
                @if !facts.is_empty() {
                    dl.facts {
                        @for (name, fact) in facts { dt { (name) } dd { (foreign::text(fact)) } }
                    }
                }
            }
            (dangers(plan, &links))
            (findings(plan, &links))
            (changes(plan, &links))
            @if !plan.notes.is_empty() {
                section {
                    h2 { "Notes" }
                    @for note in &plan.notes { p.note { (foreign::prose(note)) } }
                }
            }
            (outlook::section(&plan.outlook, &links))
        }
    };
    let title = format!("{what} of stack {}", plan.stack);
    frame::document(&title, include_str!("plan.css"), include_str!("plan.js"), &body)
}

fn what(plan: &Plan) -> &'static str {
    match plan.mode {
        Mode::Apply => "Plan",
        Mode::Destroy => "Destruction",
    }
}

/// How many resources are treated in which way, and how long that takes.
fn verdict(plan: &Plan) -> Markup {
    if plan.is_empty() {
        return html! { p.verdict { (foreign::prose(nothing(plan))) } };
    }
    let count = |class: &str| match class {
        "keep" => plan.unchanged,
        _ => plan.changes.iter().filter(|c| action::class(&c.action) == class).count(),
    };
    html! {
        p.verdict {
            @for (class, name) in action::ALL {
                @if count(class) > 0 {
                    span.count.(class) { strong { (count(class)) } " " (name) }
                }
            }
            @if !plan.outlook.likely.is_zero() {
                span.time { "likely to take " strong { (words::about(plan.outlook.likely)) } }
            }
        }
    }
}

fn refusals(plan: &Plan, links: &Links) -> Markup {
    html! {
        @if !plan.refusals.is_empty() {
            div.refused {
                h2 { "Refused: this plan cannot be applied" }
                ul {
                    @for refusal in &plan.refusals {
                        li {
                            (links.resource(&refusal.address)) " " (foreign::prose(&refusal.what))
                            "; lift this with " code { (foreign::text(&refusal.lift)) }
                        }
                    }
                }
            }
        }
    }
}

fn dangers(plan: &Plan, links: &Links) -> Markup {
    html! {
        @if !plan.dangers.is_empty() {
            section.dangers {
                h2 { "Dangers " span.number { (plan.dangers.len()) } }
                ul {
                    @for found in &plan.dangers {
                        @let (class, name) = danger(found.kind);
                        li {
                            span.danger.(class) { (name) } " "
                            (links.resource(&found.address)) " "
                            @if let Some(object) = &found.object {
                                span.object { (foreign::text(object)) } " "
                            }
                            span.what { (foreign::prose(&found.what)) }
                        }
                    }
                }
            }
        }
    }
}

/// What rules found: what stands first, the worst before the rest.
fn findings(plan: &Plan, links: &Links) -> Markup {
    let (mut standing, left): (Vec<_>, Vec<_>) = plan.findings.iter().partition(|f| f.stands());
    standing.sort_by_key(|found| std::cmp::Reverse(found.severity));
    html! {
        @if !plan.findings.is_empty() {
            section.findings {
                h2 { "What rules found " span.number { (plan.findings.len()) } }
                @if !standing.is_empty() {
                    ul { @for found in standing { li { (finding(found, links)) } } }
                }
                // Somebody answers for these: they are there, and in nobody's way.
                @if !left.is_empty() {
                    details {
                        summary { (words::count(left.len(), "finding")) " waived" }
                        ul { @for found in left { li { (finding(found, links)) } } }
                    }
                }
            }
        }
    }
}

fn finding(found: &Finding, links: &Links) -> Markup {
    let (class, name) = match (found.stands(), found.severity) {
        (false, _) => ("waived", "waived"),
        (true, Severity::Error) => ("error", "error"),
        (true, Severity::Warn) => ("warn", "warning"),
    };
    html! {
        p {
            span.danger.(class) { (name) } " " (links.resource(&found.address)) " "
            code { (foreign::text(&found.field)) } " " strong { (foreign::prose(&found.what)) }
        }
        p.dim { (foreign::prose(&found.why)) " (" (foreign::text(&found.rule)) ")" }
        p { "Mend it: " (foreign::prose(&found.mend)) }
        @if let Some(waiver) = &found.waiver {
            p {
                (if found.expired { "Was left so until " } else { "Left so until " }) (foreign::text(waiver.expires.to_string())) " by "
                (foreign::text(&waiver.owner)) ": " (foreign::prose(&waiver.reason))
            }
        }
    }
}

fn changes(plan: &Plan, links: &Links) -> Markup {
    let open = plan.changes.len() <= FEW;
    html! {
        @if !plan.changes.is_empty() {
            section.changes {
                h2 { "Resources " span.number { (plan.changes.len()) } }
                // Shown by the script, without which it could do nothing.
                form #tools hidden {
                    input #filter type="search" autocomplete="off" spellcheck="false"
                        placeholder="Filter by name, field, value …" aria-label="Filter resources";
                    @for (class, name) in action::ALL {
                        @if plan.changes.iter().any(|c| action::class(&c.action) == class) {
                            button.toggle.(class) type="button" value=(class) aria-pressed="true" { (name) }
                        }
                    }
                    button #fold type="button" { "Unfold all" }
                    output #shown {}
                }
                @for (number, change) in plan.changes.iter().enumerate() {
                    (row(change, &place(number), open, plan, links))
                }
            }
        }
    }
}
