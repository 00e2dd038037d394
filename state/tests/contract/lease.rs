//! Promises about who may write.

use super::{
    Ground, PATIENT, STACK, asleep::Sleeper, faulty::Faulty, holder, keys, load, names, open, put,
    record, store,
};
use groundplan_state::{Error, Realm, Timing, Upkeep, Wait};
use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::Duration,
};

pub(crate) async fn a_second_writer_is_told_who_is_first(blobs: impl Ground) {
    let _first = open(&blobs, "tester").await.unwrap();
    let error = open(&blobs, "other").await.unwrap_err();
    assert!(error.to_string().contains("in use by tester (`apply`, process 7 on here"), "{error}");
    let lease = store(&blobs).lease(STACK).await.unwrap().unwrap();
    assert_eq!((lease.holder, lease.epoch), (holder("tester"), 1));
    assert!(lease.beat.is_some(), "it was heard of");
}

pub(crate) async fn fifty_at_once_take_turns<B: Ground>(blobs: B) {
    // They ask less often, as there are many of them.
    let timing = Timing { beat: B::TIMING.beat * 8, ttl: B::TIMING.ttl * 3 };
    let inside = std::sync::Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..50)
        .map(|n| {
            let (blobs, inside) = (blobs.clone(), inside.clone());
            tokio::spawn(async move {
                let (store, realm) = (store(&blobs).timing(timing), Realm::Simulation);
                let opened =
                    store.open_or_wait(STACK, &realm, holder(&format!("w{n}")), PATIENT).await;
                let mut session = opened.unwrap();
                assert_eq!(inside.fetch_add(1, SeqCst), 0, "one at a time");
                session.append(vec![put(&format!("d{n}"), 0)]).await.unwrap();
                inside.fetch_sub(1, SeqCst);
                session.close().await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let found = load(&blobs).await.unwrap().unwrap();
    assert_eq!((found.serial, found.entries.len()), (50, 50), "gapless, and nothing overwritten");
}

pub(crate) async fn a_holder_whose_heart_stopped_is_shut_out(blobs: impl Ground) {
    let frozen = Faulty::new(blobs.clone());
    let mut old = open(&frozen, "old").await.unwrap();
    old.append(vec![put("before", 0)]).await.unwrap();
    frozen.faults.heartless.store(true, SeqCst);
    let mut new = open(&blobs, "new").await.unwrap();
    let error = old.append(vec![put("stolen", 0)]).await.unwrap_err();
    assert!(matches!(&error, Error::LeaseLost { by, .. } if by.who == "new"), "{error}");
    new.append(vec![put("after", 0)]).await.unwrap();
    assert!(old.append(vec![put("stolen", 1)]).await.is_err());
    old.close().await.unwrap();
    let found = load(&blobs).await.unwrap().unwrap();
    assert_eq!(names(&found), ["after", "before"]);
    assert_eq!(found, *new.snapshot());
}

pub(crate) async fn a_holder_that_slept_through_many_runs_is_shut_out(blobs: impl Ground) {
    let frozen = Faulty::new(blobs.clone());
    let mut old = open(&frozen, "old").await.unwrap();
    old.append(vec![put("before", 0)]).await.unwrap();
    frozen.faults.heartless.store(true, SeqCst);
    for n in 0..5 {
        record(&blobs, &format!("run-{n}"), &["after"]).await.unwrap();
    }
    let error = old.append(vec![put("stolen", 0)]).await.unwrap_err();
    assert!(matches!(&error, Error::LeaseLost { by, .. } if by.who == "run-0"), "{error}");
    assert_eq!(names(&load(&blobs).await.unwrap().unwrap()), ["after", "before"]);
}

/// It read the journal, fell asleep, and goes on to take a slot that was used and removed meanwhile.
pub(crate) async fn a_contender_that_slept_through_many_runs_begins_anew(blobs: impl Ground) {
    record(&blobs, "first", &["a"]).await.unwrap();
    let free = keys(&blobs, "journal/").await.pop().unwrap();
    let sleeper = Sleeper::over(blobs.clone()).await;
    for n in 0..4 {
        record(&blobs, &format!("run-{n}"), &["b"]).await.unwrap();
    }
    assert!(!keys(&blobs, "journal/").await.contains(&free), "{free} is removed");
    let other = open(&blobs, "other").await.unwrap();
    let error = open(&sleeper, "sleeper").await.unwrap_err();
    assert!(matches!(&error, Error::Locked { holder, .. } if holder.who == "other"), "{error}");
    other.close().await.unwrap();
    let mut session = open(&sleeper, "sleeper").await.unwrap();
    session.append(vec![put("c", 0)]).await.unwrap();
    session.close().await.unwrap();
    assert_eq!(names(&load(&blobs).await.unwrap().unwrap()), ["a", "b", "c"]);
}

pub(crate) async fn a_busy_holder_is_not_taken_for_dead<B: Ground>(blobs: B) {
    let busy = std::thread::spawn({
        let blobs = blobs.clone();
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let mut session = open(&blobs, "busy").await.unwrap();
                // The only thread of its runtime does something else for long.
                std::thread::sleep(B::TIMING.ttl * 3);
                session.append(vec![put("a", 0)]).await.unwrap();
                session.close().await.unwrap();
            });
        }
    });
    while load(&blobs).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let wait = Wait { at_most: Some(B::TIMING.ttl * 2), ..PATIENT };
    let (store, realm) = (store(&blobs), Realm::Simulation);
    let error = store.open_or_wait(STACK, &realm, holder("b"), wait).await.unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    tokio::task::spawn_blocking(|| busy.join()).await.unwrap().unwrap();
}

