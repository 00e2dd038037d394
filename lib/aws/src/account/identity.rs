//! `aws.account`: proves that the caller is in the account that the program names.

use super::Caller;
use crate::{Aws, Scope};
use groundplan_core::{Class, Cx, Derived, Fault, Problems, Result};
use serde::{Deserialize, Serialize};

/// The account and region that everything of this scope is made in.
///
/// It is asked before anything else is read, and refuses when the caller is somewhere else. All AWS
/// kinds take the [`Scope`] it gives, so none can be touched without it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountIdentity {
    /// The account's 12 digits.
    pub account: String,
    /// The region, e.g. `eu-west-1`.
    pub region: String,
    /// The role to assume in it; the run's own identity if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

groundplan_core::outputs! {
    /// The verified account.
    pub struct AccountOutputs -> AccountHandle {
        /// Account, region and role, for all kinds in it.
        scope: Scope,
        /// The caller, as AWS names it.
        caller: String,
    }
}

impl Derived for AccountIdentity {
    const KIND: &'static str = "aws.account";
    type Outputs = AccountOutputs;

    fn validate(&self, problems: &mut Problems) {
        let digits = self.account.len() == 12 && self.account.bytes().all(|b| b.is_ascii_digit());
        problems.require(
            digits,
            "account",
            format!("`{}` is no account id: it has 12 digits", self.account),
        );
        problems.require(!self.region.is_empty(), "region", "name a region, e.g. `eu-west-1`");
    }

    /// Asks whom AWS takes the caller for.
    async fn derive(&self, cx: &Cx) -> Result<AccountOutputs> {
        let aws = cx.extension::<Aws>();
        let clients = aws.connect(&self.region, self.role.as_deref()).await?;
        let Caller { account, arn, partition } = Caller::of(&clients).await?;
        if account != self.account {
            return Err(Fault::new(
                Class::Refused,
                format!("this run is in account {account}, the program wants {}", self.account),
            )
            .why(format!("the caller is {arn}"))
            .hint("use the profile or role of the right account; nothing was read or changed"));
        }
        let scope = Scope {
            account: self.account.clone(),
            region: self.region.clone(),
            partition,
            role: self.role.clone(),
        };
        aws.keep(&scope, clients).await;
        Ok(AccountOutputs { scope, caller: arn })
    }
}
