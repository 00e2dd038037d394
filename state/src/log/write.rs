//! Creates values exactly once, although answers may be lost.

use crate::{Blobs, Error, Put, Result};

/// How often to try where a value comes and goes.
const TRIES: usize = 5;

/// Who created a value.
#[derive(Debug, PartialEq)]
pub(super) enum Created {
    /// This call, or an earlier attempt of it whose answer was lost.
    ByUs,
    /// Somebody else, with this content.
    ByAnother(Vec<u8>),
}

/// Creates a value. What is there already with the very same bytes was written by an earlier attempt
/// of this write: the service did it and its answer was lost, so that a client sent it again.
pub(super) async fn create(blobs: &dyn Blobs, key: &str, value: Vec<u8>) -> Result<Created> {
    for _ in 0..TRIES {
        if blobs.put_new(key, value.clone()).await? == Put::Created {
            return Ok(Created::ByUs);
        }
        match blobs.get(key).await? {
            Some(found) if found == value => return Ok(Created::ByUs),
            Some(found) => return Ok(Created::ByAnother(found)),
            None => {}
        }
    }
    Err(Error::Unsettled { place: blobs.place(key) })
}
