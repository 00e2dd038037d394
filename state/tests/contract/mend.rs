//! Promises about what is damaged, lost or edited.

use super::{Ground, STACK, holder, keys, load, names, open, put, record, spoil, store};
use groundplan_state::{Error, Realm, Repair, Repaired, Result, Snapshot, Upkeep};

const DRY: Repair = Repair { dry: true, keep_edits: false };
const NOW: Repair = Repair { dry: false, keep_edits: false };

async fn repair<B: Ground>(blobs: &B, how: Repair) -> Result<Repaired> {
    store(blobs).repair(STACK, holder("mender"), how).await
}

/// A state with some past: three runs, of which the last recorded two groups.
async fn past<B: Ground>(blobs: &B) -> Snapshot {
    record(blobs, "one", &["a"]).await.unwrap();
    record(blobs, "two", &["b"]).await.unwrap();
    record(blobs, "three", &["c", "d"]).await.unwrap()
}

async fn newest<B: Ground>(blobs: &B) -> String {
    keys(blobs, "state.").await.pop().expect("a snapshot")
}

async fn goes_on<B: Ground>(blobs: &B) {
    let serial = load(blobs).await.unwrap().unwrap().serial;
    let after = record(blobs, "next", &["next"]).await.unwrap();
    assert_eq!(after.serial, serial + 1);
    assert_eq!(load(blobs).await.unwrap().unwrap(), after);
    assert_eq!(repair(blobs, DRY).await.unwrap(), Repaired { needed: false, lines: Vec::new() });
}

pub(crate) async fn a_deleted_snapshot_is_made_again(blobs: impl Ground) {
    let written = past(&blobs).await;
    blobs.delete(vec![newest(&blobs).await]).await.unwrap();
    assert_eq!(load(&blobs).await.unwrap().unwrap(), written);
    goes_on(&blobs).await;
}

pub(crate) async fn a_state_that_is_gone_is_told(blobs: impl Ground) {
    past(&blobs).await;
    blobs.delete(keys(&blobs, "state.").await).await.unwrap();
    let error = load(&blobs).await.unwrap_err();
    assert!(matches!(error, Error::Gone { .. }), "{error}");
    assert!(error.to_string().contains("shows that there was one"), "{error}");
    assert!(error.hint().contains("apply state recover"), "{}", error.hint());
    let opened = open(&blobs, "a").await;
    assert!(matches!(opened, Err(Error::Gone { .. })), "it does not begin anew");
    blobs.delete(keys(&blobs, "journal/").await).await.unwrap();
    assert!(matches!(load(&blobs).await, Err(Error::Gone { .. })), "a heartbeat is left");
}

pub(crate) async fn missing_records_are_told(blobs: impl Ground) {
    past(&blobs).await;
    let mut session = open(&blobs, "a").await.unwrap();
    for name in ["e", "f", "g"] {
        session.append(vec![put(name, 0)]).await.unwrap();
    }
    drop(session);
    let slots = keys(&blobs, "journal/").await;
    blobs.delete(slots[slots.len() - 3..slots.len() - 1].to_vec()).await.unwrap();
    let error = load(&blobs).await.unwrap_err();
    assert!(error.to_string().contains("records 15 to 16 are missing"), "{error}");
    let repaired = repair(&blobs, NOW).await.unwrap();
    assert!(repaired.lines.iter().any(|line| line.contains("15 to 16")), "{repaired:?}");
    assert_eq!(names(&load(&blobs).await.unwrap().unwrap()), ["a", "b", "c", "d", "g"]);
    goes_on(&blobs).await;
}

pub(crate) async fn damage_is_refused_and_repaired(blobs: impl Ground) {
    let written = past(&blobs).await;
    let key = newest(&blobs).await;
    spoil(&blobs, &key, |text| text[..text.len() / 2].to_owned()).await;
    let broken = blobs.get(&key).await.unwrap();
    let error = load(&blobs).await.unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(error.hint().contains("apply state repair"), "{}", error.hint());
    assert!(open(&blobs, "a").await.is_err());
    let repaired = repair(&blobs, NOW).await.unwrap();
    assert!(repaired.needed && repaired.lines[0].contains("is damaged"), "{repaired:?}");
    assert_eq!(load(&blobs).await.unwrap().unwrap(), written, "it is made again exactly");
    let aside = keys(&blobs, "damaged/").await;
    assert_eq!(blobs.get(&aside[0]).await.unwrap(), broken, "what was damaged is kept");
    goes_on(&blobs).await;
}

