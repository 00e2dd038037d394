//! The states that a stack has had.

use super::{
    document,
    fold::Log,
    keys,
    load::{AT_ONCE, flawed, load, numbers},
};
use crate::{Blobs, Error, Result, Snapshot, Version};
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeMap;

/// One snapshot is about as large as all of a journal: fewer of them at the same time.
const SNAPSHOTS_AT_ONCE: usize = AT_ONCE / 4;

/// The kept states, oldest first. The last is the present one.
pub(super) async fn history(blobs: &dyn Blobs, stack: &str) -> Result<Vec<Version>> {
    let Some(found) = load(blobs, stack).await? else { return Ok(Vec::new()) };
    let slots = numbers(blobs, &keys::snapshots(stack), None).await?;
    let logs = slots.into_iter().map(|slot| read(blobs, stack, slot));
    let logs: Vec<_> = stream::iter(logs).buffered(SNAPSHOTS_AT_ONCE).try_collect().await?;
    let mut versions = BTreeMap::new();
    // Of several with the same content the last counts.
    for log in logs.into_iter().flatten().chain([found.log]) {
        let Log { snapshot, head } = log;
        let run = if head.unended == 0 { snapshot.last_run.clone() } else { None };
        let resources = snapshot.all().count();
        versions.insert(snapshot.serial, Version { serial: snapshot.serial, run, resources });
    }
    Ok(versions.into_values().collect())
}

/// A kept state.
pub(super) async fn version(blobs: &dyn Blobs, stack: &str, serial: u64) -> Result<Snapshot> {
    let found = load(blobs, stack).await?;
    if let Some(found) = found.filter(|found| found.log.snapshot.serial == serial) {
        return Ok(found.log.snapshot);
    }
    let slots = numbers(blobs, &keys::snapshots(stack), None).await?;
    let logs = slots.into_iter().rev().map(|slot| read(blobs, stack, slot));
    let mut logs = stream::iter(logs).buffered(SNAPSHOTS_AT_ONCE);
    while let Some(log) = logs.try_next().await? {
        if let Some(log) = log.filter(|log| log.snapshot.serial == serial) {
            return Ok(log.snapshot);
        }
    }
    let place = blobs.place(stack);
    Err(Error::NoVersion { stack: stack.to_owned(), serial, place })
}

/// Reads a snapshot; none if it was removed meanwhile.
async fn read(blobs: &dyn Blobs, stack: &str, slot: u64) -> Result<Option<Log>> {
    let key = keys::snapshot(stack, slot);
    let Some(bytes) = blobs.get(&key).await? else { return Ok(None) };
    document::decode(stack, slot, &bytes).map(Some).map_err(|flaw| flawed(blobs, &key, &flaw))
}
