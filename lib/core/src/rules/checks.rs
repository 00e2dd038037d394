//! Holds a program against rules, and lets waivers answer for what they find.

use super::{Rules, Verdict, View};
use crate::{Finding, Graph, Refusal, Severity, Waiver};
use jiff::civil::Date;
use std::cmp::Reverse;

/// What a program is held against.
#[derive(Clone, Debug)]
pub struct Checks {
    /// The rules.
    pub rules: Rules,
    /// What is left as it is, and who answers for that.
    pub waivers: Vec<Waiver>,
    /// A finding of this weight or more that stands keeps the plan from being applied.
    pub deny: Severity,
    /// Today: waivers expire, and versions leave support.
    pub today: Date,
}

/// What comes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// What was found: the heaviest first, then by rule and resource.
    pub findings: Vec<Finding>,
    /// Findings that keep the plan from being applied.
    pub refusals: Vec<Refusal>,
    /// What could not be judged, and waivers that answer for nothing.
    pub notes: Vec<String>,
}

impl Checks {
    /// No rules, so nothing is found.
    #[must_use]
    pub fn none() -> Self {
        Self {
            rules: Rules::new(),
            waivers: Vec::new(),
            deny: Severity::Error,
            today: Date::default(),
        }
    }

    /// Holds a program against the rules.
    pub fn check(&self, graph: &Graph) -> Checked {
        let view = View::new(graph, self.today);
        let mut checked = Checked::default();
        for (rule, judge) in &self.rules.0 {
            for (address, verdict) in judge(&view) {
                match verdict {
                    Verdict::Kept => {}
                    Verdict::Broken(what) => {
                        let waiver = self.waiver(rule.id, &address);
                        checked.findings.push(Finding {
                            rule: rule.id.to_owned(),
                            severity: rule.severity,
                            address,
                            field: rule.field.to_owned(),
                            what,
                            why: rule.why.to_owned(),
                            mend: rule.mend.to_owned(),
                            expired: waiver.is_some_and(|waiver| self.is_over(waiver)),
                            waiver: waiver.cloned(),
                        });
                    }
                    Verdict::Unknown => checked.notes.push(format!(
                        "{address}: `{}` is known only after apply; rule `{}` has not judged it",
                        rule.field, rule.id
                    )),
                }
            }
        }
        let order = |f: &Finding| (Reverse(f.severity), f.rule.clone(), f.address.clone());
        checked.findings.sort_by_key(order);
        checked.refusals = self.refusals(&checked.findings);
        checked.notes.extend(self.idle(&checked.findings));
        checked
    }

    /// Who answers for a finding: one who counts before one who does not, one who names the resource
    /// before one who names none.
    fn waiver(&self, rule: &str, address: &crate::Address) -> Option<&Waiver> {
        let about = self.waivers.iter().filter(|waiver| waiver.covers(rule, address));
        about.min_by_key(|waiver| (self.is_over(waiver), waiver.address.is_none()))
    }

    fn is_over(&self, waiver: &Waiver) -> bool {
        waiver.expires < self.today
    }

    fn refusals(&self, findings: &[Finding]) -> Vec<Refusal> {
        let denied = findings.iter().filter(|f| f.stands() && f.severity >= self.deny);
        let refusal = |finding: &Finding| Refusal {
            address: finding.address.clone(),
            what: format!("breaks the rule `{}`: {}", finding.rule, finding.what),
            lift: format!("a waiver of `{}` in the settings, or by mending it", finding.rule),
        };
        denied.map(refusal).collect()
    }

    /// Waivers that answer for nothing: what they were for is mended, or they name something else.
    fn idle(&self, findings: &[Finding]) -> Vec<String> {
        let used = |waiver: &&Waiver| {
            findings.iter().any(|found| waiver.covers(&found.rule, &found.address))
        };
        let say = |waiver: &Waiver| {
            let of = waiver.address.as_ref().map(|a| format!(" for {a}")).unwrap_or_default();
            format!("the waiver of `{}`{of} answers for nothing; take it out", waiver.rule)
        };
        self.waivers.iter().filter(|waiver| !used(waiver)).map(say).collect()
    }
}
