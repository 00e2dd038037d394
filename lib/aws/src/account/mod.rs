//! Which account and region a run is in.

mod caller;
mod identity;

pub use caller::Caller;
pub use identity::{AccountHandle, AccountIdentity, AccountOutputs};
pub(crate) use identity::{elsewhere, unreachable};
