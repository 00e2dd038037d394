//! A cloud, a store and processes in memory: programs and kinds are tried out in milliseconds.
//!
//! ```
//! use groundplan_core::{Stack, testing::{Net, World}};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
//! # runtime.block_on(async {
//! let world = World::new("demo", 1);
//! let program = || {
//!     let mut stack = Stack::new("demo");
//!     stack.add("main", Net { cidr: "10.0.0.0/16".into(), mtu: 1500, tags: [].into() });
//!     stack
//! };
//! assert!(world.apply(program()).await.report().complete());
//! world.check(&world.graph(program())).await.unwrap();
//! assert!(world.destroy().await.report().complete());
//! assert!(world.cloud.objects().is_empty());
//! # });
//! ```
//!
//! A [`World`] is what outlives a process: a [`SimCloud`] and a store. A [`Process`] may die or freeze at
//! any call and any record, and the [`Weather`] decides how the cloud treats it: reads that lag behind
//! writes, throttling, server faults, lost answers, quotas, slow objects. Others may
//! [plant](SimCloud::plant), [change](SimCloud::tamper) and [delete](SimCloud::lose) objects. It is all
//! seeded; under paused time (`#[tokio::test(start_paused = true)]`) minutes of waiting take no time, and a
//! failure is a number that repeats it.
//!
//! Kinds of one's own run on it too, with [`World::with_kinds`]: they keep their objects in the cloud that
//! [`Cx::extension`](crate::Cx::extension) gives, with their inputs as its fields, and name the object's id
//! in their output `id`. The simulated kinds show each way in which an object is found again:
//! [`Gate`] by a client token, [`Host`] by a unique name, [`Net`] by its tags, [`Rule`] by a natural key,
//! [`Note`] not at all.
//!
//! # What it proves, and what not
//!
//! It proves the engine: that whatever happens between and during runs, the next one
//! brings the cloud to what the program says, without an orphan, a second copy or a touched stranger
//! ([`World::check`]). It does so for clouds that behave as this one can.
//!
//! It does not prove any kind of a real cloud: neither which calls it makes, nor what AWS answers to them, nor
//! that tags are part of its create. That is what tests over the wire are for. It knows no permissions, no
//! regions, no pages of lists, no Helm; reads here may be late about what exists, never about fields; and
//! its store is memory: torn files and leases of real stores are proved where those stores are.

mod cloud;
mod invariants;
mod kinds;
mod mortal;
mod process;
mod store;
mod weather;
mod world;

pub use cloud::{Call, Object, SimCloud};
pub use invariants::Broken;
pub use kinds::{
    Gate, GateHandle, GateOutputs, Host, HostHandle, HostOutputs, Net, NetHandle, NetOutputs, Note,
    NoteHandle, NoteOutputs, Rule, RuleHandle, RuleOutputs, Sum, SumHandle, SumOutputs, registry,
};
pub use mortal::Mortal;
pub use process::{Fate, Moment, Point, Process};
pub use store::MemStore;
pub use weather::Weather;
pub use world::{End, World};

use crate::{DangerKind, Json, Risk, Transition};

/// What a kind's [`risks`](crate::Resource::risks) says of an object that changes in place, comes or goes.
pub fn risks(
    of: fn(Transition<'_>) -> Vec<Risk>,
    before: Option<&Json>,
    after: Option<&Json>,
) -> Vec<(DangerKind, String)> {
    let risks = of(Transition { before, after, replaced: false });
    risks.into_iter().map(|risk| (risk.kind, risk.what)).collect()
}
