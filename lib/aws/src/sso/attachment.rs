//! Policies that a permission set refers to: AWS's own by ARN, those of the accounts by name. The same to the
//! kinds of both, but for the calls.

use super::{SETTLING, collided, instance_of, provision::provision};
use crate::{
    Arn, Clients,
    fault::{absent, fault},
    found::{each, pages},
    settle::{until_gone, until_visible},
};
use aws_sdk_ssoadmin::types::CustomerManagedPolicyReference;
use groundplan_core::{Class, Fault, Result, StepCx};
use std::collections::{BTreeMap, BTreeSet};

/// A policy, as a permission set refers to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Policy {
    /// One of AWS, by its ARN.
    Managed(String),
    /// One that each account has to have.
    Customer {
        /// Its name.
        name: String,
        /// Where it stands, `/` if under no path.
        path: String,
    },
}

/// Of which sort policies are.
#[derive(Clone, Copy)]
pub(super) enum Sort {
    Managed,
    Customer,
}

impl std::fmt::Display for Policy {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Managed(arn) => out.write_str(arn),
            Self::Customer { name, path } => write!(out, "{path}{name}"),
        }
    }
}

/// A policy in a permission set.
pub(super) struct Attachment<'a> {
    pub(super) set: &'a Arn,
    pub(super) policy: Policy,
}

/// The policies of one sort in each of some sets: one listing for a set, however many are asked for.
pub(super) async fn of_sets<'a>(
    aws: &Clients,
    sort: Sort,
    sets: impl Iterator<Item = &'a Arn>,
) -> Result<BTreeMap<&'a Arn, BTreeSet<Policy>>> {
    let sets: BTreeSet<_> = sets.collect();
    let listed = each(sets.iter().copied(), |set| list(aws, sort, set)).await?;
    Ok(sets.into_iter().zip(listed).collect())
}

/// The policies of one sort in a set; none if it is gone.
async fn list(aws: &Clients, sort: Sort, set: &Arn) -> Result<BTreeSet<Policy>> {
    match sort {
        Sort::Managed => {
            let call = aws.sso.list_managed_policies_in_permission_set();
            let call = call.instance_arn(instance_of(set)).permission_set_arn(set.as_str());
            let items = call.into_paginator().items().send();
            let found = absent(pages("sso:ListManagedPoliciesInPermissionSet", items).await)?;
            let arns = found.unwrap_or_default().into_iter().filter_map(|policy| policy.arn);
            Ok(arns.map(Policy::Managed).collect())
        }
        Sort::Customer => {
            let call = aws.sso.list_customer_managed_policy_references_in_permission_set();
            let call = call.instance_arn(instance_of(set)).permission_set_arn(set.as_str());
            let items = call.into_paginator().items().send();
            let action = "sso:ListCustomerManagedPolicyReferencesInPermissionSet";
            let found = absent(pages(action, items).await)?.unwrap_or_default();
            Ok(found.into_iter().map(Policy::from).collect())
        }
    }
}

impl From<CustomerManagedPolicyReference> for Policy {
    fn from(found: CustomerManagedPolicyReference) -> Self {
        Self::Customer { name: found.name, path: found.path.unwrap_or_else(super::root) }
    }
}

/// A policy of the accounts in the form of the API.
pub(super) fn reference(name: &str, path: &str) -> CustomerManagedPolicyReference {
    let reference = CustomerManagedPolicyReference::builder().name(name).path(path).build();
    reference.expect("BUG: a reference has a name")
}

impl Attachment<'_> {
    async fn is_there(&self, aws: &Clients) -> Result<bool> {
        let sort = match self.policy {
            Policy::Managed(_) => Sort::Managed,
            Policy::Customer { .. } => Sort::Customer,
        };
        Ok(list(aws, sort, self.set).await?.contains(&self.policy))
    }

    /// Attaches it, unless somebody did already: there is no mark that would say whose an attachment is.
    pub(super) async fn create(&self, cx: &StepCx, aws: &Clients) -> Result<()> {
        if self.is_there(aws).await? {
            let what = format!("{} has the policy {} already", self.set, self.policy);
            return Err(Fault::new(Class::NotOurs, what)
                .why("another resource, tool or person attached it")
                .hint("remove this resource from the program, or detach the policy"));
        }
        let attach = || async {
            match self.attach(aws).await {
                // It was not there a moment ago: the answer to a call before this one was lost.
                Err(fault) if collided(&fault) && self.is_there(aws).await? => Ok(()),
                done => done,
            }
        };
        cx.retry(SETTLING, collided, attach).await
    }

    async fn attach(&self, aws: &Clients) -> Result<()> {
        let (instance, set) = (instance_of(self.set), self.set.as_str());
        match &self.policy {
            Policy::Managed(arn) => {
                let call = aws.sso.attach_managed_policy_to_permission_set();
                let call = call.instance_arn(instance).permission_set_arn(set);
                let done = call.managed_policy_arn(arn).send().await;
                done.map_err(fault("sso:AttachManagedPolicyToPermissionSet")).map(drop)
            }
            Policy::Customer { name, path } => {
                let call = aws.sso.attach_customer_managed_policy_reference_to_permission_set();
                let call = call.instance_arn(instance).permission_set_arn(set);
                let call = call.customer_managed_policy_reference(reference(name, path));
                let done = call.send().await;
                let action = "sso:AttachCustomerManagedPolicyReferenceToPermissionSet";
                done.map_err(fault(action)).map(drop)
            }
        }
    }

    /// Waits until it is listed, and until the accounts that have the set have it.
    pub(super) async fn converge(&self, cx: &StepCx, aws: &Clients) -> Result<()> {
        let listed = || async { Ok(self.is_there(aws).await?.then_some(())) };
        until_visible(cx, "the policy to be listed with the permission set", listed).await?;
        provision(cx, aws, self.set).await
    }

    /// Detaches it, and waits until the accounts that have the set have it no more.
    pub(super) async fn delete(&self, cx: &StepCx, aws: &Clients) -> Result<()> {
        let detach = || async { absent(self.detach(aws).await) };
        cx.retry(SETTLING, collided, detach).await?;
        let listed = || async { Ok(self.is_there(aws).await?.then_some(())) };
        until_gone(cx, "the policy to be off the permission set", listed).await?;
        provision(cx, aws, self.set).await
    }

    async fn detach(&self, aws: &Clients) -> Result<()> {
        let (instance, set) = (instance_of(self.set), self.set.as_str());
        match &self.policy {
            Policy::Managed(arn) => {
                let call = aws.sso.detach_managed_policy_from_permission_set();
                let call = call.instance_arn(instance).permission_set_arn(set);
                let done = call.managed_policy_arn(arn).send().await;
                done.map_err(fault("sso:DetachManagedPolicyFromPermissionSet")).map(drop)
            }
            Policy::Customer { name, path } => {
                let call = aws.sso.detach_customer_managed_policy_reference_from_permission_set();
                let call = call.instance_arn(instance).permission_set_arn(set);
                let call = call.customer_managed_policy_reference(reference(name, path));
                let done = call.send().await;
                let action = "sso:DetachCustomerManagedPolicyReferenceFromPermissionSet";
                done.map_err(fault(action)).map(drop)
            }
        }
    }
}
