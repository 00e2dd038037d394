//! Where states are: `s3://bucket/prefix`.

use std::{fmt, str::FromStr};

/// A bucket, and what the keys of its states begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Place {
    bucket: String,
    /// Empty, or ends with `/`.
    prefix: String,
}

/// A text that names no place in S3.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no place in S3: it has the form s3://BUCKET or s3://BUCKET/PREFIX")]
pub struct PlaceError {
    text: String,
}

impl S3Place {
    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What the keys of its states begin with: nothing, or what ends with `/`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The object of a key.
    pub(crate) fn object(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// The key of an object.
    pub(crate) fn key<'a>(&self, object: &'a str) -> Option<&'a str> {
        object.strip_prefix(&self.prefix)
    }
}

impl FromStr for S3Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let refuse = || PlaceError { text: text.to_owned() };
        let rest = text.strip_prefix("s3://").ok_or_else(refuse)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
        if bucket.len() < 3 || bucket.len() > 63 || !bucket.chars().all(plain) {
            return Err(refuse());
        }
        let prefix = prefix.trim_end_matches('/');
        if prefix.starts_with('/') || prefix.contains("//") {
            return Err(refuse());
        }
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Self { bucket: bucket.to_owned(), prefix })
    }
}

impl fmt::Display for S3Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "s3://{}/{}", self.bucket, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_bucket_and_perhaps_a_prefix() {
        let place: S3Place = "s3://acme-states/teams/data/".parse().unwrap();
        assert_eq!(place.bucket(), "acme-states");
        assert_eq!(place.object("hub/state.json"), "teams/data/hub/state.json");
        assert_eq!(place.key("teams/data/hub/state.json"), Some("hub/state.json"));
        assert_eq!(place.to_string(), "s3://acme-states/teams/data/");
        let whole: S3Place = "s3://acme-states".parse().unwrap();
        assert_eq!(whole.object("hub/x"), "hub/x");
        for text in ["s3:/acme", "s3://", "s3://Acme-States", "s3://acme-states//x", "states"] {
            assert!(text.parse::<S3Place>().is_err(), "{text}");
        }
    }
}
