//! Takes the lease of a stack: by creating the next slot of its journal, which one contender can.

use super::{
    LogStore,
    fold::{Head, Held, Log},
    heart::Beat,
    keys,
    load::{Found, Tail, load, numbers},
    record::{Record, Taken, What},
    session::LogSession,
    write::{Created, create},
};
use crate::{Alive, Blobs, Error, Holder, Lease, Realm, Result, Snapshot, Wait, Waiting};
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

/// One that wants a lease.
#[derive(Debug)]
pub(super) struct Contender<'a, B: Blobs> {
    pub(super) store: &'a LogStore<B>,
    pub(super) stack: &'a str,
    pub(super) holder: Holder,
    pub(super) nonce: Uuid,
    wait: Wait<'a>,
    started: Instant,
    alive: Option<Alive>,
}

/// What watching a holder came to.
pub(super) enum Watched {
    /// It is dead: its lease can be taken over.
    Dead,
    /// The lease was given back, or is somebody else's: look again.
    WentOn,
}

impl<'a, B: Blobs> Contender<'a, B> {
    /// Leaves a mark that this process lives, and writes nothing else yet.
    pub(super) fn new(
        store: &'a LogStore<B>,
        stack: &'a str,
        holder: Holder,
        wait: Wait<'a>,
    ) -> Result<Self> {
        if !keys::is_stack(stack) {
            return Err(Error::Name { stack: stack.to_owned() });
        }
        store.blobs.prepare(stack)?;
        let nonce = Uuid::new_v4();
        let alive = store.blobs.mark(stack, &nonce.to_string())?;
        Ok(Self { store, stack, holder, nonce, wait, started: Instant::now(), alive })
    }

    /// Takes the lease, once whoever has it gave it back or is dead.
    pub(super) async fn take(mut self, realm: &Realm) -> Result<LogSession<B>> {
        let blobs = self.store.blobs.clone();
        loop {
            let found = load(&*blobs, self.stack).await?;
            let begin = || Log::begin(Snapshot::new(self.stack, realm.clone()));
            let mut found =
                found.unwrap_or_else(|| Found { log: begin(), base: None, tail: Tail::default() });
            let head = &found.log.head;
            if let Some(held) = &head.lease {
                match self.watch(head, held).await? {
                    Watched::Dead => {}
                    Watched::WentOn => continue,
                }
            }
            let record = self.claim(&found.log, 1);
            let bytes = record.encode();
            let length = bytes.len();
            let key = keys::slot(self.stack, record.slot);
            if matches!(create(&*blobs, &key, bytes).await?, Created::ByAnother(_)) {
                continue;
            }
            // The slot may have been free only because it was removed long ago, after a snapshot.
            let after = keys::snapshot(self.stack, head.slot);
            if !numbers(&*blobs, &keys::snapshots(self.stack), Some(&after)).await?.is_empty() {
                continue;
            }
            let before = head.lease.as_ref().map(|held| held.nonce);
            found.tail.add(&record, length);
            found.log.apply(record).expect("BUG: made to follow");
            return self.begin(found, before).await;
        }
    }

    /// The slot that takes the lease after this journal.
    pub(super) fn claim(&self, log: &Log, epochs: u64) -> Record {
        Record {
            slot: log.head.slot + 1,
            epoch: log.head.epoch + epochs,
            nonce: self.nonce,
            what: What::Taken(Box::new(Taken {
                holder: self.holder.clone(),
                stack: self.stack.to_owned(),
                lineage: log.snapshot.lineage.clone(),
                realm: log.snapshot.realm.clone(),
            })),
        }
    }

