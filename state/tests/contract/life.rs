//! Promises about what is recorded.

use super::{
    Ground, PATIENT, STACK, faulty::Faulty, holder, keys, load, names, open, put, record, run,
    store,
};
use groundplan_state::{Change, Error, Realm, Store, Timing, Upkeep};
use std::{sync::atomic::Ordering::SeqCst, time::Duration};

pub(crate) async fn what_was_appended_is_read_again_without_a_clean_end(blobs: impl Ground) {
    let mut session = open(&blobs, "a").await.unwrap();
    session.append(vec![put("a", 0), put("b", 0)]).await.unwrap();
    session.append(vec![Change::Depose { address: "sim.disk/a".parse().unwrap() }]).await.unwrap();
    let written = session.snapshot().clone();
    drop(session);
    let loaded = store(&blobs).load(STACK).await.unwrap().unwrap();
    assert_eq!(loaded.snapshot, written);
    assert_eq!((loaded.replayed, loaded.snapshot.serial), (2, 2), "groups, not changes");
    let mut next = open(&blobs, "b").await.unwrap();
    assert_eq!(*next.snapshot(), written);
    next.compact(run("b")).await.unwrap();
    next.close().await.unwrap();
    let loaded = store(&blobs).load(STACK).await.unwrap().unwrap();
    assert_eq!((loaded.replayed, loaded.snapshot.serial), (0, 2), "a run has ended since");
}

pub(crate) async fn reading_writes_nothing(blobs: impl Ground) {
    let store = store(&blobs);
    assert!(store.load(STACK).await.unwrap().is_none());
    assert!(store.history(STACK).await.unwrap().is_empty());
    assert!(store.lease(STACK).await.unwrap().is_none());
    assert!(store.stacks().await.unwrap().is_empty());
    assert!(keys(&blobs, "").await.is_empty());
}

pub(crate) async fn a_run_that_changes_nothing_leaves_the_state_as_it_was(blobs: impl Ground) {
    let written = record(&blobs, "a", &["x"]).await.unwrap();
    let snapshots = keys(&blobs, "state.").await;
    let mut session = open(&blobs, "b").await.unwrap();
    session.append(Vec::new()).await.unwrap();
    session.close().await.unwrap();
    assert_eq!(load(&blobs).await.unwrap().unwrap(), written);
    assert_eq!(keys(&blobs, "state.").await, snapshots);
}

pub(crate) async fn a_journal_that_grows_in_a_run_is_compacted(blobs: impl Ground) {
    let mut session = open(&blobs, "a").await.unwrap();
    let many: Vec<_> = (0..200).map(|n| put(&format!("d{n}"), 0)).collect();
    for _ in 0..8 {
        session.append(many.clone()).await.unwrap();
    }
    let written = session.snapshot().clone();
    drop(session);
    assert!(keys(&blobs, "state.").await.len() > 1);
    let loaded = store(&blobs).load(STACK).await.unwrap().unwrap();
    assert_eq!(loaded.snapshot, written);
    assert!(loaded.replayed > 0, "the run did not end");
    let history = store(&blobs).history(STACK).await.unwrap();
    assert!(history.iter().all(|version| version.run.is_none()), "{history:?}");
}

pub(crate) async fn stacks_are_listed(blobs: impl Ground) {
    for stack in ["hub", "core"] {
        let opened = store(&blobs).open(stack, &Realm::Simulation, holder("a")).await;
        opened.unwrap().close().await.unwrap();
    }
    blobs.put("rendered/deep/thing.yaml", b"x".to_vec()).await.unwrap();
    assert_eq!(store(&blobs).stacks().await.unwrap(), ["core", "hub"]);
}

pub(crate) async fn names_lead_nowhere_else(blobs: impl Ground) {
    for stack in ["..", "a/b", "", ".hidden"] {
        let error = store(&blobs).load(stack).await.unwrap_err();
        assert!(matches!(error, Error::Name { .. }), "{stack}: {error}");
        let opened = store(&blobs).open(stack, &Realm::Simulation, holder("a")).await;
        assert!(matches!(opened, Err(Error::Name { .. })), "{stack}");
    }
}

