//! The words that all renderers share, so that the same thing is called the same everywhere.

pub(crate) use groundplan::words::list as and;
use groundplan::{DangerKind, Verb};
use std::time::Duration;

/// `1 step`, `3 steps`.
pub(crate) fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// What a danger is called.
pub(crate) fn danger(kind: DangerKind) -> &'static str {
    match kind {
        DangerKind::DataLoss => "data loss",
        DangerKind::Delete => "delete",
        DangerKind::Replace => "replace",
        DangerKind::Downtime => "downtime",
        DangerKind::Widening => "wider rights",
        DangerKind::Exposure => "exposed",
    }
}

/// A time that is only likely: `45s`, `12m`, `1h 05m`.
pub(crate) fn about(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m", (seconds + 30) / 60),
        _ => took(time),
    }
}

/// `2.1s`, `3m 20s`, `1h 02m`.
pub(crate) fn took(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{:.1}s", time.as_secs_f64().min(59.9)),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// The same while it goes on, without what changes too fast to be read.
pub(crate) fn so_far(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        _ => took(time),
    }
}

/// What stands for those of many that are not shown: `… and 3 more places`.
pub(crate) fn more(total: usize, shown: usize, one: &str) -> Option<String> {
    let rest = total.checked_sub(shown).filter(|rest| *rest > 0)?;
    Some(format!("… and {rest} more {one}{}", if rest == 1 { "" } else { "s" }))
}

/// The path of what is called `key` below `path`.
pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// What a step is to do: `create`.
pub(crate) fn to_do(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "create",
        Verb::Import => "import",
        Verb::Update => "update",
        Verb::Delete => "delete",
        Verb::Derive => "derive",
        Verb::Record => "record",
    }
}

/// What a step does: `creating`.
pub(crate) fn doing(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "creating",
        Verb::Import => "importing",
        Verb::Update => "updating",
        Verb::Delete => "deleting",
        Verb::Derive => "deriving",
        Verb::Record => "recording",
    }
}

/// What a step did: `created`. One that found nothing to do left its object `unchanged`.
pub(crate) fn did(verb: Verb, unneeded: bool) -> &'static str {
    match verb {
        Verb::Record => "recorded",
        _ if unneeded => "unchanged",
        Verb::Create => "created",
        Verb::Import => "imported",
        Verb::Update => "updated",
        Verb::Delete => "deleted",
        Verb::Derive => "derived",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_fit_their_size() {
        let texts =
            [0.04, 59.97, 60.0, 200.4, 3600.0, 7384.0].map(|s| took(Duration::from_secs_f64(s)));
        assert_eq!(texts, ["0.0s", "59.9s", "1m 00s", "3m 20s", "1h 00m", "2h 03m"]);
    }
}
