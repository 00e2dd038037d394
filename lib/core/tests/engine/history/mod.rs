//! Random histories: programs, edits, renames, faults, deaths, frozen processes that go on, drift and
//! strangers. After each one the next run must bring the cloud to what the program says. A number makes
//! all of a history; larger numbers make larger ones.
//!
//! `GROUNDPLAN_HISTORIES=1000000 cargo test -p groundplan-core --test engine histories` lives through a
//! million; `GROUNDPLAN_HISTORY=42 cargo test -p groundplan-core --test engine histories -- --nocapture`
//! through that one, and prints what happens in it.

mod acts;
mod approved;
mod live;
mod mutants;
mod outside;
mod program;
mod rig;

use acts::History;
use groundplan_core::testing::Broken;
use live::{Tally, Told, live};
use rig::Rig;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// How many histories a test run lives through if nothing else is said.
const HISTORIES: u64 = 20_000;

/// A history that broke a promise.
struct Failure {
    seed: u64,
    broken: String,
    promise: &'static str,
}

fn run(history: &History, rig: &Rig, told: &Told) -> Result<Tally, (String, &'static str)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let lived = catch_unwind(AssertUnwindSafe(|| runtime.block_on(live(history, rig, told))));
    match lived {
        Ok(ended) => ended.map_err(|broken: Broken| (broken.to_string(), broken.promise())),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or(panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
            Err((text.unwrap_or_default(), "no panic"))
        }
    }
}

/// Lives through the histories of these seeds on all cores, until one breaks a promise: the one of the
/// smallest seed is told.
fn live_all(seeds: u64, rig: &Rig) -> (Tally, Option<Failure>) {
    let (next, ended) = (AtomicU64::new(0), Mutex::new((Tally::default(), None::<Failure>)));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return;
            }
            let lived = run(&History::new(seed), rig, &Told::default());
            let (tally, failed) = &mut *ended.lock().expect("no panic");
            match lived {
                Ok(more) => *tally += more,
                Err((broken, promise)) => {
                    if failed.as_ref().is_none_or(|f| seed < f.seed) {
                        *failed = Some(Failure { seed, broken, promise });
                    }
                    // Smaller seeds are under way already.
                    next.store(seeds, Ordering::Relaxed);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    ended.into_inner().expect("no panic")
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|e| panic!("{variable} is `{text}`: {e}")))
}

/// A history in words, with what happened in it.
fn in_words(seed: u64) -> String {
    let (history, told) = (History::new(seed), Told::default());
    let ended = run(&history, &Rig::SOUND, &told);
    let ended = ended.map_or_else(|(broken, _)| broken, |_| "all promises were kept".to_owned());
    format!("{history}{}\n{ended}", told.text())
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "who asks for one history, or a million, wants to read of them"
)]
fn histories_end_where_the_last_program_says() {
    if let Some(seed) = number("GROUNDPLAN_HISTORY") {
        let ended = run(&History::new(seed), &Rig::SOUND, &Told::default());
        println!("{}", in_words(seed));
        assert!(ended.is_ok(), "{ended:?}");
        return;
    }
    let seeds = number("GROUNDPLAN_HISTORIES").unwrap_or(HISTORIES);
    let (tally, failed) = live_all(seeds, &Rig::SOUND);
    if let Some(Failure { seed, broken, .. }) = failed {
        panic!(
            "{broken}\n\n{}\n\nthis one alone: GROUNDPLAN_HISTORY={seed} cargo test -p groundplan-core --test engine histories -- --nocapture",
            in_words(seed)
        );
    }
    println!("{seeds} histories: {tally:?}");
    // Gentle histories prove nothing.
    let least = |share: u64| seeds / share;
    assert!(tally.died > least(4) && tally.froze > least(10), "{tally:?}");
    assert!(tally.acted > least(50) && tally.strays > least(50), "{tally:?}");
}

/// Else a seed would not repeat a failure.
#[test]
fn a_history_happens_the_same_way_each_time() {
    for seed in (0..HISTORIES).step_by(997) {
        assert_eq!(in_words(seed), in_words(seed));
    }
}
