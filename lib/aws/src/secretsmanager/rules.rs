//! Rules over secrets.

use super::Secret;
use groundplan_core::{Rule, Rules, Severity, View};

const RECOVERY: Rule = Rule {
    id: "secret-recovery",
    severity: Severity::Warn,
    field: "recovery_days",
    why: "a secret that is deleted by mistake is gone at once, with every password in it",
    mend: "set `recovery_days` to 7 or more",
};

pub(crate) fn rules() -> Rules {
    Rules::new().on(RECOVERY, |secret: &Secret, _: &View<'_>| {
        (secret.recovery_days == 0).then_some("it cannot be restored once it is deleted")
    })
}
