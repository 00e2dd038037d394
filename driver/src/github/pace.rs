//! How long GitHub is waited for. A comment is not worth much of a run's time.

use super::trouble::Trouble;
use std::time::Duration;

/// How long GitHub is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// How often it is tried.
    pub(super) tries: u32,
    /// What passes before the second try; doubled for each further one.
    pub(super) first: Duration,
    /// The longest wait that GitHub may ask for.
    pub(super) longest: Duration,
    /// How long everything may take.
    pub(super) whole: Duration,
}

impl Pace {
    /// For a run.
    pub(crate) const RUN: Self = Self {
        tries: 5,
        first: Duration::from_secs(1),
        longest: Duration::from_mins(1),
        whole: Duration::from_secs(150),
    };

    pub(super) fn tries(self) -> Tries {
        Tries { pace: self, done: 0 }
    }
}

/// The tries so far.
#[derive(Debug)]
pub(super) struct Tries {
    pace: Pace,
    done: u32,
}

impl Tries {
    /// Waits after a failed try for the next one, or gives the trouble back if there is none.
    pub(super) async fn wait(&mut self, trouble: Trouble) -> Result<(), Trouble> {
        self.done += 1;
        let Some(asked) = trouble.passes_after().filter(|_| self.done < self.pace.tries) else {
            return Err(trouble);
        };
        let own = self.pace.first * 2_u32.pow(self.done - 1);
        let wait = asked.max(own);
        if wait > self.pace.longest {
            return Err(trouble);
        }
        tracing::debug!(%trouble, seconds = wait.as_secs_f64(), "GitHub is tried again");
        tokio::time::sleep(wait).await;
        Ok(())
    }
}
