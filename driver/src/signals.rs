//! Being told to stop.
//!
//! The first signal stops the run: nothing new is started, and what is under way comes to a safe
//! point within seconds. The second ends the process at once; what is on record by then is enough for
//! the next run to go on from.

use crate::{
    render::error::{CANCELLED, Failure},
    screen::Screen,
};
use groundplan::CancellationToken;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What is cancelled by the first signal, from now on.
pub(crate) fn listen(screen: Screen) -> CancellationToken {
    let stop = CancellationToken::new();
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let Ok([mut interrupt, mut terminate, mut hangup]) = signals(kinds) else { return stop };
    let stopped = stop.clone();
    tokio::spawn(async move {
        for signals in 1.. {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
            if signals > 1 {
                at_once(screen);
            }
            stopped.cancel();
        }
    });
    stop
}

fn signals(kinds: [SignalKind; 3]) -> std::io::Result<[Signal; 3]> {
    let [interrupt, terminate, hangup] = kinds.map(signal);
    Ok([interrupt?, terminate?, hangup?])
}

#[expect(clippy::exit, reason = "whoever signals twice wants it to end, not to be tidy")]
fn at_once(screen: Screen) {
    screen
        .say("\nended at once; what was under way is on record, and the next run looks into it\n");
    std::process::exit(CANCELLED.into());
}

/// Does work that changes nothing and can be left at any point.
pub(crate) async fn unless_stopped<T>(
    stop: &CancellationToken,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        done = work => done,
        () = stop.cancelled() => Err(stopped()),
    }
}

/// Stopped before anything was changed.
pub(crate) fn stopped() -> Failure {
    Failure {
        what: "stopped; nothing was changed".into(),
        causes: Vec::new(),
        hints: Vec::new(),
        exit: CANCELLED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_changes_nothing_is_left_at_once() {
        let stop = CancellationToken::new();
        stop.cancel();
        let forever = std::future::pending::<Result<(), Failure>>();
        assert_eq!(unless_stopped(&stop, forever).await.unwrap_err().exit, 130);
        assert_eq!(unless_stopped(&stop, async { Ok(1) }).await.unwrap(), 1, "what is done counts");
    }
}
