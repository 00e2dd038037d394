//! Rules over alarms.

use super::Alarm;
use groundplan_core::{Rule, Rules, Severity, View};

const SILENT: Rule = Rule {
    id: "cloudwatch-silent-alarm",
    severity: Severity::Warn,
    field: "alarm_actions",
    why: "an alarm that tells nobody is seen by whoever happens to look",
    mend: "name a topic in `alarm_actions`, and leave `actions_enabled` on",
};

pub(crate) fn rules() -> Rules {
    Rules::new().on(SILENT, |alarm: &Alarm, _: &View<'_>| {
        let tells = alarm.actions_enabled && !alarm.alarm_actions.is_empty();
        (!tells).then_some("it tells nobody")
    })
}
