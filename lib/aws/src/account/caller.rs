//! Who calls.

use crate::{
    Aws, Clients,
    fault::{fault, incomplete},
};
use groundplan_core::Result;

/// Whom AWS takes the caller for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account's 12 digits.
    pub account: String,
    /// The caller's name, e.g. `arn:aws:sts::111122223333:assumed-role/deploy/ci`.
    pub arn: String,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
}

impl Caller {
    /// Calls `sts:GetCallerIdentity`, which needs no permission.
    pub(crate) async fn of(clients: &Clients) -> Result<Self> {
        let action = "sts:GetCallerIdentity";
        let identity = clients.sts.get_caller_identity().send().await.map_err(fault(action))?;
        let account = identity.account().ok_or_else(|| incomplete(action, "Account"))?;
        let arn = identity.arn().ok_or_else(|| incomplete(action, "Arn"))?;
        // arn:PARTITION:sts::ACCOUNT:…
        let partition = arn.split(':').nth(1).ok_or_else(|| incomplete(action, "Arn"))?;
        Ok(Self { account: account.into(), arn: arn.into(), partition: partition.into() })
    }
}

impl Aws {
    /// Whom AWS takes this run for in a region.
    pub async fn caller(&self, region: &str) -> Result<Caller> {
        Caller::of(&self.connect(region, &[]).await?).await
    }
}
