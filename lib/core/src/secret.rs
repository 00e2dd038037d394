//! Secrets: where they come from is data, what they are is never data.
//!
//! A resource carries a [`SecretSource`]. The value is fetched inside the API call that needs it, as
//! a [`Secret`], which can be neither printed nor serialised. So it cannot reach state, plan, event,
//! log or error.

use crate::{Fault, Val};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A secret value in memory, wiped when dropped.
///
/// It has no `Debug`, `Display` or `Serialize` on purpose.
#[expect(missing_debug_implementations, reason = "a secret that prints itself is none")]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a value that was just received.
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value, to hand to the API call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Where a secret comes from. This is what tree, plan and state hold in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "from", deny_unknown_fields)]
pub enum SecretSource {
    /// AWS Secrets Manager, read when used.
    SecretsManager {
        /// The secret's ARN.
        arn: Val<String>,
        /// A key, where the secret is a JSON document; the whole text if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// An environment variable of the run. The driver reads it.
    Env {
        /// The variable's name.
        name: String,
    },
    /// A file on the machine of the run, without its last line feed. The driver reads it.
    File {
        /// Its path.
        path: String,
    },
}

/// A secret together with what identifies its present version.
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct Resolved {
    /// The value.
    pub secret: Secret,
    /// Changes when the value does, and tells nothing of it: a version id, never a plain digest.
    pub version: String,
}

/// Fetches secrets. The driver and `groundplan-aws` supply these; the engine knows none.
pub trait SecretResolver: Send + Sync {
    /// The value of a source; none if this resolver does not know such sources.
    fn resolve<'a>(
        &'a self,
        source: &'a SecretSource,
    ) -> BoxFuture<'a, Option<Result<Resolved, Fault>>>;

    /// Only what identifies the present version: enough for a plan, and needs no right to read the value.
    fn version<'a>(
        &'a self,
        source: &'a SecretSource,
    ) -> BoxFuture<'a, Option<Result<String, Fault>>>;
}
