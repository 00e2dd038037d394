//! Promises of the directory store: durable, whole, exclusive.

use groundplan_state::{
    Address, Change, DirStore, Entry, Holder, Options, Realm, Result, Session, Slot, Status, Store,
    Why,
};
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
    assert_eq!((loaded.replayed, loaded.snapshot.serial), (2, 2));
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
async fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let store = DirStore::new(dir.path());
    let mut session = open(&store).await.unwrap();
    session.append(vec![put("a", 0)]).await.unwrap();
    let mode = |p: &str| fs::metadata(dir.path().join(p)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("shop"), 0o700);
    for file in ["shop/state.000000000001.json", "shop/journal/000000000002.json"] {
        assert_eq!(mode(file), 0o600, "{file}");
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
    assert!(error.hint().contains("apply state recover"), "{}", error.hint());
}
