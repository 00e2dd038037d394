//! Where a stack's objects live: real AWS, or one particular sandbox.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The world that a state describes.
///
/// A run whose verified caller and endpoint are of another realm is refused before anything is
/// read: in the wrong world everything looks absent, and would be made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Realm {
    /// Real AWS.
    Aws {
        /// `aws`, `aws-cn` or `aws-us-gov`.
        partition: String,
    },
    /// A sandbox on this machine. It has another id each time it is started.
    Sandbox {
        /// The id that the running sandbox answers with.
        id: String,
    },
    /// The simulated cloud of the engine's own tests.
    Simulation,
}

impl fmt::Display for Realm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aws { partition } => write!(out, "AWS (partition {partition})"),
            Self::Sandbox { id } => write!(out, "sandbox {id}"),
            Self::Simulation => write!(out, "simulation"),
        }
    }
}
