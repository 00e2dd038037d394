//! Rules over logs.

use super::LogGroup;
use groundplan_core::{Rule, Rules, Severity, View};

const RETENTION: Rule = Rule {
    id: "logs-retention",
    severity: Severity::Warn,
    field: "retention_days",
    why: "logs that are kept for ever are paid for every month for ever",
    mend: "set `retention_days`, e.g. to 90",
};

pub(crate) fn rules() -> Rules {
    Rules::new().on(RETENTION, |group: &LogGroup, _: &View<'_>| {
        let kept = group.retention_days.is_none() && group.class != super::LogGroupClass::Delivery;
        kept.then_some("its logs are kept for ever")
    })
}
