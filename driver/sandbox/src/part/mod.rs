//! What a sandbox is made of, and how each part gets into the cache folder.

pub(crate) mod aws;
pub(crate) mod charts;
pub(crate) mod control_plane;
mod go;
mod python;
pub(crate) mod tools;