pub(crate) async fn a_damaged_record_is_named_and_the_others_are_kept(blobs: impl Ground) {
    past(&blobs).await;
    let mut session = open(&blobs, "a").await.unwrap();
    for name in ["e", "f", "g"] {
        session.append(vec![put(name, 0)]).await.unwrap();
    }
    session.close().await.unwrap();
    let slots = keys(&blobs, "journal/").await;
    let key = &slots[slots.len() - 3];
    spoil(&blobs, key, |text| text.replacen("\"size\":1", "\"size\":7", 1)).await;
    let error = load(&blobs).await.unwrap_err();
    assert!(error.to_string().contains("its checksum does not match"), "{error}");
    let repaired = repair(&blobs, NOW).await.unwrap();
    assert!(repaired.lines[0].contains("of `sim.disk/f` is lost"), "{repaired:?}");
    assert!(repaired.lines.last().unwrap().contains("the next plan"), "{repaired:?}");
    assert_eq!(names(&load(&blobs).await.unwrap().unwrap()), ["a", "b", "c", "d", "e", "g"]);
    goes_on(&blobs).await;
}

pub(crate) async fn edits_are_kept_only_if_asked_for(blobs: impl Ground) {
    let written = past(&blobs).await;
    let edit = |text: String| text.replace("\"sim.disk/c\"", "\"sim.disk/edited\"");
    spoil(&blobs, &newest(&blobs).await, edit).await;
    let error = load(&blobs).await.unwrap_err();
    assert!(error.to_string().contains("it was edited"), "{error}");
    let told = repair(&blobs, DRY).await.unwrap().lines.join("\n");
    assert!(
        told.contains("`sim.disk/c`, `sim.disk/edited`") && told.contains("--keep-edits"),
        "{told}"
    );
    repair(&blobs, NOW).await.unwrap();
    assert_eq!(load(&blobs).await.unwrap().unwrap(), written);

    spoil(&blobs, &newest(&blobs).await, edit).await;
    let told = repair(&blobs, Repair { keep_edits: true, ..NOW }).await.unwrap().lines.join("\n");
    assert!(told.contains("was edited, and is taken as it is now"), "{told}");
    assert_eq!(names(&load(&blobs).await.unwrap().unwrap()), ["a", "b", "d", "edited"]);
    goes_on(&blobs).await;
}

pub(crate) async fn a_dry_repair_changes_nothing(blobs: impl Ground) {
    past(&blobs).await;
    spoil(&blobs, &newest(&blobs).await, |_| "nonsense".into()).await;
    let before = keys(&blobs, "").await;
    let dry = repair(&blobs, DRY).await.unwrap();
    assert_eq!(keys(&blobs, "").await, before);
    assert!(load(&blobs).await.is_err());
    assert_eq!(repair(&blobs, NOW).await.unwrap(), dry, "it says what it will do");
}

pub(crate) async fn a_newer_format_is_left_alone(blobs: impl Ground) {
    past(&blobs).await;
    let key = newest(&blobs).await;
    spoil(&blobs, &key, |_| "{ \"format\": 99, \"stack\": \"shop\" }".into()).await;
    for error in [load(&blobs).await.unwrap_err(), repair(&blobs, NOW).await.unwrap_err()] {
        assert!(matches!(error, Error::Newer { found: 99, ours: 1, .. }), "{error}");
    }
    assert!(keys(&blobs, "damaged/").await.is_empty());
}

pub(crate) async fn a_recovered_state_begins_where_none_can_be_loaded(blobs: impl Ground) {
    let written = past(&blobs).await;
    let begin = async |snapshot: Snapshot| store(&blobs).begin(snapshot, holder("recover")).await;
    let error = begin(written.clone()).await.unwrap_err();
    assert!(matches!(error, Error::Exists { .. }), "{error}");
    blobs.delete(keys(&blobs, "state.").await).await.unwrap();
    let left = keys(&blobs, "journal/").await;
    let told = begin(written.clone()).await.unwrap();
    assert_eq!(told.len(), left.len(), "{told:?}");
    assert_eq!(load(&blobs).await.unwrap().unwrap(), written);
    assert_eq!(keys(&blobs, "damaged/").await.len(), left.len());
    goes_on(&blobs).await;

    let other = Snapshot { stack: "other".into(), ..Snapshot::new("other", Realm::Simulation) };
    assert!(begin(other).await.unwrap().is_empty(), "nothing was there");
    assert_eq!(store(&blobs).stacks().await.unwrap(), ["other", "shop"]);
}
