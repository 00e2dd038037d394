//! Keeps writes apart, so that many small ones become few: whoever waits for its turn is joined by
//! what comes meanwhile.

use std::time::Duration;
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

/// Lets one write begin at a time, with a pause between them.
#[derive(Debug)]
pub(crate) struct Pace {
    pause: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub(crate) fn new(pause: Duration) -> Self {
        Self { pause, next: Mutex::new(None) }
    }

    /// Waits for one's turn, first come first served.
    pub(crate) async fn turn(&self) {
        let mut next = self.next.lock().await;
        if let Some(next) = *next {
            sleep_until(next).await;
        }
        *next = Some(Instant::now() + self.pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn writes_begin_apart_and_a_late_one_does_not_wait() {
        let pace = Pace::new(Duration::from_millis(50));
        let begun = Instant::now();
        for expected in [0, 50, 100] {
            pace.turn().await;
            assert_eq!(begun.elapsed().as_millis(), expected);
        }
        tokio::time::advance(Duration::from_millis(500)).await;
        pace.turn().await;
        assert_eq!(begun.elapsed().as_millis(), 600);
    }
}
