//! Reads a state: the newest snapshot and the slots after it. Writes nothing.

use super::{
    document::{self, Flaw},
    fold::Log,
    keys,
    record::{Record, What},
};
use crate::{Blobs, Error, FORMAT, Result, check};
use futures::{StreamExt, TryStreamExt, stream};

/// Values that are read at the same time.
pub(super) const AT_ONCE: usize = 32;
/// How often to look again when what was listed is not there any more.
const LOOKS: usize = 5;

/// A state, and what of it is not in a snapshot.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) log: Log,
    /// The snapshot that it rests on.
    pub(super) base: Option<Base>,
    pub(super) tail: Tail,
}

/// A snapshot that was read or written whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Base {
    pub(super) slot: u64,
    pub(super) bytes: usize,
}

/// The slots after the last snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tail {
    pub(super) slots: usize,
    pub(super) bytes: usize,
    /// Slots that hold no changes.
    pub(super) idle: usize,
}

impl Tail {
    pub(super) fn add(&mut self, record: &Record, bytes: usize) {
        self.slots += 1;
        self.bytes += bytes;
        self.idle += usize::from(!matches!(record.what, What::Changes { .. }));
    }
}

/// What one look found.
enum Look {
    Found(Option<Box<Found>>),
    /// Something is missing, perhaps only because somebody compacted the journal meanwhile.
    Missing(Error),
}

/// Reads a state; none if there never was one.
pub(super) async fn load(blobs: &dyn Blobs, stack: &str) -> Result<Option<Found>> {
    if !keys::is_stack(stack) {
        return Err(Error::Name { stack: stack.to_owned() });
    }
    let mut missing = None;
    for _ in 0..LOOKS {
        match look(blobs, stack).await? {
            Look::Found(found) => return Ok(found.map(|found| *found)),
            Look::Missing(error) => missing = Some(error),
        }
    }
    Err(missing.expect("BUG: looked at least once"))
}

/// The numbers of the keys with this prefix, in order.
pub(super) async fn numbers(
    blobs: &dyn Blobs,
    prefix: &str,
    after: Option<&str>,
) -> Result<Vec<u64>> {
    let found = blobs.list(prefix, after).await?;
    Ok(found.iter().filter_map(|key| keys::number(prefix, key)).collect())
}

/// Reads what was recorded since a state was read; all of it where that does not lead there.
pub(super) async fn catch_up(blobs: &dyn Blobs, stack: &str, from: Found) -> Result<Option<Found>> {
    match follow(blobs, stack, Some(from.log), from.base, from.tail).await {
        Ok(Look::Found(found)) => Ok(found.map(|found| *found)),
        Ok(Look::Missing(_)) | Err(_) => load(blobs, stack).await,
    }
}

async fn look(blobs: &dyn Blobs, stack: &str) -> Result<Look> {
    let Some(slot) = numbers(blobs, &keys::snapshots(stack), None).await?.pop() else {
        return follow(blobs, stack, None, None, Tail::default()).await;
    };
    let key = keys::snapshot(stack, slot);
    let Some(bytes) = blobs.get(&key).await? else {
        return Ok(Look::Missing(gone(blobs, stack, &key)));
    };
    let log = document::decode(stack, slot, &bytes).map_err(|flaw| flawed(blobs, &key, &flaw))?;
    let base = Base { slot, bytes: bytes.len() };
    follow(blobs, stack, Some(log), Some(base), Tail::default()).await
}

/// Reads the slots after a state, or from the first.
async fn follow(
    blobs: &dyn Blobs,
    stack: &str,
    mut log: Option<Log>,
    base: Option<Base>,
    mut tail: Tail,
) -> Result<Look> {
    let last = log.as_ref().map_or(0, |log| log.head.slot);
    let (after, journal) = (keys::slot(stack, last), keys::journal(stack));
    let slots = numbers(blobs, &journal, Some(&after)).await?;
    if log.is_none() && slots.first().is_none_or(|first| *first != 1) {
        let left = blobs.list(&keys::folder(stack), None).await?;
        return Ok(match left.first() {
            Some(left) => Look::Missing(gone(blobs, stack, left)),
            None => Look::Found(None),
        });
    }
    let gap = |first, last| Look::Missing(Error::Gap { place: blobs.place(&journal), first, last });
    for (expected, slot) in (last + 1..).zip(&slots) {
        if *slot != expected {
            return Ok(gap(expected, slot - 1));
        }
    }
    let values =
        read_all(blobs, slots.iter().map(|slot| keys::slot(stack, *slot)).collect()).await?;
    for (slot, value) in slots.into_iter().zip(values) {
        let Some(bytes) = value else { return Ok(gap(slot, slot)) };
        let damaged = |why| Error::Damaged { place: blobs.place(&keys::slot(stack, slot)), why };
        let record = Record::decode(slot, &bytes).map_err(damaged)?;
        tail.add(&record, bytes.len());
        let log = match (&mut log, &record.what) {
            (Some(log), _) => log,
            (none, What::Taken(taken)) => none.insert(Log::before(taken)),
            (None, _) => return Err(damaged("it does not begin a journal".into())),
        };
        log.apply(record).map_err(damaged)?;
    }
    let log = log.expect("BUG: a snapshot or a slot was there");
    let problems = check(&log.snapshot);
    if !problems.is_empty() {
        return Err(Error::Inconsistent { stack: stack.to_owned(), problems });
    }
    Ok(Look::Found(Some(Box::new(Found { log, base, tail }))))
}

/// Reads many values at the same time, in order.
pub(super) async fn read_all(blobs: &dyn Blobs, keys: Vec<String>) -> Result<Vec<Option<Vec<u8>>>> {
    let values = keys.into_iter().map(|key| async move { blobs.get(&key).await });
    stream::iter(values).buffered(AT_ONCE).try_collect().await
}

fn gone(blobs: &dyn Blobs, stack: &str, left: &str) -> Error {
    Error::Gone { place: blobs.place(stack), left: blobs.place(left) }
}

pub(super) fn flawed(blobs: &dyn Blobs, key: &str, flaw: &Flaw) -> Error {
    let place = blobs.place(key);
    match flaw {
        Flaw::Newer(found) => Error::Newer { place, found: *found, ours: FORMAT },
        Flaw::Edited(_) | Flaw::Damaged(_) => Error::Damaged { place, why: flaw.why() },
    }
}
