//! How fast a service is asked: a bucket of calls for each service and place, shared by all that call it.
//!
//! A bucket begins with the limits that the service has published, and learns the ones that hold: others
//! call the same account, and limits are raised for it. A call that the service turns away for coming too
//! fast has done nothing; it waits for its turn again, so throttling slows a run and never fails it.
//! Knows no service.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How many calls a service takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// At once, after a rest.
    pub burst: f64,
    /// In a second, for ever.
    pub per_second: f64,
}

impl Rate {
    /// So many at once, then so many in a second.
    pub const fn new(burst: f64, per_second: f64) -> Self {
        Self { burst, per_second }
    }

    /// So many times as much.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self { burst: self.burst * factor, per_second: self.per_second * factor }
    }
}

/// What a service says to a call, for [`Pace::run`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was taken, whatever came of it.
    Taken,
    /// It came too fast, and nothing was done.
    TooFast,
}

/// The pace of everything that a run calls. Clones share their buckets.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    buckets: Arc<Mutex<HashMap<String, Arc<Queue>>>>,
}

/// Those who wait for one bucket. The first looks into it, the others stand behind, in order.
#[derive(Debug)]
struct Queue {
    first: tokio::sync::Mutex<()>,
    bucket: Mutex<Bucket>,
}

impl Pace {
    /// No bucket has been used yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a call when it is its turn, and again while the service says that it came too fast, for as long
    /// as `limit`; then the service's last answer is the caller's.
    ///
    /// `bucket` names who limits the call, e.g. `ec2 123456789012 eu-west-1 CreateVpcEndpoint`.
    pub async fn run<T, F>(
        &self,
        bucket: &str,
        published: Rate,
        limit: Duration,
        mut call: impl FnMut() -> F,
        judge: impl Fn(&T) -> Answer,
    ) -> T
    where
        F: Future<Output = T>,
    {
        let (begun, queue) = (Instant::now(), self.queue(bucket, published));
        loop {
            queue.turn().await;
            let answer = call().await;
            let judged = judge(&answer);
            queue.bucket().learn(judged);
            if judged == Answer::Taken || begun.elapsed() >= limit {
                return answer;
            }
        }
    }

    fn queue(&self, name: &str, published: Rate) -> Arc<Queue> {
        // Nothing that is locked here can be left half-changed.
        let mut all = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let bucket = Mutex::new(Bucket::new(published));
            Arc::new(Queue { first: tokio::sync::Mutex::default(), bucket })
        };
        all.entry(name.to_owned()).or_insert_with(new).clone()
    }
}

impl Queue {
    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a call's turn. What is learned meanwhile counts at once.
    async fn turn(&self) {
        let _first = self.first.lock().await;
        loop {
            let wait = self.bucket().take();
            let Some(wait) = wait else { return };
            sleep(wait.clamp(TICK, LOOK)).await;
        }
    }
}

/// The least that a timer sleeps.
const TICK: Duration = Duration::from_millis(1);
/// How often who waits looks whether the pace has changed.
const LOOK: Duration = Duration::from_millis(200);
/// How long answers are counted before something is concluded from them.
const WINDOW: Duration = Duration::from_secs(1);
/// The service keeps what it has published, though others may use part of it: asking at half of that is
/// never far from what it takes, however often it says no.
const LEAST: f64 = 0.5;
/// Limits are raised on request, seldom by more.
const MOST: f64 = 16.0;
/// How much faster than it takes a service is asked, to find out when it takes more.
const PROBE: f64 = 1.2;

#[derive(Debug)]
struct Bucket {
    published: Rate,
    /// What it is believed to take in a second.
    per_second: f64,
    /// Calls that may be made at once.
    tokens: f64,
    filled: Instant,
    window: Window,
}

/// What was answered lately.
#[derive(Debug)]
struct Window {
    since: Instant,
    taken: f64,
    too_fast: f64,
    /// Whether calls waited for their turn.
    waited: bool,
}

impl Window {
    fn new() -> Self {
        Self { since: Instant::now(), taken: 0.0, too_fast: 0.0, waited: false }
    }
}

impl Bucket {
    fn new(published: Rate) -> Self {
        Self {
            published,
            per_second: published.per_second,
            tokens: published.burst,
            filled: Instant::now(),
            window: Window::new(),
        }
    }

    /// Takes a turn if there is one, or says how long until there is.
    fn take(&mut self) -> Option<Duration> {
        let rested = self.filled.elapsed().as_secs_f64();
        self.filled = Instant::now();
        self.tokens = (self.tokens + rested * self.per_second).min(self.published.burst.max(1.0));
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return None;
        }
        self.window.waited = true;
        Some(Duration::from_secs_f64((1.0 - self.tokens) / self.per_second))
    }

    fn learn(&mut self, answer: Answer) {
        match answer {
            Answer::Taken => self.window.taken += 1.0,
            Answer::TooFast => {
                self.window.too_fast += 1.0;
                // What was saved up here, somebody else has used.
                self.tokens = self.tokens.min(0.0);
            }
        }
        let seconds = self.window.since.elapsed();
        if seconds < WINDOW {
            return;
        }
        let window = std::mem::replace(&mut self.window, Window::new());
        let rate = if window.too_fast > 0.0 {
            PROBE * window.taken / seconds.as_secs_f64()
        } else if window.waited {
            PROBE * self.per_second
        } else {
            return;
        };
        let published = self.published.per_second;
        self.per_second = rate.clamp(LEAST * published, MOST * published);
    }
}

#[cfg(test)]
mod tests;
