//! Where states are kept: a folder, or a bucket.

use groundplan_state_s3::S3Place;
use std::{fmt, path::PathBuf, str::FromStr};

/// Where states are kept, as `--state` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A folder of the file system.
    Folder(PathBuf),
    /// Below a prefix of an S3 bucket.
    Bucket(S3Place),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            None => Ok(Self::Folder(text.into())),
            Some(("s3", _)) => text.parse().map(Self::Bucket).map_err(|why| format!("{why}")),
            // It would become a folder of that name, in which everything looks absent.
            Some((scheme, _)) => Err(format!(
                "states are kept in folders and in S3, as in s3://BUCKET/PREFIX; {scheme}:// is no place for them"
            )),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(out),
            Self::Bucket(bucket) => bucket.fmt(out),
        }
    }
}
