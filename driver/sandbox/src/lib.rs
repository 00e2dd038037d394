//! The local AWS and Kubernetes behind `--sandbox` and the tests.
//!
//! A sandbox is one process that answers AWS calls on 127.0.0.1 and starts a real Kubernetes control
//! plane for every EKS cluster created in it. This crate prepares the parts in a cache folder
//! ([`up`] the first time), starts the process so that it outlives the command ([`up`]), says how it
//! is ([`status`]) and ends it ([`down`]).
//!
//! It never prints, reads no environment variable (its child processes inherit them), speaks to
//! nothing but 127.0.0.1, and names no download host: what it needs is pinned by hash and fetched by
//! `pip` and `go` as they are set up on the machine.

mod cache;
mod embedded;
mod error;
mod http;
mod kubernetes;
mod leash;
mod lock;
mod options;
mod part;
mod port;
mod process;
mod progress;
mod root;
mod run;
mod sandbox;
mod start;

pub use error::{Error, Result};
pub use options::{Mode, Options, Tools};
pub use part::tools::{Origin, Tool};
pub use progress::{Part, Progress, Reporter, Stage};
pub use run::{Down, Life, Status, down, status, up};
pub use sandbox::{Credentials, Kubernetes, Outsider, Sandbox, Secret};
