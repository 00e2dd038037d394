//! `ram.acceptance`: takes what somebody outside the organization shares.

use crate::{
    Arn, Clients, CxAws, Scope,
    fault::{absent, fault},
    found::pages,
    scope,
    taking::keyed,
};
use aws_sdk_ram::types::{
    ResourceOwner, ResourceShareInvitation, ResourceShareInvitationStatus as Invited,
    ResourceShareStatus,
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Iam, Identity, Json, Live, LostCreate, Meta, Naming, Ownership,
    Patience, Probe, Resource, Result, Seen, Stays, StepCx, Typical, Val, Wanted,
};
use serde::{Deserialize, Serialize};

/// Takes a share of an account outside the organization, which invited this one. Within an organization
/// that has sharing on there is nothing to take. What was taken ends when its owner ends it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Acceptance {
    /// The account that was invited, in the region of the share.
    pub scope: Val<Scope>,
    /// The share. The one that lets this account in must be there before: name its association in this
    /// resource's `after` if this program makes it.
    pub share: Val<Arn>,
}

impl Acceptance {
    /// Takes a share.
    pub fn new(scope: Val<Scope>, share: Val<Arn>) -> Self {
        Self { scope, share }
    }
}

groundplan_core::outputs! {
    /// What an [`Acceptance`] gives.
    pub struct AcceptanceOutputs -> AcceptanceHandle {
        /// The share, once what is in it can be used.
        share: Arn,
    }
}

impl Resource for Acceptance {
    const KIND: &'static str = "ram.acceptance";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "share"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        stays: Stays::WithParent,
        iam: Iam {
            observe: &["ram:GetResourceShares"],
            create: &[
                "ram:GetResourceShareInvitations",
                "ram:AcceptResourceShareInvitation",
                "ram:GetResourceShares",
            ],
            converge: &["ram:GetResourceShares"],
            ..Iam::NONE
        },
        typical: Typical::seconds(10, 1, 10),
        ..Meta::DEFAULT
    };
    type Outputs = AcceptanceOutputs;

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<AcceptanceOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let taken = taken(&aws).await?;
        let see = |w: &Wanted<Self>| {
            if taken.contains(w.inputs.share.get()) {
                Live::new(w.inputs.outputs(), Json::Null).into()
            } else {
                Seen::Absent
            }
        };
        Ok(wanted.iter().map(see).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<AcceptanceOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let share = self.share.get();
        // An invitation shows some seconds after the one who invites was answered.
        let invitation = cx
            .wait(Patience::SECONDS, "the invitation to show", || async {
                if taken(&aws).await?.contains(share) {
                    return Ok(Probe::Ready(None));
                }
                let found = invitation(&aws, share).await?;
                match found.as_ref().and_then(ResourceShareInvitation::status) {
                    Some(Invited::Pending) => Ok(Probe::Ready(found)),
                    Some(Invited::Rejected | Invited::Expired) => Err(self.over()),
                    _ => Ok(Probe::not_yet("not visible yet")),
                }
            })
            .await?;
        let id = invitation.and_then(|found| found.resource_share_invitation_arn);
        // What was taken before, or needs no invitation, is the same.
        let Some(id) = id else { return Ok(self.outputs()) };
        let call = aws.ram.accept_resource_share_invitation().resource_share_invitation_arn(id);
        let call = call.client_token(cx.token()).send().await;
        call.map_err(fault("ram:AcceptResourceShareInvitation"))?;
        Ok(self.outputs())
    }

    /// The share's ARN.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<AcceptanceOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.share.get().to_string())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: AcceptanceOutputs,
        _approved: &Fields,
    ) -> Result<AcceptanceOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        cx.wait(Patience::MINUTES, "the share to be there", || async {
            let there = taken(&aws).await?.contains(self.share.get());
            Ok(if there { Probe::Ready(()) } else { Probe::not_yet("not visible yet") })
        })
        .await?;
        Ok(live)
    }

    /// Nothing: it ends when the owner takes the account out of the share.
    async fn delete(&self, _cx: &StepCx, _live: &AcceptanceOutputs) -> Result<()> {
        Ok(())
    }
}

impl Acceptance {
    fn outputs(&self) -> AcceptanceOutputs {
        AcceptanceOutputs { share: self.share.get().clone() }
    }

    fn over(&self) -> Fault {
        let what = format!("the invitation to the share {} is over", self.share.get());
        Fault::new(Class::Refused, what)
            .why("somebody rejected it, or nobody took it for a week")
            .hint("let the owner take this account out of the share and put it in again")
    }
}

/// The shares of others that can be used.
async fn taken(aws: &Clients) -> Result<Vec<Arn>> {
    let call = aws.ram.get_resource_shares().resource_owner(ResourceOwner::OtherAccounts);
    let call = call.resource_share_status(ResourceShareStatus::Active).into_paginator().send();
    let found = pages("ram:GetResourceShares", call).await?;
    let shares = found.into_iter().filter_map(|page| page.resource_shares).flatten();
    Ok(shares.filter_map(|share| share.resource_share_arn).map(Arn::from).collect())
}

/// The latest invitation to a share.
async fn invitation(aws: &Clients, share: &Arn) -> Result<Option<ResourceShareInvitation>> {
    let call = aws.ram.get_resource_share_invitations().resource_share_arns(share.as_str());
    let found = pages("ram:GetResourceShareInvitations", call.into_paginator().send());
    let found = absent(found.await)?.unwrap_or_default().into_iter();
    let all = found.filter_map(|page| page.resource_share_invitations).flatten();
    Ok(all.max_by_key(|one| one.invitation_timestamp().map(aws_smithy_types::DateTime::secs)))
}
