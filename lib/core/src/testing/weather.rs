//! How the simulated cloud treats its callers.

use std::time::Duration;

/// How the cloud treats a process. Shares are out of 1000 calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// Calls refused for asking too often.
    pub throttled: u32,
    /// Calls that end in a server fault and have no effect.
    pub broken: u32,
    /// Changing calls that are done and whose answer is lost.
    pub lost_answers: u32,
    /// Up to how long reads miss a new object, and show one that is gone. The engine looks for a lost create for 8 seconds:
    /// only a client token helps against more.
    pub lag: Duration,
    /// Up to how long an object that was made with a client token is missing in lists.
    pub token_lag: Duration,
    /// Up to how long a new object takes to get ready, and a deleted one to be gone.
    pub slow: Duration,
    /// How many objects of one kind there may be.
    pub quota: Option<usize>,
}
