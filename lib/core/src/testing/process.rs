//! A process as the world outside sees it: it calls, it records, and it may die or freeze at any point.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio_util::sync::CancellationToken;

/// Before or after the effect of a call or a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It does not get out.
    Before,
    /// It is done; nobody heard.
    After,
}

/// A point in the life of a process. Calls and records are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// At a call that changes something.
    Call(u64, Moment),
    /// At a write to the state.
    Record(u64, Moment),
}

/// What befalls a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is gone, as after SIGKILL.
    Dies,
    /// It stands still, as after SIGSTOP, until it is thawed.
    Freezes,
}

/// One process. Clones are the same process.
#[derive(Clone, Debug)]
pub struct Process(Arc<Life>);

#[derive(Debug)]
struct Life {
    fate: Option<(Fate, Point)>,
    calls: AtomicU64,
    records: AtomicU64,
    died: CancellationToken,
    frozen: CancellationToken,
    thawed: CancellationToken,
}

impl Process {
    /// Lives as long as it has work.
    pub fn healthy() -> Self {
        Self::with(None)
    }

    /// Dies at this point.
    pub fn dying_at(point: Point) -> Self {
        Self::with(Some((Fate::Dies, point)))
    }

    /// Freezes at this point, with all that it has under way.
    pub fn freezing_at(point: Point) -> Self {
        Self::with(Some((Fate::Freezes, point)))
    }

    /// Meets this fate at this point, or none.
    pub fn with(fate: Option<(Fate, Point)>) -> Self {
        Self(Arc::new(Life {
            fate,
            calls: AtomicU64::new(0),
            records: AtomicU64::new(0),
            died: CancellationToken::new(),
            frozen: CancellationToken::new(),
            thawed: CancellationToken::new(),
        }))
    }

    /// Ends when it died.
    pub async fn died(&self) {
        self.0.died.cancelled().await;
    }

    /// Ends when it froze.
    pub async fn froze(&self) {
        self.0.frozen.cancelled().await;
    }

    /// Lets it go on where it froze.
    pub fn thaw(&self) {
        self.0.thawed.cancel();
    }

    /// Whether it died or froze on the way.
    pub fn was_interrupted(&self) -> bool {
        self.0.died.is_cancelled() || self.0.frozen.is_cancelled()
    }

    pub(super) fn was_frozen(&self) -> bool {
        self.0.frozen.is_cancelled()
    }

    /// Counts a changing call and lets its fate catch up with it; see [`Process::pass`].
    pub(super) async fn call(&self) -> u64 {
        let n = self.0.calls.fetch_add(1, Ordering::Relaxed) + 1;
        self.reach(Point::Call(n, Moment::Before)).await;
        n
    }

    /// The same for a record.
    pub(super) async fn record(&self) -> u64 {
        let n = self.0.records.fetch_add(1, Ordering::Relaxed) + 1;
        self.reach(Point::Record(n, Moment::Before)).await;
        n
    }

    pub(super) async fn reach(&self, point: Point) {
        match self.0.fate {
            Some((Fate::Dies, at)) if at == point => self.0.died.cancel(),
            Some((Fate::Freezes, at)) if at == point => self.0.frozen.cancel(),
            _ => {}
        }
        self.pass().await;
    }

    /// Returns while the process lives. A dead one never goes on, a frozen one when it is thawed; as
    /// nothing gets in or out meanwhile, what it does inside is of no consequence.
    pub(super) async fn pass(&self) {
        if self.0.died.is_cancelled() {
            std::future::pending::<()>().await;
        }
        if self.0.frozen.is_cancelled() {
            self.0.thawed.cancelled().await;
        }
    }
}

impl PartialEq for Process {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
