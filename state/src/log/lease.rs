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

/// Who may write next, as far as it is known without reading the state.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    slot: u64,
    epoch: u64,
    lease: Option<Held>,
}

impl From<&Head> for Standing {
    fn from(head: &Head) -> Self {
        Self { slot: head.slot, epoch: head.epoch, lease: head.lease.clone() }
    }
}

/// What watching a holder came to.
pub(super) enum Watched {
    /// It is dead: its lease can be taken over.
    Dead,
    /// It gave the lease back, or somebody else has it.
    WentOn(Standing),
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
    ///
    /// The state is read before, so that nothing is written to a damaged one, and after. Who waits
    /// in between reads only who may write.
    pub(super) async fn take(mut self, realm: &Realm) -> Result<LogSession<B>> {
        let blobs = self.store.blobs.clone();
        let mut found = self.load(realm).await?;
        let mut standing = Standing::from(&found.log.head);
        loop {
            if let Some(held) = &standing.lease {
                match self.watch(&standing, held).await? {
                    Watched::Dead => {}
                    Watched::WentOn(now) => {
                        standing = now;
                        continue;
                    }
                }
            }
            let record = self.claim(&found.log.snapshot, standing.slot + 1, standing.epoch + 1);
            let key = keys::slot(self.stack, record.slot);
            let ours = create(&*blobs, &key, record.encode()).await? == Created::ByUs;
            // Somebody else may have begun the stack, so that it is another than the one read.
            if !ours && standing.slot > 0 {
                standing = self.look(&standing).await?.unwrap_or(standing);
                continue;
            }
            let before = standing.lease.as_ref().map(|held| held.nonce);
            found = self.load(realm).await?;
            standing = Standing::from(&found.log.head);
            // The slot may have been free only because it was removed long ago, after a snapshot.
            if standing.lease.as_ref().is_some_and(|held| held.nonce == self.nonce) {
                return self.begin(found, before).await;
            }
        }
    }

    /// The state as it is; one of nothing if there is none.
    async fn load(&self, realm: &Realm) -> Result<Found> {
        let found = load(&*self.store.blobs, self.stack).await?;
        Ok(found.unwrap_or_else(|| {
            let log = Log::begin(Snapshot::new(self.stack, realm.clone()));
            Found { log, base: None, tail: Tail::default() }
        }))
    }

    /// A slot that takes the lease of this epoch.
    pub(super) fn claim(&self, of: &Snapshot, slot: u64, epoch: u64) -> Record {
        let taken = Taken {
            holder: self.holder.clone(),
            stack: self.stack.to_owned(),
            lineage: of.lineage.clone(),
            realm: of.realm.clone(),
        };
        Record { slot, epoch, nonce: self.nonce, what: What::Taken(Box::new(taken)) }
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
    pub(super) async fn watch(&self, from: &Standing, held: &Held) -> Result<Watched> {
        let blobs = &*self.store.blobs;
        let (beat, ttl) = (self.store.timing.beat, self.store.timing.ttl);
        let (key, mut from) = (keys::lease(self.stack, from.epoch), from.clone());
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
            let writes = match self.look(&from).await? {
                Some(now) if now.lease.as_ref() != Some(held) => return Ok(Watched::WentOn(now)),
                Some(now) => {
                    from = now;
                    true
                }
                None => false,
            };
            let hears = blobs.get(&key).await?;
            if writes || hears != heard {
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

    /// How it stands now, if the journal went on. Reads its last slot alone if that says it all.
    async fn look(&self, from: &Standing) -> Result<Option<Standing>> {
        let blobs = &*self.store.blobs;
        let after = keys::slot(self.stack, from.slot);
        let slots = numbers(blobs, &keys::journal(self.stack), Some(&after)).await?;
        let Some(slot) = slots.last().copied() else { return Ok(None) };
        let value = blobs.get(&keys::slot(self.stack, slot)).await?;
        if let Some(record) = value.and_then(|value| Record::decode(slot, &value).ok()) {
            let (epoch, nonce) = (record.epoch, record.nonce);
            let known = from.lease.clone().filter(|held| held.nonce == nonce);
            let lease = match (record.what, known) {
                (What::Released, _) => return Ok(Some(Standing { slot, epoch, lease: None })),
                (What::Taken(taken), _) => Some(Held { holder: taken.holder, nonce }),
                (_, Some(known)) => Some(known),
                _ => heard(blobs, self.stack, epoch).await?.filter(|held| held.nonce == nonce),
            };
            if lease.is_some() {
                return Ok(Some(Standing { slot, epoch, lease }));
            }
        }
        let found = load(blobs, self.stack).await?;
        Ok(found.map(|found| Standing::from(&found.log.head)))
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

/// Who was last heard of under a lease.
async fn heard(blobs: &dyn Blobs, stack: &str, epoch: u64) -> Result<Option<Held>> {
    let beat = beat(blobs, stack, epoch).await?;
    Ok(beat.map(|Beat { holder, nonce, .. }| Held { holder, nonce }))
}

async fn beat(blobs: &dyn Blobs, stack: &str, epoch: u64) -> Result<Option<Beat>> {
    let text = blobs.get(&keys::lease(stack, epoch)).await?;
    Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
}

/// Who has the lease of a stack.
pub(super) async fn lease(blobs: &dyn Blobs, stack: &str) -> Result<Option<Lease>> {
    let Some(Found { log: Log { head, .. }, .. }) = load(blobs, stack).await? else {
        return Ok(None);
    };
    let Some(Held { holder, .. }) = head.lease else { return Ok(None) };
    let beat = beat(blobs, stack, head.epoch).await?;
    Ok(Some(Lease { holder, epoch: head.epoch, beat: beat.map(|beat| beat.at) }))
}
