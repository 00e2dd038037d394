//! Patience with access that was just given.
//!
//! A new access entry, policy association or binding counts at the API server some seconds after it
//! was made, and until then the answer is 401 or 403.

use groundplan_core::{Class, Fault, Patience, Result, StepCx};
use std::time::{Duration, Instant};

const PATIENCE: Patience = Patience::new(500, 5, 60);
/// How long a refusal may be one of a new access.
const REFUSED: Duration = Duration::from_secs(45);

/// Repeats a call while it is refused, for less than a minute.
pub(crate) async fn settle<T, F>(cx: &StepCx, call: impl FnMut() -> F + Send) -> Result<T>
where
    F: Future<Output = Result<T>> + Send,
    T: Send,
{
    let began = Instant::now();
    let passes = |fault: &Fault| match fault.class {
        Class::Denied => began.elapsed() < REFUSED,
        // A namespace that is on its way out comes back when it is gone.
        Class::InUse => true,
        _ => false,
    };
    cx.retry(PATIENCE, passes, call).await
}
