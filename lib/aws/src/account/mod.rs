//! Which account and region a run is in.

mod identity;

pub use identity::{AccountHandle, AccountIdentity, AccountOutputs};
