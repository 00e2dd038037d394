//! The lease of a stack in use: appends slots, keeps snapshots, gives the lease back.

use super::{
    LogStore, document,
    fold::Head,
    heart::Heart,
    keys,
    load::{Base, Found, Tail, numbers},
    record::{Record, What},
    write::{Created, create},
};
use crate::{
    Alive, Blobs, BoxFuture, Change, Error, Holder, Result, Run, Session, Snapshot, check,
};
use std::sync::Arc;
use uuid::Uuid;

/// How many snapshots are kept: the present one, and the states before it as history.
const KEPT: usize = 100;
/// So many bytes of journal are never a reason to write a snapshot in the middle of a run.
const SMALL: usize = 128 * 1024;
/// What a slot costs a reader beside its bytes, in bytes.
const PER_SLOT: usize = 1024;
/// So many slots without a change, of runs that had nothing to do, are worth a snapshot.
const IDLE: usize = 64;

#[derive(Debug)]
pub(super) struct LogSession<B: Blobs> {
    blobs: Arc<B>,
    stack: String,
    nonce: Uuid,
    found: Found,
    /// Whether a write is under way or failed: it may have been recorded or not.
    unsure: bool,
    heart: Option<Heart>,
    _alive: Option<Alive>,
}

impl<B: Blobs> LogSession<B> {
    pub(super) fn new(
        store: &LogStore<B>,
        stack: &str,
        holder: &Holder,
        nonce: Uuid,
        alive: Option<Alive>,
        found: Found,
    ) -> Self {
        let epoch = found.log.head.epoch;
        let heart = Heart::start(store, stack, epoch, nonce, holder.clone());
        let (blobs, stack) = (store.blobs.clone(), stack.to_owned());
        Self { blobs, stack, nonce, found, unsure: false, heart: Some(heart), _alive: alive }
    }

    fn head(&self) -> &Head {
        &self.found.log.head
    }

    pub(super) fn epoch(&self) -> u64 {
        self.head().epoch
    }

    /// Appends a slot. It is recorded when this returns.
    async fn write(&mut self, what: What) -> Result<()> {
        if self.unsure {
            return Err(Error::Ended { stack: self.stack.clone() });
        }
        let (slot, epoch) = (self.head().slot + 1, self.head().epoch);
        let record = Record { slot, epoch, nonce: self.nonce, what };
        let bytes = record.encode();
        let length = bytes.len();
        // Whoever waits for this may stop to wait at any point.
        self.unsure = true;
        let key = keys::slot(&self.stack, slot);
        if let Created::ByAnother(theirs) = create(&*self.blobs, &key, bytes).await? {
            self.heart = None;
            return Err(self.lost(&key, slot, &theirs));
        }
        self.unsure = false;
        self.found.tail.add(&record, length);
        self.found.log.apply(record).expect("BUG: made to follow");
        Ok(())
    }

    fn lost(&self, key: &str, slot: u64, theirs: &[u8]) -> Error {
        match Record::decode(slot, theirs) {
            Ok(Record { what: What::Taken(taken), .. }) => {
                Error::LeaseLost { stack: self.stack.clone(), by: Box::new(taken.holder) }
            }
            Ok(_) => Error::Damaged {
                place: self.blobs.place(key),
                why: "it is of somebody who has no lease".into(),
            },
            Err(why) => Error::Damaged { place: self.blobs.place(key), why },
        }
    }

    /// Writes the state as it is now as a snapshot, and removes what nothing rests on any more.
    async fn save(&mut self) -> Result<()> {
        let log = &self.found.log;
        let problems = check(&log.snapshot);
        if !problems.is_empty() {
            return Err(Error::Inconsistent { stack: self.stack.clone(), problems });
        }
        let (slot, text) = (log.head.slot, document::encode(log));
        let bytes = text.len();
        let key = keys::snapshot(&self.stack, slot);
        if let Created::ByAnother(_) = create(&*self.blobs, &key, text).await? {
            let why = "it is not what its journal says".into();
            return Err(Error::Damaged { place: self.blobs.place(&key), why });
        }
        let before = self.found.base.replace(Base { slot, bytes });
        self.found.tail = Tail::default();
        if let Some(before) = before {
            // What stays is in nobody's way, and the next snapshot tries again.
            let _ = self.prune(before.slot).await;
        }
        Ok(())
    }

    /// Removes slots up to the snapshot before the newest, so that the newest can be made again from
    /// that one; and the oldest snapshots.
    async fn prune(&self, before: u64) -> Result<()> {
        let (journal, snapshots) = (keys::journal(&self.stack), keys::snapshots(&self.stack));
        let slots = numbers(&*self.blobs, &journal, None).await?;
        let kept = numbers(&*self.blobs, &snapshots, None).await?;
        let unused = |slot: &u64| *slot <= before && !self.head().fences.contains(slot);
        let slots = slots.into_iter().filter(unused).map(|slot| keys::slot(&self.stack, slot));
        let old = kept.len().saturating_sub(KEPT);
        let kept = kept[..old].iter().map(|slot| keys::snapshot(&self.stack, *slot));
        let keys: Vec<_> = slots.chain(kept).collect();
        if keys.is_empty() { Ok(()) } else { self.blobs.delete(keys).await }
    }

    /// Writes a snapshot if the journal has grown so much that reading it costs more than that.
    ///
    /// The journal holds everything, so a failure is none: the next one tries again.
    pub(super) async fn keep_up(&mut self) {
        let Found { base, tail, .. } = &self.found;
        let grown = tail.bytes + tail.slots * PER_SLOT;
        let worth = base.is_none_or(|base| grown > SMALL + 2 * base.bytes || tail.idle >= IDLE);
        if worth {
            let _ = self.save().await;
        }
    }

    /// Gives the lease back. If it is lost, there is nothing to give back.
    async fn release(&mut self) -> Result<()> {
        let (mut slot, epoch, nonce) = (self.head().slot + 1, self.head().epoch, self.nonce);
        loop {
            let record = Record { slot, epoch, nonce, what: What::Released };
            let key = keys::slot(&self.stack, slot);
            match create(&*self.blobs, &key, record.encode()).await? {
                // A write of ours that failed was recorded all the same.
                Created::ByAnother(theirs)
                    if Record::decode(slot, &theirs).is_ok_and(|r| r.nonce == nonce) =>
                {
                    slot += 1;
                }
                _ => return Ok(()),
            }
        }
    }
}

impl<B: Blobs> LogSession<B> {
    /// Keeps the state as it is now, as a repair does: what is damaged may be removed after this.
    pub(super) async fn keep(&mut self) -> Result<()> {
        self.found.base = None;
        self.save().await
    }
}

impl<B: Blobs> Session for LogSession<B> {
    fn snapshot(&self) -> &Snapshot {
        &self.found.log.snapshot
    }

    fn append(&mut self, changes: Vec<Change>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            if changes.is_empty() {
                return Ok(());
            }
            let serial = self.snapshot().serial + 1;
            self.write(What::Changes { serial, changes }).await?;
            self.keep_up().await;
            Ok(())
        })
    }

    fn compact(&mut self, run: Run) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write(What::Ran(run)).await?;
            self.save().await
        })
    }

    fn close(mut self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            let released = self.release().await;
            self.heart = None;
            self.blobs.unmark(&self.stack, &self.nonce.to_string());
            released
        })
    }
}
