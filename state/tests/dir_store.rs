//! Promises of the directory store: durable, whole, exclusive.

use groundplan_state::{
    Address, Change, DirStore, Entry, Error, Holder, Options, Realm, Result, Run, Session, Slot,
    Status, Store, Why,
};
use proptest::prelude::*;
use serde_json::json;
use std::fs;

fn holder() -> Holder {
    Holder {
        who: "tester".into(),
        host: "here".into(),
        pid: 7,
        command: "apply".into(),
        since: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn put(name: &str, generation: u32) -> Change {
    Change::Put {
        address: Address::new("sim.disk", name).expect("a good name"),
        slot: Slot::Current,
        entry: Box::new(Entry {
            version: 0,
            status: Status::Ready,
            inputs: json!({ "size": 1 }),
            pending: None,
            outputs: Some(json!({ "id": name })),
            needs: [].into(),
            options: Options::default(),
            generation,
            token: "t".into(),
            physical_name: None,
        }),
        why: Why::Ready,
    }
}

async fn open(store: &DirStore) -> Result<Box<dyn Session>> {
    store.open("shop", &Realm::Simulation, holder()).await
}

#[tokio::test]
async fn what_was_appended_is_read_again_without_a_clean_end() {
    let dir = tempfile::tempdir().unwrap();
    let store = DirStore::new(dir.path());
    let mut session = open(&store).await.unwrap();
    session.append(vec![put("a", 0), put("b", 0)]).await.unwrap();
    session.append(vec![Change::Depose { address: "sim.disk/a".parse().unwrap() }]).await.unwrap();
    let written = session.snapshot().clone();
    drop(session);

    let loaded = store.load("shop").await.unwrap().unwrap();
    assert_eq!(loaded.snapshot, written);
    assert_eq!((loaded.replayed, loaded.snapshot.serial), (3, 3));
}

#[tokio::test]
async fn reading_makes_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = DirStore::new(dir.path().join("deep"));
    assert!(store.load("shop").await.unwrap().is_none());
    assert!(!dir.path().join("deep").exists());
}

#[tokio::test]
async fn a_second_writer_is_told_who_is_first() {
    let dir = tempfile::tempdir().unwrap();
    let store = DirStore::new(dir.path());
    let _first = open(&store).await.unwrap();
    let error = open(&store).await.unwrap_err();
    assert!(error.to_string().contains("in use by tester (`apply`, process 7 on here"), "{error}");
}

#[tokio::test]
async fn damage_in_the_middle_is_refused_and_a_newer_format_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = DirStore::new(dir.path());
    let mut session = open(&store).await.unwrap();
    session.append(vec![put("a", 0), put("b", 0)]).await.unwrap();
    drop(session);
    let journal = dir.path().join("shop/journal.jsonl");
    let whole = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, whole.replacen("\"a\"", "\"x\"", 1)).unwrap();
    let error = store.load("shop").await.unwrap_err();
    assert!(matches!(error, Error::Damaged { line: 1, .. }), "{error}");
    assert!(open(&store).await.is_err());
    fs::write(&journal, whole).unwrap();

    let state = dir.path().join("shop/state.json");
    let text = fs::read_to_string(&state).unwrap();
    fs::write(&state, text.replacen("\"format\": 1", "\"format\": 2", 1)).unwrap();
    let error = store.load("shop").await.unwrap_err();
    assert!(matches!(error, Error::Newer { found: 2, ours: 1, .. }), "{error}");
}

#[tokio::test]
async fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let store = DirStore::new(dir.path());
    let mut session = open(&store).await.unwrap();
    session.append(vec![put("a", 0)]).await.unwrap();
    let mode = |p: &str| fs::metadata(dir.path().join(p)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("shop"), 0o700);
    for file in ["shop/state.json", "shop/journal.jsonl", "shop/lock"] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Cut the journal anywhere, as a crash would: what is left is a prefix of what was recorded,
    /// and the next writer goes on from there.
    #[test]
    fn a_torn_journal_holds_a_prefix(cut in 0.0..=1.0f64, compact_after in 0usize..5) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let store = DirStore::new(dir.path());
            let mut session = open(&store).await.unwrap();
            let mut prefixes = vec![session.snapshot().clone()];
            for n in 0..5u32 {
                session.append(vec![put(&format!("d{}", n % 3), n)]).await.unwrap();
                prefixes.push(session.snapshot().clone());
                if n as usize == compact_after {
                    let run = Run {
                        command: "apply".into(), who: "t".into(),
                        at: jiff::Timestamp::UNIX_EPOCH, version: "0".into(), commit: None, plan: None,
                    };
                    session.compact(run).await.unwrap();
                    let last_run = session.snapshot().last_run.clone();
                    for old in &mut prefixes { old.last_run.clone_from(&last_run); }
                }
            }
            drop(session);
            let journal = dir.path().join("shop/journal.jsonl");
            let bytes = fs::read(&journal).unwrap();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a small file")]
            let keep = (bytes.len() as f64 * cut) as usize;
            fs::write(&journal, &bytes[..keep]).unwrap();

            let mut session = open(&store).await.unwrap();
            let found = session.snapshot().clone();
            prop_assert!(prefixes.contains(&found));
            session.append(vec![put("after", 0)]).await.unwrap();
            let expected = session.snapshot().clone();
            drop(session);
            prop_assert_eq!(store.load("shop").await.unwrap().unwrap().snapshot, expected);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_lost_state_is_no_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let stack = folder.path().join("hub");
    std::fs::create_dir_all(&stack).unwrap();
    std::fs::write(stack.join("state.previous.json"), "{}").unwrap();
    let error = DirStore::new(folder.path()).load("hub").await.unwrap_err();
    assert!(error.to_string().contains("shows that there was one"), "{error}");
    assert!(error.hint().contains("state.previous.json"), "{}", error.hint());
}
