//! Keeps the recorded states of stacks in an S3 bucket.
//!
//! What makes them safe is in `groundplan-state`, and is the same as in a directory; here are only
//! the four calls it needs. `PutObject` with `If-None-Match: *` is what creates a value exactly once.
//!
//! Whoever uses a bucket needs `s3:GetObject`, `s3:PutObject` and `s3:DeleteObject` on the objects
//! below the prefix, and `s3:ListBucket` on the bucket: without it S3 answers that an object is
//! denied where it is absent.

mod blobs;
mod error;
mod pace;
mod place;

pub use blobs::S3Blobs;
pub use place::{PlaceError, S3Place};

use aws_types::SdkConfig;
use groundplan_state::LogStore;

/// Keeps states in an S3 bucket.
pub type S3Store = LogStore<S3Blobs>;

/// A store in a bucket, with the credentials and the region of `config`.
///
/// # Errors
/// If no thread can be had for its calls.
pub fn store(config: &SdkConfig, place: S3Place) -> groundplan_state::Result<S3Store> {
    Ok(LogStore::over(S3Blobs::new(config, place)?))
}