pub(crate) async fn a_wait_ends_when_the_holder_does<B: Ground>(blobs: B) {
    let mut first = open(&blobs, "first").await.unwrap();
    let told = AtomicUsize::new(0);
    let say = |waiting: &groundplan_state::Waiting<'_>| {
        assert_eq!(waiting.holder.who, "first");
        assert_eq!(waiting.ttl, B::TIMING.ttl);
        told.fetch_add(1, SeqCst);
    };
    let wait = Wait { at_most: None, told: &say };
    let (store, realm) = (store(&blobs), Realm::Simulation);
    let second = store.open_or_wait(STACK, &realm, holder("second"), wait);
    let end = async {
        while told.load(SeqCst) < 3 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        first.append(vec![put("a", 0)]).await.unwrap();
        first.close().await.unwrap();
    };
    let (second, ()) = futures::join!(second, end);
    assert_eq!(names(second.unwrap().snapshot()), ["a"]);
}

pub(crate) async fn a_wait_has_an_end<B: Ground>(blobs: B) {
    let _first = open(&blobs, "first").await.unwrap();
    let wait = Wait { at_most: Some(B::TIMING.beat * 4), ..PATIENT };
    let (store, realm) = (store(&blobs), Realm::Simulation);
    let error = store.open_or_wait(STACK, &realm, holder("second"), wait).await.unwrap_err();
    assert!(matches!(&error, Error::Locked { holder, .. } if holder.who == "first"), "{error}");
}

pub(crate) async fn a_lease_that_was_given_back_is_taken_at_once(blobs: impl Ground) {
    open(&blobs, "first").await.unwrap().close().await.unwrap();
    assert_eq!(store(&blobs).lease(STACK).await.unwrap(), None);
    let say = |_: &groundplan_state::Waiting<'_>| panic!("nobody is there to wait for");
    let wait = Wait { at_most: None, told: &say };
    let (store, realm) = (store(&blobs), Realm::Simulation);
    store.open_or_wait(STACK, &realm, holder("second"), wait).await.unwrap();
}

pub(crate) async fn unlock_frees_the_dead_and_not_the_living(blobs: impl Ground) {
    let place = Faulty::new(blobs.clone());
    let store = store(&blobs);
    assert_eq!(store.unlock(STACK, holder("op"), &|_| ()).await.unwrap(), None);
    let mut session = open(&place, "first").await.unwrap();
    session.append(vec![put("a", 0)]).await.unwrap();
    let error = store.unlock(STACK, holder("op"), &|_| ()).await.unwrap_err();
    assert!(matches!(&error, Error::Locked { holder, .. } if holder.who == "first"), "{error}");
    session.append(vec![put("b", 0)]).await.unwrap();
    place.faults.heartless.store(true, SeqCst);
    let freed = store.unlock(STACK, holder("op"), &|_| ()).await.unwrap().unwrap();
    assert_eq!(freed.holder.who, "first");
    assert!(matches!(session.append(vec![put("c", 0)]).await, Err(Error::LeaseLost { .. })));
    assert_eq!(store.lease(STACK).await.unwrap(), None);
    assert_eq!(names(&load(&blobs).await.unwrap().unwrap()), ["a", "b"]);
}
