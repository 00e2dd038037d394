//! Many callers, a service that keeps its own count, and paused time.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A service that takes so many calls and turns the others away.
struct Service {
    takes: Rate,
    /// What can be taken at once, and since when.
    state: Mutex<(f64, Instant)>,
    turned_away: AtomicUsize,
}

impl Service {
    fn new(takes: Rate) -> Self {
        let state = Mutex::new((takes.burst, Instant::now()));
        Self { takes, state, turned_away: AtomicUsize::new(0) }
    }

    async fn call(&self) -> Answer {
        sleep(Duration::from_millis(40)).await;
        let mut state = self.state.lock().unwrap();
        let (tokens, since) = *state;
        let filled = tokens + since.elapsed().as_secs_f64() * self.takes.per_second;
        let filled = filled.min(self.takes.burst);
        let taken = filled >= 1.0;
        *state = (if taken { filled - 1.0 } else { filled }, Instant::now());
        if taken {
            return Answer::Taken;
        }
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        Answer::TooFast
    }
}

const PUBLISHED: Rate = Rate::new(50.0, 5.0);
const FOR_EVER: Duration = Duration::MAX;

/// Callers that make so many calls in all, one after the other each; how long that takes, over how long the
/// service's limits let it take at best, and how often it said no.
async fn makespan(takes: Rate, calls: usize, callers: usize) -> (f64, usize) {
    let (pace, service, left) = (Pace::new(), Service::new(takes), AtomicUsize::new(calls));
    let begun = Instant::now();
    let caller = async || {
        let one = |left: usize| left.checked_sub(1);
        while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one).is_ok() {
            let answer = pace.run("it", PUBLISHED, FOR_EVER, || service.call(), |a| *a).await;
            assert_eq!(answer, Answer::Taken);
        }
    };
    futures::future::join_all((0..callers).map(|_| caller())).await;
    #[expect(clippy::cast_precision_loss, reason = "calls are few")]
    let ideal = (calls as f64 - takes.burst) / takes.per_second;
    (begun.elapsed().as_secs_f64() / ideal, service.turned_away.into_inner())
}

/// The promise, whatever holds: less than was published because others use it, exactly it, or more.
#[tokio::test(start_paused = true)]
async fn a_run_takes_hardly_longer_than_the_limits_and_never_fails() {
    let mut turned_away = 0;
    for takes in [(50.0, 5.0), (50.0, 2.5), (10.0, 1.0), (5.0, 0.5), (100.0, 10.0), (100.0, 40.0)] {
        for callers in [8, 64] {
            let (ratio, away) = makespan(Rate::new(takes.0, takes.1), 1000, callers).await;
            assert!(ratio < 1.3, "{takes:?} {callers} callers: {ratio:.2}");
            turned_away += away;
        }
    }
    assert!(turned_away > 10_000, "{turned_away}");
}

#[tokio::test(start_paused = true)]
async fn a_rested_bucket_lets_a_burst_through_at_once() {
    let (pace, service) = (Pace::new(), Service::new(PUBLISHED));
    let begun = Instant::now();
    let calls = (0..50).map(|_| pace.run("it", PUBLISHED, FOR_EVER, || service.call(), |a| *a));
    futures::future::join_all(calls).await;
    assert_eq!(begun.elapsed(), Duration::from_millis(40));
}

#[tokio::test(start_paused = true)]
async fn who_waits_longer_than_the_limit_gets_the_answer_that_there_is() {
    let begun = Instant::now();
    let (pace, limit) = (Pace::new(), Duration::from_secs(30));
    let answer = pace.run("it", PUBLISHED, limit, async || Answer::TooFast, |answer| *answer).await;
    assert_eq!(answer, Answer::TooFast);
    assert!((30..40).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn one_service_does_not_wait_for_another() {
    let pace = Pace::new();
    let slow = Rate::new(1.0, 0.1);
    let (service, begun) = (Service::new(slow), Instant::now());
    let waiting = (0..10).map(|_| pace.run("slow", slow, FOR_EVER, || service.call(), |a| *a));
    let quick = async {
        pace.run("quick", PUBLISHED, FOR_EVER, async || Answer::Taken, |a| *a).await;
        begun.elapsed()
    };
    let (_, quick) = futures::join!(futures::future::join_all(waiting), quick);
    assert!(quick < Duration::from_millis(2), "{quick:?}");
}
