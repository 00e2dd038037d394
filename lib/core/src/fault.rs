//! What went wrong in one call or one wait, before it is known whose step it was.

use std::fmt;

/// How the engine and other kinds treat a fault. The text is for people, this is for code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The object does not exist, says the right account and region.
    NotFound,
    /// The caller may not do this. Never a sign of absence.
    Denied,
    /// Something else still uses the object; may pass.
    InUse,
    /// An object of that name or key exists already.
    Exists,
    /// It exists and carries no or another owner's mark.
    NotOurs,
    /// The request can never succeed as it is.
    Invalid,
    /// Asked too often; passes.
    Throttled,
    /// No answer, or none that helps: the network, a server fault. Passes.
    Unreachable,
    /// A bounded wait ended.
    TimedOut,
    /// The run was told to stop.
    Cancelled,
    /// A guard refused: protection, realm, plan not exact.
    Refused,
    /// Anything else.
    Other,
}

/// A failure of one operation: what, why, and what to do now.
///
/// Boxed, as it is the `Err` of nearly every function and rarely there. Reads as its [`FaultParts`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(Box<FaultParts>);

/// What a [`Fault`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultParts {
    /// How it is treated.
    pub class: Class,
    /// What failed, lower-case: `ec2:CreateSubnet failed`.
    pub what: String,
    /// Why, in the words of whoever refused.
    pub why: Option<String>,
    /// The error code of AWS or the reason of Kubernetes.
    pub code: Option<String>,
    /// The request id that AWS support asks for.
    pub request_id: Option<String>,
    /// A command or a place.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault of a class.
    pub fn new(class: Class, what: impl Into<String>) -> Self {
        let parts = FaultParts {
            class,
            what: what.into(),
            why: None,
            code: None,
            request_id: None,
            hint: None,
        };
        Self(Box::new(parts))
    }

    /// Adds the reason.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.0.why = Some(why.into());
        self
    }

    /// Adds the error code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Adds the request id.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.0.request_id = Some(id.into());
        self
    }

    /// Adds what to do now: a command or a place.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Whether the fault has this error code.
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

impl std::ops::Deref for Fault {
    type Target = FaultParts;

    fn deref(&self) -> &FaultParts {
        &self.0
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.what)?;
        if let Some(code) = &self.code {
            write!(out, ": {code}")?;
        }
        if let Some(why) = &self.why {
            write!(out, ": {why}")?;
        }
        if let Some(id) = &self.request_id {
            write!(out, " (request id {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}
