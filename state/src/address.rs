//! Names of resources within a stack: `ec2.subnet/private-a`.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// The name of a resource within its stack: its kind and a name the program chose.
///
/// It is the key of the resource in the state and never changes by itself; see `moved` for a
/// deliberate change. Prints and parses as `kind/name`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    kind: String,
    name: String,
}

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an address: {why}")]
pub struct AddressError {
    text: String,
    why: &'static str,
}

/// The longest name; it ends up in tags and physical names.
const NAME_MAX: usize = 100;

impl Address {
    /// Makes an address from a kind such as `ec2.subnet` and a name such as `private-a`.
    pub fn new(kind: &str, name: &str) -> Result<Self, AddressError> {
        let refuse = |why| AddressError { text: format!("{kind}/{name}"), why };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if kind.is_empty() || !kind.chars().all(plain) {
            return Err(refuse("a kind has lower-case letters, digits, `.`, `-` and `_`"));
        }
        if name.is_empty() || name.len() > NAME_MAX {
            return Err(refuse("a name has 1 to 100 characters"));
        }
        if !name.chars().all(|c| plain(c) || c.is_ascii_uppercase()) {
            return Err(refuse("a name has letters, digits, `.`, `-` and `_`"));
        }
        Ok(Self { kind: kind.to_owned(), name: name.to_owned() })
    }

    /// The kind, e.g. `ec2.subnet`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The name that the program chose, e.g. `private-a`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.kind, self.name)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{self}`")
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.split_once('/') {
            Some((kind, name)) => Self::new(kind, name),
            None => Err(AddressError {
                text: text.to_owned(),
                why: "it needs a kind and a name, as in `ec2.subnet/private-a`",
            }),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_parses() {
        let address: Address = "ec2.subnet/private-eu-west-1a".parse().unwrap();
        assert_eq!((address.kind(), address.name()), ("ec2.subnet", "private-eu-west-1a"));
        assert_eq!(address.to_string(), "ec2.subnet/private-eu-west-1a");
    }

    #[test]
    fn refuses_what_could_not_be_told_apart() {
        for text in
            ["subnet", "ec2.subnet/", "/a", "EC2/a", "ec2.subnet/a b", "ec2.subnet/a/b", "a/b#c"]
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
