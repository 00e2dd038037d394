//! Reads that lag behind a write: waits until an object shows, or does not show any more.

use groundplan_core::{Patience, Probe, Result, StepCx};

/// Waits until a read shows the object. `what` completes "waiting for …".
pub(crate) async fn until_visible<T, F>(
    cx: &StepCx,
    what: &str,
    mut read: impl FnMut() -> F + Send,
) -> Result<T>
where
    F: Future<Output = Result<Option<T>>> + Send,
    T: Send,
{
    cx.wait(Patience::SECONDS, what, || {
        let read = read();
        async move { Ok(read.await?.map_or_else(|| Probe::not_yet("not visible yet"), Probe::Ready)) }
    })
    .await
}

/// Waits until a read does not show the object any more.
pub(crate) async fn until_gone<T, F>(
    cx: &StepCx,
    what: &str,
    mut read: impl FnMut() -> F + Send,
) -> Result<()>
where
    F: Future<Output = Result<Option<T>>> + Send,
    T: Send,
{
    cx.wait(Patience::SECONDS, what, || {
        let read = read();
        async move {
            Ok(match read.await? {
                None => Probe::Ready(()),
                Some(_) => Probe::not_yet("still listed"),
            })
        }
    })
    .await
}
