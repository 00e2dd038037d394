//! Values that are known now, or that another resource will supply.
//!
//! A [`Val`] is plain data. It holds no closure and no future, so a whole program serialises to
//! JSON, and that JSON is all that the planner reads. What needs code on unknown values is a
//! derived kind, see [`crate::Derived`].

use crate::expr;
use groundplan_state::Address;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value as Json;
use std::{collections::BTreeMap, fmt, marker::PhantomData};

/// A value known now, or one of a small closed set of forms over other resources' outputs.
///
/// In a resource's fields it marks what can be wired to another resource. Where a literal stands in
/// for one, `.into()` makes it a `Val`.
#[derive(Clone, PartialEq, Eq)]
pub struct Val<T>(Inner<T>);

#[derive(Clone, PartialEq, Eq)]
enum Inner<T> {
    Known(T),
    Pending(Json, PhantomData<T>),
}

impl<T> Val<T> {
    /// Refers to one output of the resource at `address`. Handles call this; programs use handles.
    #[must_use]
    pub fn output(address: &Address, field: &str) -> Self {
        Self::pending(expr::reference(address, field))
    }

    fn pending(expr: Json) -> Self {
        Self(Inner::Pending(expr, PhantomData))
    }

    /// The value, if it is known already.
    pub fn known(&self) -> Option<&T> {
        match &self.0 {
            Inner::Known(value) => Some(value),
            Inner::Pending(..) => None,
        }
    }

    /// The value, in a resource kind's verbs.
    ///
    /// # Panics
    /// If the value is not known. The engine decodes a resource only after every reference in it is
    /// resolved, so a kind's verbs may call this freely; a program may not.
    #[track_caller]
    pub fn get(&self) -> &T {
        match &self.0 {
            Inner::Known(value) => value,
            Inner::Pending(expr, _) => panic!("BUG: {expr} was read before it was resolved"),
        }
    }

    fn step(&self, step: &str) -> Json
    where
        T: Serialize,
    {
        match &self.0 {
            Inner::Known(value) => expr::path(expr::to_json(value), step),
            Inner::Pending(expr, _) => expr::path(expr.clone(), step),
        }
    }
}

impl<T: Serialize> Val<Vec<T>> {
    /// One item of a list.
    #[must_use]
    pub fn index(&self, index: usize) -> Val<T> {
        Val::pending(self.step(&format!("[{index}]")))
    }
}

impl<T: Serialize> Val<BTreeMap<String, T>> {
    /// One value of a map.
    #[must_use]
    pub fn key(&self, key: &str) -> Val<T> {
        Val::pending(self.step(&format!("{{{key}}}")))
    }
}

impl Val<String> {
    /// Text with values in its holes; see [`text!`](crate::text), which counts them.
    ///
    /// # Panics
    /// If there are fewer parts than holes.
    #[must_use]
    pub fn text(format: &str, parts: impl IntoIterator<Item = Json>) -> Self {
        let mut pieces = Vec::new();
        let mut parts = parts.into_iter();
        for (i, literal) in format.split("{}").enumerate() {
            if i > 0 {
                pieces.push(parts.next().expect("BUG: text! counts its holes"));
            }
            pieces.push(literal.into());
        }
        Self::pending(expr::text(pieces))
    }

    /// Several values with a separator between them.
    #[must_use]
    pub fn join(separator: &str, items: impl IntoIterator<Item = Self>) -> Self {
        let items: Vec<_> = items.into_iter().map(|item| expr::to_json(&item)).collect();
        Self::pending(expr::join(separator, items))
    }

    /// A JSON document as text; see [`json_text!`](crate::json_text).
    #[must_use]
    pub fn json_text(document: Json) -> Self {
        Self::pending(expr::json_text(document))
    }

    /// The same text where a type of its own is wanted, such as an ARN that [`text!`](crate::text) put
    /// together.
    #[must_use]
    pub fn typed<T: From<String>>(self) -> Val<T> {
        match self.0 {
            Inner::Known(text) => T::from(text).into(),
            Inner::Pending(expr, _) => Val::pending(expr),
        }
    }

    /// This value as the key of an object inside [`json_text!`](crate::json_text):
    /// `json_text!({ "StringEquals": { (text!("{}:aud", issuer).as_key()): "sts.amazonaws.com" } })`.
    #[must_use]
    pub fn as_key(&self) -> String {
        expr::key(&expr::to_json(self))
    }
}

impl<T> From<T> for Val<T> {
    fn from(value: T) -> Self {
        Self(Inner::Known(value))
    }
}

impl From<&str> for Val<String> {
    fn from(value: &str) -> Self {
        Self(Inner::Known(value.to_owned()))
    }
}

impl<T: Serialize> fmt::Debug for Val<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Val({})", expr::to_json(self))
    }
}

impl<T: Serialize> Serialize for Val<T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Inner::Known(value) => value.serialize(out),
            Inner::Pending(expr, _) => expr.serialize(out),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Val<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let tree = Json::deserialize(input)?;
        if !expr::is_known(&tree) {
            return Ok(Self::pending(tree));
        }
        T::deserialize(tree).map(Self::from).map_err(serde::de::Error::custom)
    }
}

/// Builds a `Val<String>` from a format string with `{}` holes: `text!("{}:{}", db.host(), 3306)`.
#[macro_export]
macro_rules! text {
    ($format:literal $(, $part:expr)* $(,)?) => {{
        const HOLES: usize = $crate::holes($format);
        let parts: [$crate::Json; HOLES] = [$($crate::to_json(&$part)),*];
        $crate::Val::text($format, parts)
    }};
}

/// Builds a `Val<String>` that is a JSON document; values may refer to outputs, and so may keys
/// through [`Val::as_key`].
#[macro_export]
macro_rules! json_text {
    ($($document:tt)+) => {
        $crate::Val::json_text($crate::json!($($document)+))
    };
}

/// Counts the `{}` holes in a format string, at compile time.
#[must_use]
pub const fn holes(format: &str) -> usize {
    let (bytes, mut i, mut n) = (format.as_bytes(), 0, 0);
    while i + 1 < bytes.len() {
        if bytes[i] == b'{' && bytes[i + 1] == b'}' {
            n += 1;
        }
        i += 1;
    }
    n
}
