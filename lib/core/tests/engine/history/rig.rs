//! What a history runs on: the world as it should be, or with a promise broken on purpose.

use crate::world::STACK;
use groundplan_core::{
    Registry,
    testing::{self, MemStore, SimCloud, World},
};
use groundplan_state::Store;
use std::sync::Arc;

/// How the world is put together.
#[derive(Clone, Copy)]
pub(super) struct Rig {
    pub(super) kinds: fn() -> Registry,
    pub(super) store: fn(MemStore) -> Arc<dyn Store>,
    pub(super) cloud: fn(&SimCloud),
}

impl Rig {
    /// Nothing is broken.
    pub(super) const SOUND: Self =
        Self { kinds: testing::registry, store: |store| Arc::new(store), cloud: |_| {} };

    pub(super) fn world(&self, seed: u64) -> World {
        let world = World::new(STACK, seed)
            .with_kinds((self.kinds)())
            .with_store((self.store)(MemStore::default()));
        (self.cloud)(&world.cloud);
        world
    }
}
