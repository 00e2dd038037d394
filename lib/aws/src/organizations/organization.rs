//! `organizations.organization`: the organization that an account is in, looked up.

use crate::{
    Arn, CxAws, Scope,
    fault::{fault, incomplete},
    found::pages,
};
use groundplan_core::{Cx, Derived, Iam, Result, Val};
use serde::{Deserialize, Serialize};

/// The organization of an account. It is made by hand, once, as it is the company's: everything else in
/// it can be a program's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Organization {
    /// The management account, or any other account of it.
    pub scope: Val<Scope>,
}

groundplan_core::outputs! {
    /// An organization.
    pub struct OrganizationOutputs -> OrganizationHandle {
        /// Its id, `o-…`.
        id: String,
        /// Its ARN. Who shares something with it shares it with every account in it.
        arn: Arn,
        /// The management account's 12 digits.
        management_account: String,
        /// The root, `r-…`, which all units and accounts are below.
        root: String,
    }
}

impl Organization {
    /// The organization of an account.
    pub fn new(scope: Val<Scope>) -> Self {
        Self { scope }
    }
}

impl Derived for Organization {
    const KIND: &'static str = "organizations.organization";
    const IAM: Iam = Iam {
        observe: &["organizations:DescribeOrganization", "organizations:ListRoots"],
        ..Iam::NONE
    };
    type Outputs = OrganizationOutputs;

    async fn derive(&self, cx: &Cx) -> Result<OrganizationOutputs> {
        let action = "organizations:DescribeOrganization";
        let aws = cx.aws(self.scope.get()).await?;
        let found = aws.organizations.describe_organization().send().await.map_err(fault(action));
        let found = found.map_err(|fault| {
            if !fault.is("AWSOrganizationsNotInUseException") {
                return fault;
            }
            let account = &self.scope.get().account;
            fault.hint(format!(
                "account {account} is in no organization; make one there, once: `aws organizations create-organization`"
            ))
        })?;
        let found = found.organization.ok_or_else(|| incomplete(action, "Organization"))?;
        let pages_of_roots = aws.organizations.list_roots().into_paginator().send();
        let roots = pages("organizations:ListRoots", pages_of_roots).await?;
        let root = roots.into_iter().filter_map(|page| page.roots).flatten().find_map(|r| r.id);
        let missing = |field| move || incomplete(action, field);
        Ok(OrganizationOutputs {
            id: found.id.ok_or_else(missing("Id"))?,
            arn: found.arn.ok_or_else(missing("Arn"))?.into(),
            management_account: found.master_account_id.ok_or_else(missing("MasterAccountId"))?,
            root: root.ok_or_else(|| incomplete("organizations:ListRoots", "Roots"))?,
        })
    }
}
