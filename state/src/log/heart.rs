//! Says again and again that a session lives.

use super::{LogStore, keys};
use crate::{Blobs, Holder};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::{
    sync::oneshot,
    time::{MissedTickBehavior, interval},
};
use uuid::Uuid;

/// What a holder says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Beat {
    pub(super) holder: Holder,
    pub(super) nonce: Uuid,
    /// Counts up.
    pub(super) count: u64,
    /// For people. Nothing is decided by it.
    pub(super) at: jiff::Timestamp,
}

/// Beats until it is dropped, which does not wait for a beat under way.
#[derive(Debug)]
pub(super) struct Heart {
    _stop: oneshot::Sender<()>,
}

impl Heart {
    /// Beats on a thread of its own, so that it goes on however busy the runtime's threads are.
    ///
    /// If there is no such thread to be had, nothing is heard of this session: another may take
    /// over, and shuts it out as any other.
    pub(super) fn start<B: Blobs>(
        store: &LogStore<B>,
        stack: &str,
        epoch: u64,
        nonce: Uuid,
        holder: Holder,
    ) -> Self {
        let (stop, mut stopped) = oneshot::channel::<()>();
        let (blobs, every) = (store.blobs.clone(), store.timing.beat);
        let key = keys::lease(stack, epoch);
        let beats = async move {
            let mut ticks = interval(every.max(Duration::from_millis(1)));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            for count in 0.. {
                let said = async {
                    ticks.tick().await;
                    let beat =
                        Beat { holder: holder.clone(), nonce, count, at: jiff::Timestamp::now() };
                    let text = serde_json::to_vec_pretty(&beat).expect("BUG: a beat is JSON");
                    // One that fails is made up for by the next.
                    let _ = blobs.put(&key, text).await;
                };
                tokio::select! {
                    biased;
                    _ = &mut stopped => return,
                    () = said => {}
                }
            }
        };
        let name = std::thread::Builder::new().name("lease".into());
        let _ = name.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(beats);
            }
        });
        Self { _stop: stop }
    }
}
