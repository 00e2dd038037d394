//! Where states are kept: a folder, or a bucket.

use std::{fmt, path::PathBuf, str::FromStr};

/// Where states are kept, as `--state` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A folder of the file system.
    Folder(PathBuf),
    /// Below a prefix of an S3 bucket.
    Bucket {
        /// Its name.
        bucket: String,
        /// What all keys begin with; empty, or without slashes at its ends.
        prefix: String,
    },
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self::Folder(text.into()));
        };
        if scheme != "s3" {
            return Err(format!(
                "states are kept in folders and in S3, as in s3://BUCKET/PREFIX; {scheme}:// is no place for them"
            ));
        }
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(plain) {
            return Err(format!(
                "`{bucket}` is no name of a bucket: it has 3 to 63 lower-case letters, digits, `.` and `-`"
            ));
        }
        Ok(Self::Bucket { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(out),
            Self::Bucket { bucket, prefix } if prefix.is_empty() => write!(out, "s3://{bucket}"),
            Self::Bucket { bucket, prefix } => write!(out, "s3://{bucket}/{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_a_bucket() {
        let place = |text: &str| text.parse::<Place>().map(|place| place.to_string());
        assert_eq!(place("states/live").unwrap(), "states/live");
        assert_eq!(place("s3://acme-states").unwrap(), "s3://acme-states");
        assert_eq!(place("s3://acme-states/a/b/").unwrap(), "s3://acme-states/a/b");
        // It would become a folder of that name, in which everything looks absent.
        assert!(place("gs://acme").unwrap_err().contains("no place for them"));
        assert!(place("s3://Acme/x").unwrap_err().contains("no name of a bucket"));
    }
}
