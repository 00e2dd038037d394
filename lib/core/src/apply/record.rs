//! The way from a step to the journal: a step asks, and goes on when its record is durable.

use crate::{Class, Fault, Result};
use groundplan_state::Change;
use tokio::sync::{mpsc, oneshot};

pub(super) struct Commit {
    pub(super) changes: Vec<Change>,
    pub(super) done: oneshot::Sender<bool>,
}

/// Records changes durably, together with those of other steps that ask at the same time.
#[derive(Clone)]
pub(super) struct Recorder(pub(super) mpsc::UnboundedSender<Commit>);

impl Recorder {
    pub(super) async fn record(&self, changes: Vec<Change>) -> Result<()> {
        let (done, durable) = oneshot::channel();
        let lost = || Fault::new(Class::Other, "the state could not be written");
        self.0.send(Commit { changes, done }).map_err(|_| lost())?;
        if durable.await.unwrap_or(false) { Ok(()) } else { Err(lost()) }
    }
}