pub(crate) async fn versions_are_kept(blobs: impl Ground) {
    for n in 1..=5u64 {
        let name = format!("d{}", n % 3);
        assert_eq!(record(&blobs, &format!("run-{n}"), &[&name]).await.unwrap().serial, n);
    }
    let history = store(&blobs).history(STACK).await.unwrap();
    let serials: Vec<_> = history.iter().map(|version| version.serial).collect();
    assert_eq!(serials, [0, 1, 2, 3, 4, 5]);
    let newest = history.last().unwrap();
    let run = newest.run.as_ref().unwrap();
    assert_eq!((run.who.as_str(), run.commit.as_deref()), ("run-5", Some("c0ffee")));
    assert_eq!(newest.resources, 3);
    let old = store(&blobs).version(STACK, 2).await.unwrap();
    assert_eq!((old.serial, old.last_run.unwrap().who.as_str()), (2, "run-2"));
    let error = store(&blobs).version(STACK, 9).await.unwrap_err();
    assert!(error.to_string().contains("version 9 of stack `shop` is not kept"), "{error}");
}

pub(crate) async fn a_full_place_keeps_what_was_recorded(blobs: impl Ground) {
    let place = Faulty::new(blobs.clone());
    let mut session = open(&place, "a").await.unwrap();
    session.append(vec![put("before", 0)]).await.unwrap();
    let before = session.snapshot().clone();
    place.faults.full.store(true, SeqCst);
    let error = session.append(vec![put("never", 0)]).await.unwrap_err();
    assert!(error.to_string().contains("could not write"), "{error}");
    assert!(error.hint().contains("free some disk space"), "{}", error.hint());
    assert_eq!(*session.snapshot(), before);
    place.faults.full.store(false, SeqCst);
    let error = session.append(vec![put("unsure", 0)]).await.unwrap_err();
    assert!(matches!(error, Error::Ended { .. }), "it cannot know what was recorded: {error}");
    session.close().await.unwrap();
    assert_eq!(load(&blobs).await.unwrap().unwrap(), before);
    record(&blobs, "b", &["after"]).await.unwrap();
}

/// A run that dies at each of its operations once, with the operation done or not. What was said to
/// be durable is there, what was under way is there whole or not at all, and the next run goes on.
pub(crate) async fn a_crash_at_every_operation_leaves_a_prefix(blobs: impl Ground) {
    live(&blobs, "first").await.unwrap();
    for dies_at in 1.. {
        for effect in [false, true] {
            let place = Faulty::new(blobs.clone());
            place.faults.left.store(dies_at, SeqCst);
            place.faults.effect.store(effect, SeqCst);
            let before = load(&blobs).await.unwrap().unwrap().serial;
            let name = format!("r{dies_at}-{effect}");
            let died = live(&place, &name).await;
            let found = load(&blobs).await.unwrap_or_else(|e| panic!("{name}: {e}"));
            let found = found.expect("a state");
            let Err(durable) = died else { return };
            let more = found.serial - before;
            assert!(more == durable || more == durable + 1, "{name}: {more}, durable {durable}");
            for group in 1..=more {
                let group = format!("{name}-{group}");
                assert!(names(&found).contains(&group.as_str()), "{group} in {:?}", names(&found));
            }
            live(&blobs, "next").await.unwrap();
            let after = load(&blobs).await.unwrap().unwrap();
            assert_eq!(after.serial, found.serial + 2, "{name}");
        }
    }
}

/// One run of two groups. Fails with how many of them are durable.
async fn live<B: Ground>(place: &B, name: &str) -> Result<(), u64> {
    // The dead are dead soon, and a beat of theirs that comes late is waited out.
    let timing = Timing { ttl: Duration::from_millis(50), beat: Duration::from_millis(20) };
    let (store, realm) = (store(place).timing(timing), Realm::Simulation);
    let opened = store.open_or_wait(STACK, &realm, holder(name), PATIENT).await;
    let mut session = opened.map_err(|_| 0u64)?;
    for group in 1..=2u64 {
        let changes = vec![put(&format!("{name}-{group}"), 0)];
        session.append(changes).await.map_err(|_| group - 1)?;
    }
    session.compact(run(name)).await.map_err(|_| 2u64)?;
    session.close().await.map_err(|_| 2)
}

pub(crate) async fn who_reads_copes_with_a_busy_writer(blobs: impl Ground) {
    record(&blobs, "first", &["a"]).await.unwrap();
    let writes = tokio::spawn({
        let blobs = blobs.clone();
        async move {
            let mut session = open(&blobs, "writer").await.unwrap();
            for n in 0..30 {
                session.append(vec![put("a", n)]).await.unwrap();
                session.compact(run("writer")).await.unwrap();
            }
            session.close().await.unwrap();
        }
    });
    let mut serial = 0;
    while !writes.is_finished() {
        let found = load(&blobs).await.unwrap().unwrap();
        assert!(found.serial >= serial, "no way back");
        serial = found.serial;
        tokio::task::yield_now().await;
    }
    writes.await.unwrap();
    assert_eq!(load(&blobs).await.unwrap().unwrap().serial, 31);
}
