//! Waiting: bounded, patient, cancellable. The only place that sleeps.

use crate::{Class, Fault, Result};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// How to wait: pauses that grow from `first` to `most`, up to `limit` in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The first pause.
    pub first: Duration,
    /// The longest pause.
    pub most: Duration,
    /// When to give up.
    pub limit: Duration,
}

impl Patience {
    /// For what settles in seconds: eventual consistency, small state changes.
    pub const SECONDS: Self = Self::new(200, 3, 120);
    /// For what takes minutes: gateways, node groups, add-ons.
    pub const MINUTES: Self = Self::new(500, 10, 1800);
    /// For what takes up to an hour: clusters, databases, search domains.
    pub const HOUR: Self = Self::new(1000, 15, 5400);

    /// Pauses from `first_millis` to `most_seconds`, up to `limit_seconds`.
    #[must_use]
    pub const fn new(first_millis: u64, most_seconds: u64, limit_seconds: u64) -> Self {
        Self {
            first: Duration::from_millis(first_millis),
            most: Duration::from_secs(most_seconds),
            limit: Duration::from_secs(limit_seconds),
        }
    }

    /// The same with another bound, if one is given.
    #[must_use]
    pub fn within(self, limit: Option<Duration>) -> Self {
        Self { limit: limit.unwrap_or(self.limit), ..self }
    }

    /// The pause after this many attempts: each half as long again as the one before, and spread by
    /// up to a fifth so that many waiters do not ask at once.
    fn pause(&self, attempt: u32) -> Duration {
        let grown = self.first.mul_f64(1.5f64.powi(i32::try_from(attempt.min(40)).unwrap_or(40)));
        grown.min(self.most).mul_f64(0.8 + 0.2 * fastrand::f64())
    }
}

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe<T> {
    /// It is there.
    Ready(T),
    /// Not yet; what the other side says now, such as `CREATING`.
    NotYet(String),
}

impl<T> Probe<T> {
    /// Not yet, for this reason.
    pub fn not_yet(says: impl Into<String>) -> Self {
        Self::NotYet(says.into())
    }
}

/// Whether trying again may help without anything else being done.
pub(crate) fn passes(fault: &Fault) -> bool {
    matches!(fault.class, Class::Throttled | Class::Unreachable)
}

fn cancelled(what: &str) -> Fault {
    Fault::new(Class::Cancelled, format!("stopped while waiting for {what}"))
        .hint("run the same command again: it goes on from here")
}

pub(crate) async fn until<T, F>(
    patience: Patience,
    cancel: &CancellationToken,
    what: &str,
    report: impl Fn(&str, Duration),
    mut probe: impl FnMut() -> F,
) -> Result<T>
where
    F: Future<Output = Result<Probe<T>>>,
{
    let started = Instant::now();
    for attempt in 0.. {
        let (says, hint) = match probe().await {
            Ok(Probe::Ready(value)) => return Ok(value),
            Ok(Probe::NotYet(says)) => (says, None),
            Err(fault) if passes(&fault) => (fault.to_string(), fault.hint.clone()),
            Err(fault) => return Err(fault),
        };
        let waited = started.elapsed();
        report(&says, waited);
        if waited >= patience.limit {
            let what = format!("gave up waiting for {what} after {} s", waited.as_secs());
            let hint = hint.unwrap_or_else(|| {
                "run the same command again to go on waiting, or raise the resource's timeout"
                    .into()
            });
            let why = format!("it still says {says}");
            return Err(Fault::new(Class::TimedOut, what).why(why).hint(hint));
        }
        tokio::select! {
            () = sleep(patience.pause(attempt)) => {}
            () = cancel.cancelled() => return Err(cancelled(what)),
        }
    }
    unreachable!("BUG: attempts do not run out")
}

pub(crate) async fn retry<T, F>(
    patience: Patience,
    cancel: &CancellationToken,
    report: impl Fn(&Fault, u32),
    may_pass: impl Fn(&Fault) -> bool,
    call: &mut impl FnMut() -> F,
) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let started = Instant::now();
    for attempt in 0.. {
        let fault = match call().await {
            Ok(value) => return Ok(value),
            Err(fault) if passes(&fault) || may_pass(&fault) => fault,
            Err(fault) => return Err(fault),
        };
        if started.elapsed() >= patience.limit {
            return Err(fault);
        }
        report(&fault, attempt + 2);
        tokio::select! {
            () = sleep(patience.pause(attempt)) => {}
            () = cancel.cancelled() => return Err(cancelled("a call to be repeated")),
        }
    }
    unreachable!("BUG: attempts do not run out")
}
