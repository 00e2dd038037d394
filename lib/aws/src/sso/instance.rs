//! `sso.instance`: the Identity Center of an organization, looked up.

use crate::{Arn, CxAws, Scope, fault::incomplete, found::pages};
use groundplan_core::{Class, Cx, Derived, Fault, Iam, Result, Val};
use serde::{Deserialize, Serialize};

/// The Identity Center of an organization. It is enabled by hand, once, in its home region.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Instance {
    /// The management account, or the one that administration was delegated to, in the home region.
    pub scope: Val<Scope>,
}

groundplan_core::outputs! {
    /// An Identity Center.
    pub struct InstanceOutputs -> InstanceHandle {
        /// Its ARN: whose permission sets are.
        arn: Arn,
        /// Its identity store, `d-…`: in which groups and users are looked up.
        identity_store: String,
    }
}

impl Instance {
    /// The Identity Center that is administered in an account.
    pub fn new(scope: Val<Scope>) -> Self {
        Self { scope }
    }
}

impl Derived for Instance {
    const KIND: &'static str = "sso.instance";
    const IAM: Iam = Iam { observe: &["sso:ListInstances"], ..Iam::NONE };
    type Outputs = InstanceOutputs;

    async fn derive(&self, cx: &Cx) -> Result<InstanceOutputs> {
        let action = "sso:ListInstances";
        let scope = self.scope.get();
        let aws = cx.aws(scope).await?;
        let mut found =
            pages(action, aws.sso.list_instances().into_paginator().items().send()).await?;
        // An account may have an instance of its own besides, for its applications: that one has no
        // permission sets.
        let of_organization = |owner: Option<&str>| owner != Some(scope.account.as_str());
        if found.len() > 1 {
            found.sort_by_key(|one| !of_organization(one.owner_account_id()));
        }
        let Some(found) = found.into_iter().next() else {
            let (account, region) = (&scope.account, &scope.region);
            let what = format!("account {account} sees no Identity Center in {region}");
            return Err(Fault::new(Class::NotFound, what).hint(
                "is this its home region, and the management account or the one that administers it? In another region: `aws sso-admin list-instances --region REGION`",
            ));
        };
        let missing = |field| move || incomplete(action, field);
        Ok(InstanceOutputs {
            arn: found.instance_arn.ok_or_else(missing("InstanceArn"))?.into(),
            identity_store: found.identity_store_id.ok_or_else(missing("IdentityStoreId"))?,
        })
    }
}
