//! Which account and region a run is in.

mod caller;
mod identity;

pub use caller::Caller;
pub(crate) use identity::elsewhere;
pub use identity::{AccountHandle, AccountIdentity, AccountOutputs};
