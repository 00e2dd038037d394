//! The protocol of a state: a journal of exclusively created slots, which is also the lease, and
//! snapshots of it. The same over every place; see [`Blobs`] for what a place has to do.
//!
//! - *Nothing is overwritten.* Slots and snapshots are created once and never written again. Who
//!   creates the next slot has it; all others see that it exists.
//! - *One at a time.* Whoever creates the slot that says so has the lease. A holder that lost it
//!   would write where that slot is, so it cannot, however long it was frozen.
//! - *The dead are told by silence*: a contender that has seen no heartbeat for some time of its own
//!   clock takes over. Clocks of different machines are never compared.
//! - *A snapshot is what its journal says* up to its slot, whoever writes it, and whenever.

mod document;
mod fold;
mod heart;
mod history;
mod keys;
mod lease;
mod load;
mod record;
mod repair;
mod session;
mod survey;
mod write;

use crate::{
    Blobs, BoxFuture, Error, Holder, Lease, Loaded, Realm, Repair, Repaired, Result, Session,
    Snapshot, Store, Upkeep, Version, Wait, Waiting,
};
use lease::Contender;
use std::{sync::Arc, time::Duration};

/// How fast hearts beat, and how long a silence is taken for death.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// A holder says this often that it lives.
    pub beat: Duration,
    /// After so long a silence its lease may be taken over.
    pub ttl: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { beat: Duration::from_secs(5), ttl: Duration::from_secs(20) }
    }
}

/// Keeps states over any place that can keep values.
#[derive(Debug)]
pub struct LogStore<B> {
    blobs: Arc<B>,
    timing: Timing,
}

impl<B> Clone for LogStore<B> {
    fn clone(&self) -> Self {
        Self { blobs: self.blobs.clone(), timing: self.timing }
    }
}

impl<B: Blobs> LogStore<B> {
    /// A store over a place.
    pub fn over(blobs: B) -> Self {
        Self { blobs: Arc::new(blobs), timing: Timing::default() }
    }

    /// With other times; the same for all who use the place.
    #[must_use]
    pub fn timing(self, timing: Timing) -> Self {
        Self { timing, ..self }
    }
}

impl<B: Blobs> Store for LogStore<B> {
    fn place(&self, stack: &str) -> String {
        self.blobs.place(stack)
    }

    fn load<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Option<Loaded>>> {
        Box::pin(async move {
            let found = load::load(&*self.blobs, stack).await?;
            Ok(found.map(|found| Loaded {
                snapshot: found.log.snapshot,
                replayed: found.log.head.unended,
            }))
        })
    }

    fn open<'a>(
        &'a self,
        stack: &'a str,
        realm: &'a Realm,
        holder: Holder,
    ) -> BoxFuture<'a, Result<Box<dyn Session>>> {
        self.open_or_wait(stack, realm, holder, Wait::NOT)
    }
}

impl<B: Blobs> Upkeep for LogStore<B> {
    fn open_or_wait<'a>(
        &'a self,
        stack: &'a str,
        realm: &'a Realm,
        holder: Holder,
        wait: Wait<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn Session>>> {
        Box::pin(async move {
            let session = Contender::new(self, stack, holder, wait)?.take(realm).await?;
            Ok(Box::new(session) as Box<dyn Session>)
        })
    }

    fn stacks(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async move {
            let mut stacks = Vec::new();
            for name in self.blobs.folders().await?.into_iter().filter(|name| keys::is_stack(name))
            {
                let mut found = self.blobs.list(&keys::snapshots(&name), None).await?;
                if found.is_empty() {
                    found = self.blobs.list(&keys::journal(&name), None).await?;
                }
                stacks.extend((!found.is_empty()).then_some(name));
            }
            Ok(stacks)
        })
    }

    fn lease<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Option<Lease>>> {
        Box::pin(async move { lease::lease(&*self.blobs, stack).await })
    }

    fn unlock<'a>(
        &'a self,
        stack: &'a str,
        holder: Holder,
        told: &'a (dyn Fn(&Waiting<'_>) + Send + Sync),
    ) -> BoxFuture<'a, Result<Option<Lease>>> {
        Box::pin(async move {
            let Some(lease) = self.lease(stack).await? else { return Ok(None) };
            let Some(loaded) = self.load(stack).await? else { return Ok(None) };
            let wait = Wait { told, ..Wait::NOT };
            let realm = &loaded.snapshot.realm;
            self.open_or_wait(stack, realm, holder, wait).await?.close().await?;
            Ok(Some(lease))
        })
    }

    fn history<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Vec<Version>>> {
        Box::pin(async move { history::history(&*self.blobs, stack).await })
    }

    fn version<'a>(&'a self, stack: &'a str, serial: u64) -> BoxFuture<'a, Result<Snapshot>> {
        Box::pin(async move { history::version(&*self.blobs, stack, serial).await })
    }

    fn repair<'a>(
        &'a self,
        stack: &'a str,
        holder: Holder,
        how: Repair,
    ) -> BoxFuture<'a, Result<Repaired>> {
        Box::pin(async move { repair::repair(self, stack, holder, how).await })
    }

    fn begin(&self, snapshot: Snapshot, holder: Holder) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async move {
            let stack = snapshot.stack.clone();
            match load::load(&*self.blobs, &stack).await {
                Ok(None) | Err(Error::Gone { .. } | Error::Gap { .. } | Error::Damaged { .. }) => {}
                Ok(Some(_)) => {
                    return Err(Error::Exists { place: self.blobs.place(&stack), stack });
                }
                Err(other) => return Err(other),
            }
            repair::begin(self, snapshot, holder).await
        })
    }
}
