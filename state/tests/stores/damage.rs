//! Whatever is wrong with a file: never a panic, never a silent loss.

use crate::{
    contract::{STACK, holder, load, open, put, record, run, store},
    memory::MemBlobs,
};
use groundplan_state::{Address, Error, Repair, Snapshot, Timing, Upkeep};
use std::{collections::BTreeSet, time::Duration};

/// States to damage, with what is true of each: in its first run, after it, with a last run that was
/// cut off, and with a past of which some is compacted.
async fn states() -> Vec<(MemBlobs, Snapshot)> {
    let mut states = Vec::new();
    let mut keep = async |blobs: &MemBlobs| {
        let truth = load(blobs).await.unwrap().unwrap();
        states.push((blobs.copy(), truth));
    };
    let blobs = MemBlobs::default();
    let mut session = open(&blobs, "a").await.unwrap();
    session.append(vec![put("a", 0), put("b", 0)]).await.unwrap();
    keep(&blobs).await;
    session.compact(run("a")).await.unwrap();
    session.close().await.unwrap();
    keep(&blobs).await;
    record(&blobs, "b", &["c"]).await.unwrap();
    let mut session = open(&blobs, "c").await.unwrap();
    session.append(vec![put("d", 0)]).await.unwrap();
    session.append(vec![put("e", 0), put("a", 1)]).await.unwrap();
    keep(&blobs).await;
    session.close().await.unwrap();
    record(&blobs, "d", &["f", "g"]).await.unwrap();
    keep(&blobs).await;
    states
}

/// All snapshots and records.
fn files(blobs: &MemBlobs) -> Vec<(String, Vec<u8>)> {
    let is_file = |key: &str| key.contains("/state.") || key.contains("/journal/");
    let all = blobs.with(|all| all.clone());
    all.into_iter().filter(|(key, _)| is_file(key)).collect()
}

fn recorded(snapshot: &Snapshot) -> BTreeSet<Address> {
    snapshot.entries.keys().cloned().collect()
}

/// Checks that a damaged state is read as it was, or refused.
async fn is_read_whole_or_not(blobs: &MemBlobs, truth: &Snapshot, key: &str, what: &str) {
    match load(blobs).await {
        Ok(found) => assert_eq!(found.as_ref(), Some(truth), "{key} {what}: a silent loss"),
        Err(error) => assert!(!matches!(error, Error::Gone { .. }), "{key} {what}: {error}"),
    }
}

/// Checks that a damaged state is repaired without a silent loss.
async fn is_mended(blobs: &MemBlobs, truth: &Snapshot, key: &str, what: &str) {
    // Nobody is alive here who would have to be waited for.
    let store = store(blobs).timing(Timing { ttl: Duration::ZERO, beat: Duration::from_millis(2) });
    let repaired = store.repair(STACK, holder("mender"), Repair::default()).await;
    let repaired = repaired.unwrap_or_else(|e| panic!("{key} {what}: {e}"));
    let found = load(blobs).await.unwrap_or_else(|e| panic!("{key} {what}: {e}: {repaired:?}"));
    let found = found.expect("a state");
    if key.contains("/state.") {
        assert_eq!(found, *truth, "{key} {what}: all of it is in other files: {repaired:?}");
    }
    assert_eq!(found.lineage, truth.lineage, "{key} {what}");
    // What only the damaged record said may be lost, and is told.
    let lost: Vec<_> = recorded(truth).difference(&recorded(&found)).cloned().collect();
    let told = repaired.lines.join("\n");
    assert!(lost.is_empty() || told.contains("lost"), "{key} {what}: {lost:?} are lost: {told}");
    assert!(lost.len() <= 2, "{key} {what}: {lost:?} are more than one group");
}

#[tokio::test]
async fn files_cut_off_at_every_byte_lose_nothing_in_silence() {
    for (blobs, truth) in states().await {
        for (key, value) in files(&blobs) {
            for end in 0..value.len() {
                let damaged = blobs.copy();
                damaged.with(|all| all.insert(key.clone(), value[..end].to_vec()));
                let what = format!("cut at {end}");
                is_read_whole_or_not(&damaged, &truth, &key, &what).await;
                if end % 8 == 0 || end + 2 >= value.len() {
                    is_mended(&damaged, &truth, &key, &what).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_thousand_flipped_bits_lose_nothing_in_silence() {
    let mut random = fastrand::Rng::with_seed(1);
    let states = states().await;
    for _ in 0..1000 {
        let (blobs, truth) = &states[random.usize(..states.len())];
        let files = files(blobs);
        let (key, value) = &files[random.usize(..files.len())];
        let bit = random.usize(..value.len() * 8);
        let mut flipped = value.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let damaged = blobs.copy();
        damaged.with(|all| all.insert(key.clone(), flipped));
        let what = format!("bit {bit}");
        is_read_whole_or_not(&damaged, truth, key, &what).await;
        is_mended(&damaged, truth, key, &what).await;
    }
}
