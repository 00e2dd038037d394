//! The recorded state of a stack.
//!
//! A stack's state is a [`Snapshot`] plus a journal of numbered [`Change`]s. A [`Store`] keeps both
//! durable; [`Session`] is the exclusive right to change them. Everything here is plain data: this
//! crate knows no cloud, no resource kind and no program, so state can be read and repaired when
//! those are broken.

mod address;
mod change;
mod check;
mod dir;
mod entry;
mod error;
mod realm;
mod snapshot;
mod store;

pub use address::{Address, AddressError};
pub use change::{Change, Numbered, Slot, Why, fold};
pub use check::check;
pub use dir::DirStore;
pub use entry::{Entry, Options, Status, Timeouts};
pub use error::{Error, Result};
pub use realm::Realm;
pub use snapshot::{FORMAT, Left, Lineage, Run, Snapshot};
pub use store::{BoxFuture, Holder, Loaded, Session, Store};
