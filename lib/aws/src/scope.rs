//! Where AWS objects live and as whom they are managed.

use groundplan_core::{Problems, Val};
use serde::{Deserialize, Serialize};

/// An account and region, and the role to take there. Comes from [`AccountIdentity`], which has
/// verified it.
///
/// Account and region are part of an object's identity. The role only says how to reach it.
///
/// [`AccountIdentity`]: crate::account::AccountIdentity
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// The account's 12 digits.
    pub account: String,
    /// The region, e.g. `eu-west-1`.
    pub region: String,
    /// `aws`, `aws-cn` or `aws-us-gov`; the second part of every ARN.
    pub partition: String,
    /// The role to assume; the run's own identity if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The role to assume first, which may take `role`: the one that works in the management account, for an account
    /// that it made. The run's own identity takes `role` itself if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
}

impl Scope {
    /// The roles to assume, one after the other.
    pub(crate) fn roles(&self) -> Vec<&str> {
        self.via.iter().chain(&self.role).map(String::as_str).collect()
    }
}

#[cfg(test)]
impl Scope {
    /// One for tests: the run's own identity in an account.
    pub(crate) fn own() -> Self {
        let [account, region, partition] = ["123456789012", "eu-west-1", "aws"].map(str::to_owned);
        Self { account, region, partition, role: None, via: None }
    }
}

/// The identity part of a kind's `scope` field, for `Meta::immutable`.
pub(crate) const REACH: &[&str] = &["scope.role", "scope.via"];
/// The same of what is the same in all regions: the region only picks the endpoint.
pub(crate) const REACH_ANYWHERE: &[&str] = &["scope.role", "scope.via", "scope.region"];
/// Reads are batched by scope.
pub(crate) const PLACE: &[&str] = &["scope"];

/// Notes an account's id that is none, if it is known already.
pub(crate) fn check_account(problems: &mut Problems, path: &str, account: &Val<String>) {
    let Some(account) = account.known() else { return };
    let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    problems.require(digits, path, format!("`{account}` is no account id: it has 12 digits"));
}
