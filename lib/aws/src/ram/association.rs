//! What is in a share, and who may use it: the same to RAM, but for a name.

use super::of_shares;
use crate::{
    Arn, Clients,
    fault::{absent, fault},
    found::pages,
};
use aws_sdk_ram::types::{
    ResourceShareAssociation, ResourceShareAssociationStatus as Status,
    ResourceShareAssociationType as Type,
};
use groundplan_core::{Class, Fault, Json, Live, Patience, Probe, Result, Seen, StepCx};

/// How long RAM may refuse after sharing within the organization was switched on. It says the same where it
/// is off, so no longer.
const ONBOARDING: Patience = Patience::new(1000, 10, 300);

/// One association of a share.
pub(super) struct Association<'a> {
    /// The share.
    pub(super) share: &'a Arn,
    /// Of which sort.
    pub(super) kind: Type,
    /// An ARN, or an account's 12 digits.
    pub(super) entity: &'a str,
}

/// Whether an association is there: one that ended stays listed for a while.
pub(super) fn is_there(association: &ResourceShareAssociation) -> bool {
    association.status() != Some(&Status::Disassociated)
}

/// The associations of shares, of one sort, that are there; none of shares that are gone.
pub(super) async fn list(
    aws: &Clients,
    kind: &Type,
    shares: Vec<String>,
) -> Result<Vec<ResourceShareAssociation>> {
    let ask = |shares: Vec<String>| async move {
        let call = aws.ram.get_resource_share_associations().association_type(kind.clone());
        let call = call.set_resource_share_arns(Some(shares)).into_paginator().send();
        pages("ram:GetResourceShareAssociations", call).await
    };
    let found = of_shares(shares, ask).await?.into_iter();
    let all = found.filter_map(|page| page.resource_share_associations).flatten();
    Ok(all.filter(is_there).collect())
}

impl Association<'_> {
    /// The association among those of a listing.
    pub(super) fn among<'l>(
        &self,
        listed: &'l [ResourceShareAssociation],
    ) -> Option<&'l ResourceShareAssociation> {
        listed.iter().find(|one| {
            one.resource_share_arn() == Some(self.share.as_str())
                && one.associated_entity() == Some(self.entity)
        })
    }

    /// What a read comes to. One that failed is made again.
    pub(super) fn seen<O>(&self, listed: &[ResourceShareAssociation], outputs: O) -> Seen<O> {
        match self.among(listed).map(|one| one.status()) {
            None | Some(Some(Status::Failed)) => Seen::Absent,
            Some(status) => Live::new(outputs, Json::Null)
                .leaving(status == Some(&Status::Disassociating))
                .into(),
        }
    }

    async fn find(&self, aws: &Clients) -> Result<Option<ResourceShareAssociation>> {
        let listed = list(aws, &self.kind, vec![self.share.to_string()]).await?;
        Ok(self.among(&listed).cloned())
    }

    /// Associates, unless somebody did already. What the organization is not ready for is asked again.
    pub(super) async fn create(&self, cx: &StepCx, aws: &Clients) -> Result<()> {
        if let Some(there) = self.find(aws).await?
            && there.status() != Some(&Status::Failed)
        {
            let what = format!("{} is in the share {} already", self.entity, self.share);
            return Err(Fault::new(Class::NotOurs, what)
                .why("another resource, tool or person put it there")
                .hint("remove this resource from the program, or take it out of the share"));
        }
        let associate = || async {
            let call = aws.ram.associate_resource_share().resource_share_arn(self.share.as_str());
            let call = match self.kind {
                Type::Principal => call.principals(self.entity),
                _ => call.resource_arns(self.entity),
            };
            let done = call.client_token(cx.token()).send().await;
            done.map_err(fault("ram:AssociateResourceShare")).map(drop)
        };
        cx.retry(ONBOARDING, is_onboarding, associate).await.map_err(|fault| {
            if is_onboarding(&fault) {
                return fault.hint(
                    "switch on sharing within the organization (`ram.organization_sharing`), and let this wait for it; then run again",
                );
            }
            fault
        })
    }

    /// Waits until it holds.
    pub(super) async fn until_associated(&self, cx: &StepCx, aws: &Clients) -> Result<()> {
        let what = format!("{} to be in the share", self.entity);
        cx.wait(Patience::MINUTES, &what, || async {
            let Some(found) = self.find(aws).await? else {
                return Ok(Probe::not_yet("not visible yet"));
            };
            match found.status() {
                Some(Status::Associated) => Ok(Probe::Ready(())),
                // Who is invited takes it in their own time.
                Some(Status::Associating) if found.external() == Some(true) => Ok(Probe::Ready(())),
                Some(Status::Failed) => Err(self.explain(&found)),
                status => Ok(Probe::not_yet(status.map_or("unknown", Status::as_str))),
            }
        })
        .await
    }

    /// Ends it, and waits until it has ended.
    pub(super) async fn delete(&self, cx: &StepCx, aws: &Clients) -> Result<()> {
        let Some(found) = self.find(aws).await? else { return Ok(()) };
        if found.status() != Some(&Status::Disassociating) {
            let call = aws.ram.disassociate_resource_share();
            let call = call.resource_share_arn(self.share.as_str());
            let call = match self.kind {
                Type::Principal => call.principals(self.entity),
                _ => call.resource_arns(self.entity),
            };
            absent(call.send().await.map_err(fault("ram:DisassociateResourceShare")))?;
        }
        let what = format!("{} to be out of the share", self.entity);
        cx.wait(Patience::MINUTES, &what, || async {
            Ok(match self.find(aws).await? {
                None => Probe::Ready(()),
                Some(found) => Probe::not_yet(found.status().map_or("unknown", Status::as_str)),
            })
        })
        .await
    }

    fn explain(&self, found: &ResourceShareAssociation) -> Fault {
        let what = format!("RAM could not put {} into the share {}", self.entity, self.share);
        let hint = match self.kind {
            Type::Principal => {
                "is it in the organization, and is sharing within it on (`ram.organization_sharing`)? Then run again"
            }
            _ => "is it of a type that can be shared, and no default subnet? Then run again",
        };
        let why = found.status_message().unwrap_or("it gave no reason");
        Fault::new(Class::Invalid, what).why(why).hint(hint)
    }
}

/// Whether RAM may take it in a while: it has not heard yet that the organization shares.
fn is_onboarding(fault: &Fault) -> bool {
    let refused = ["OperationNotPermittedException", "InvalidParameterException"];
    refused.iter().any(|code| fault.is(code))
        && fault
            .why
            .as_ref()
            .is_some_and(|why| why.contains("onboarding process is still in progress"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_organization_is_not_ready_for_is_asked_again() {
        let refused = |code: &str, why: &str| {
            Fault::new(Class::Invalid, "ram:AssociateResourceShare failed").code(code).why(why)
        };
        let early = "The resource you are attempting to share can only be shared within your AWS Organization. This error may also occur if you have not enabled sharing with your AWS organization, or that onboarding process is still in progress.";
        for (code, why, again) in [
            ("OperationNotPermittedException", early, true),
            ("InvalidParameterException", early, true),
            ("UnknownResourceException", early, false),
            ("InvalidParameterException", "You cannot share the default subnet.", false),
        ] {
            assert_eq!(is_onboarding(&refused(code, why)), again, "{code}: {why}");
        }
    }
}
