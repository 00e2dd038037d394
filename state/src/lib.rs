//! The recorded state of a stack.
//!
//! A stack's state is a [`Snapshot`] plus a journal of numbered groups of [`Change`]s. A [`Store`]
//! keeps both durable; [`Session`] is the exclusive right to change them. [`LogStore`] is the one
//! implementation, over any place that keeps values ([`Blobs`]): a directory here, S3 in a crate of
//! its own. Everything here is plain data: this crate knows no cloud, no resource kind and no
//! program, so state can be read and repaired when those are broken.

mod address;
mod blobs;
mod change;
mod check;
mod dir;
mod entry;
mod error;
mod log;
mod realm;
mod snapshot;
mod store;

pub use address::{Address, AddressError};
pub use blobs::{Alive, Blobs, Put};
pub use change::{Change, Slot, Why, fold};
pub use check::check;
pub use dir::{DirBlobs, DirStore};
pub use entry::{Entry, Marker, Options, Status, Timeouts};
pub use error::{Error, Result, Service};
pub use log::{LogStore, Timing};
pub use realm::Realm;
pub use snapshot::{Expected, FORMAT, Left, Lineage, Place, Run, Snapshot, Took};
pub use store::{
    BoxFuture, Holder, Lease, Loaded, Repair, Repaired, Session, Store, Upkeep, Version, Wait,
    Waiting,
};
