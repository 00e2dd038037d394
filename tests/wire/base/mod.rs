//! What a platform stands on besides its network, cluster and stores: keys, logs, machines, policies,
//! repositories of images, and alarms.

mod images;
mod keys;
mod policies;
mod program;

pub(crate) use program::{first, second};
