//! Patience with what happens behind a stack's back.

use super::LONGEST;
use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

/// Tries something behind a stack's back until the cloud lets it.
pub(crate) async fn eventually<T, E: Debug>(attempt: impl AsyncFn() -> Result<T, E>) -> T {
    let begun = Instant::now();
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(error) => assert!(begun.elapsed() < LONGEST, "never: {error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
