//! Rules over keys.

use super::Key;
use groundplan_core::{Rule, Rules, Severity, View};

const ROTATION: Rule = Rule {
    id: "kms-rotation",
    severity: Severity::Warn,
    field: "rotation_days",
    why: "all that is ever encrypted hangs on one piece of key material",
    mend: "set `rotation_days`, e.g. to 365; nothing needs to be encrypted anew",
};
const RECOVERY: Rule = Rule {
    id: "kms-deletion-window",
    severity: Severity::Warn,
    field: "deletion_days",
    why: "backups and snapshots that need a key are often missed only weeks after it",
    mend: "set `deletion_days` to 14 or more; 30 costs no more",
};

pub(crate) fn rules() -> Rules {
    Rules::new()
        .on(ROTATION, |key: &Key, _: &View<'_>| {
            let can = key.spec == "SYMMETRIC_DEFAULT" && key.rotation_days.is_none();
            can.then_some("its material is never rotated")
        })
        .on(RECOVERY, |key: &Key, _: &View<'_>| {
            let days = key.deletion_days;
            (days < 14).then(|| format!("it can be taken back for {days} days only"))
        })
}