    /// Begins the session of a lease that was taken, and clears away what the last one left.
    pub(super) async fn begin(
        &mut self,
        found: Found,
        before: Option<Uuid>,
    ) -> Result<LogSession<B>> {
        let blobs = &self.store.blobs;
        let alive = self.alive.take();
        let mut session =
            LogSession::new(self.store, self.stack, &self.holder, self.nonce, alive, found);
        if let Some(before) = before {
            blobs.unmark(self.stack, &before.to_string());
        }
        let own = keys::lease(self.stack, session.epoch());
        let old = blobs.list(&keys::leases(self.stack), None).await?;
        // What stays is in nobody's way.
        let _ = blobs.delete(old.into_iter().filter(|key| *key < own).collect()).await;
        session.keep_up().await;
        Ok(session)
    }

    /// Watches a holder until it is known to be dead, or gave the lease back or lost it.
    ///
    /// # Errors
    /// [`Error::Locked`] if the holder lives, and the wait is over.
    pub(super) async fn watch(&self, head: &Head, held: &Held) -> Result<Watched> {
        let blobs = &*self.store.blobs;
        let (beat, ttl) = (self.store.timing.beat, self.store.timing.ttl);
        let (key, journal) = (keys::lease(self.stack, head.epoch), keys::journal(self.stack));
        let mut last = head.slot;
        let mut heard = blobs.get(&key).await?;
        let mut since = Instant::now();
        let mut ticks = interval((beat / 2).max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // Marks say nothing about processes of another machine that shares the folder.
            let here = held.holder.host == self.holder.host;
            if here && blobs.is_dead(self.stack, &held.nonce.to_string()) {
                return Ok(Watched::Dead);
            }
            // Read before the holder is asked for: this process may be frozen as well.
            let now = Instant::now();
            let after = keys::slot(self.stack, last);
            let newest = numbers(blobs, &journal, Some(&after)).await?.pop();
            if let Some(newest) = newest {
                if !self.still_holds(newest, head.epoch).await? {
                    return Ok(Watched::WentOn);
                }
                last = newest;
            }
            let hears = blobs.get(&key).await?;
            if newest.is_some() || hears != heard {
                self.still_waits(&held.holder)?;
                (heard, since) = (hears, Instant::now());
            } else if now.saturating_duration_since(since) >= ttl {
                return Ok(Watched::Dead);
            }
            let silent = now.saturating_duration_since(since);
            let waited = self.started.elapsed();
            (self.wait.told)(&Waiting { holder: &held.holder, silent, ttl, waited });
        }
    }

    /// Whether a new slot is of this lease, and does not end it.
    async fn still_holds(&self, slot: u64, epoch: u64) -> Result<bool> {
        let value = self.store.blobs.get(&keys::slot(self.stack, slot)).await?;
        let record = value.and_then(|value| Record::decode(slot, &value).ok());
        Ok(record.is_some_and(|record| record.epoch == epoch && record.what != What::Released))
    }

    /// Fails if the wait for a holder that lives is over.
    fn still_waits(&self, holder: &Holder) -> Result<()> {
        if self.wait.at_most.is_none_or(|at_most| self.started.elapsed() < at_most) {
            return Ok(());
        }
        Err(Error::Locked { stack: self.stack.to_owned(), holder: Box::new(holder.clone()) })
    }
}

impl<B: Blobs> Drop for Contender<'_, B> {
    fn drop(&mut self) {
        if self.alive.take().is_some() {
            self.store.blobs.unmark(self.stack, &self.nonce.to_string());
        }
    }
}

/// Who has the lease of a stack.
pub(super) async fn lease(blobs: &dyn Blobs, stack: &str) -> Result<Option<Lease>> {
    let Some(Found { log: Log { head, .. }, .. }) = load(blobs, stack).await? else {
        return Ok(None);
    };
    let Some(Held { holder, .. }) = head.lease else { return Ok(None) };
    let beat = blobs.get(&keys::lease(stack, head.epoch)).await?;
    let beat = beat.and_then(|text| serde_json::from_slice::<Beat>(&text).ok());
    Ok(Some(Lease { holder, epoch: head.epoch, beat: beat.map(|beat| beat.at) }))
}
