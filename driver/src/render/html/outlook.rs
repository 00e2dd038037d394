//! How long a plan is likely to take, and the chain of steps that takes that long.

use super::{foreign, links::Links};
use crate::render::words;
use groundplan::Outlook;
use maud::{Markup, html};

/// The longest chain, each step with its share of the time.
pub(super) fn section(outlook: &Outlook, links: &Links) -> Markup {
    let longest = outlook.longest.iter().map(|(_, time)| time.as_secs_f64()).fold(1.0, f64::max);
    let share = |seconds: f64| format!("{:.1}%", (seconds / longest * 100.0).max(0.5));
    html! {
        @if !outlook.longest.is_empty() {
            section {
                h2 { "Time" }
                p {
                    "Likely to take " strong { (words::about(outlook.likely)) }
                    ": as long as this chain of steps, of which each waits for the one before."
                }
                table.chain {
                    @for (address, time) in &outlook.longest {
                        tr {
                            th scope="row" { (links.resource(address)) }
                            td { (foreign::text(words::took(*time))) }
                            td aria-hidden="true" {
                                svg width="100%" height="10" {
                                    rect height="10" rx="2" width=(share(time.as_secs_f64())) {}
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
