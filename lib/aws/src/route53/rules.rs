//! Rules over records.

use super::{Record, RecordType};
use groundplan_core::{Rule, Rules, Severity, View};

const TTL: Rule = Rule {
    id: "route53-long-ttl",
    severity: Severity::Warn,
    field: "ttl",
    why: "whoever asked keeps the old answer for that long, so a mistake lasts as long",
    mend: "set `ttl` to an hour or less",
};

/// Records of which a day is usual: who answers for a zone, and for mail.
const SLOW: [RecordType; 2] = [RecordType::Ns, RecordType::Mx];
const LONG: u32 = 3600;

pub(crate) fn rules() -> Rules {
    Rules::new().on(TTL, |record: &Record, _: &View<'_>| {
        let seconds = record.ttl.filter(|seconds| *seconds > LONG)?;
        (!SLOW.contains(&record.record_type)).then(|| format!("answers are kept for {seconds} s"))
    })
}
