//! What every store promises, whatever place it is over. `contract!` makes tests of it.

pub(crate) mod asleep;
pub(crate) mod faulty;
pub(crate) mod lease;
pub(crate) mod life;
pub(crate) mod mend;

use groundplan_state::{
    Address, Blobs, Change, Entry, Holder, LogStore, Options, Realm, Result, Run, Session, Slot,
    Snapshot, Status, Store, Timing, Wait, Why,
};
use serde_json::json;
use std::time::Duration;

/// A place for tests. Clones are the same place.
pub(crate) trait Ground: Blobs + Clone {
    /// Hearts beat fast here, and the dead are dead soon; yet a busy machine kills nobody.
    const TIMING: Timing = Timing { beat: Duration::from_millis(40), ttl: Duration::from_secs(2) };
}

pub(crate) const STACK: &str = "shop";

pub(crate) fn store<B: Ground>(blobs: &B) -> LogStore<B> {
    LogStore::over(blobs.clone()).timing(B::TIMING)
}

pub(crate) fn holder(who: &str) -> Holder {
    Holder {
        who: who.into(),
        host: "here".into(),
        pid: 7,
        command: "apply".into(),
        since: jiff::Timestamp::UNIX_EPOCH,
    }
}

pub(crate) async fn open<B: Ground>(blobs: &B, who: &str) -> Result<Box<dyn Session>> {
    store(blobs).open(STACK, &Realm::Simulation, holder(who)).await
}

pub(crate) async fn load<B: Ground>(blobs: &B) -> Result<Option<Snapshot>> {
    Ok(store(blobs).load(STACK).await?.map(|loaded| loaded.snapshot))
}

/// Waits for as long as it takes.
pub(crate) const PATIENT: Wait<'static> = Wait { at_most: None, told: &|_| () };

pub(crate) fn run(who: &str) -> Run {
    Run {
        command: "apply".into(),
        who: who.into(),
        at: jiff::Timestamp::UNIX_EPOCH,
        version: "0".into(),
        commit: Some("c0ffee".into()),
        plan: None,
    }
}

pub(crate) fn put(name: &str, generation: u32) -> Change {
    let entry = Entry {
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
        marked_as: None,
        marked_by: None,
    };
    let address = Address::new("sim.disk", name).expect("a good name");
    Change::Put { address, slot: Slot::Current, entry: Box::new(entry), why: Why::Ready }
}

/// A whole run that records these.
pub(crate) async fn record<B: Ground>(blobs: &B, who: &str, names: &[&str]) -> Result<Snapshot> {
    let mut session = open(blobs, who).await?;
    for name in names {
        session.append(vec![put(name, 0)]).await?;
    }
    session.compact(run(who)).await?;
    let snapshot = session.snapshot().clone();
    session.close().await?;
    Ok(snapshot)
}

/// The names on record.
pub(crate) fn names(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.entries.keys().map(Address::name).collect()
}

/// The keys of a stack that begin so.
pub(crate) async fn keys<B: Ground>(blobs: &B, begin: &str) -> Vec<String> {
    blobs.list(&format!("{STACK}/{begin}"), None).await.expect("a list")
}

/// Spoils a value: what it is replaced by is made of what it was.
pub(crate) async fn spoil<B: Ground>(blobs: &B, key: &str, with: impl FnOnce(String) -> String) {
    let value = blobs.get(key).await.expect("a read").expect("a value");
    let value = String::from_utf8(value).expect("text");
    blobs.put(key, with(value).into_bytes()).await.expect("a write");
}

/// Makes a test of every promise over the places that an expression makes.
#[macro_export]
macro_rules! contract {
    ($place:expr => $($module:ident: $($name:ident)*;)*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let (_guard, blobs) = $place;
                contract::$module::$name(blobs).await;
            }
        )*)*
    };
    ($place:expr) => {
        $crate::contract! { $place =>
            life:
                what_was_appended_is_read_again_without_a_clean_end
                reading_writes_nothing
                a_run_that_changes_nothing_leaves_the_state_as_it_was
                a_journal_that_grows_in_a_run_is_compacted
                stacks_are_listed
                names_lead_nowhere_else
                versions_are_kept
                a_full_place_keeps_what_was_recorded
                a_crash_at_every_operation_leaves_a_prefix
                who_reads_copes_with_a_busy_writer;
            lease:
                a_second_writer_is_told_who_is_first
                fifty_at_once_take_turns
                a_holder_whose_heart_stopped_is_shut_out
                a_holder_that_slept_through_many_runs_is_shut_out
                a_contender_that_slept_through_many_runs_begins_anew
                a_busy_holder_is_not_taken_for_dead
                a_wait_ends_when_the_holder_does
                a_wait_has_an_end
                a_lease_that_was_given_back_is_taken_at_once
                unlock_frees_the_dead_and_not_the_living;
            mend:
                a_deleted_snapshot_is_made_again
                a_state_that_is_gone_is_told
                missing_records_are_told
                damage_is_refused_and_repaired
                a_damaged_record_is_named_and_the_others_are_kept
                edits_are_kept_only_if_asked_for
                a_dry_repair_changes_nothing
                a_newer_format_is_left_alone
                a_recovered_state_begins_where_none_can_be_loaded;
        }
    };
}
