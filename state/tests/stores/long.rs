//! What takes a hundred runs, over a place that answers at once.

use crate::{
    contract::{STACK, keys, load, open, record, store},
    memory::MemBlobs,
};
use groundplan_state::{Error, Upkeep};

#[tokio::test]
async fn many_runs_that_change_nothing_do_not_pile_up() {
    let blobs = MemBlobs::default();
    let written = record(&blobs, "a", &["x"]).await.unwrap();
    for _ in 0..40 {
        open(&blobs, "b").await.unwrap().close().await.unwrap();
    }
    let newest = keys(&blobs, "state.").await.pop().unwrap();
    let last = keys(&blobs, "journal/").await.pop().unwrap();
    let number = |key: &str| key[key.len() - 17..key.len() - 5].parse::<u64>().unwrap();
    assert!(number(&last) - number(&newest) < 70, "{newest} {last}");
    assert!(keys(&blobs, "lease.").await.len() < 5);
    assert_eq!(load(&blobs).await.unwrap().unwrap(), written);
    assert_eq!(
        store(&blobs).history(STACK).await.unwrap().len(),
        2,
        "of the same serial one counts"
    );
}

#[tokio::test]
async fn old_versions_go() {
    let blobs = MemBlobs::default();
    for n in 1..=104u64 {
        record(&blobs, &format!("run-{n}"), &["a"]).await.unwrap();
    }
    let history = store(&blobs).history(STACK).await.unwrap();
    let serials: Vec<_> = history.iter().map(|version| version.serial).collect();
    assert_eq!(serials, (5..=104).collect::<Vec<_>>());
    assert!(matches!(store(&blobs).version(STACK, 4).await, Err(Error::NoVersion { .. })));
    let journal = keys(&blobs, "journal/").await.len();
    assert!(journal < 12, "{journal} slots are left");
}
