//! `ram.principal_association`: who may use what is in a share.

use super::{
    association::{Association, list},
    risks,
};
use crate::{Arn, CxAws, Scope, scope, taking::keyed};
use aws_sdk_ram::types::ResourceShareAssociationType as Type;
use groundplan_core::{
    Cx, Fields, Hole, Iam, Identity, LostCreate, Meta, Naming, Ownership, Problems, Resource,
    Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Who may use what is in a share: an account, a unit or an organization. Within an organization that has
/// sharing on, that holds at once; anybody else has to accept, see [`Acceptance`](super::Acceptance).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PrincipalAssociation {
    /// The account and region of the share.
    pub scope: Val<Scope>,
    /// The share.
    pub share: Val<Arn>,
    /// An account's 12 digits, or the ARN of a unit, an organization, a role or a user.
    pub principal: Val<String>,
}

impl PrincipalAssociation {
    /// Somebody who may use what is in a share.
    pub fn new(scope: Val<Scope>, share: Val<Arn>, principal: Val<String>) -> Self {
        Self { scope, share, principal }
    }
}

groundplan_core::outputs! {
    /// What a [`PrincipalAssociation`] gives.
    pub struct PrincipalAssociationOutputs -> PrincipalAssociationHandle {
        /// Who may, once they may.
        principal: String,
    }
}

impl Resource for PrincipalAssociation {
    const KIND: &'static str = "ram.principal_association";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "share", "principal"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        iam: Iam {
            holes: &[("share", Hole::Input("share"))],
            observe: &["ram:GetResourceShareAssociations"],
            create: &["ram:AssociateResourceShare", "ram:GetResourceShareAssociations"],
            converge: &["ram:GetResourceShareAssociations"],
            delete: &["ram:DisassociateResourceShare", "ram:GetResourceShareAssociations"],
            ..Iam::NONE
        },
        typical: Typical::seconds(10, 1, 10),
        ..Meta::DEFAULT
    };
    type Outputs = PrincipalAssociationOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let Some(principal) = self.principal.known() {
            let account = principal.len() == 12 && principal.bytes().all(|b| b.is_ascii_digit());
            let what = format!("`{principal}` is no account of 12 digits and no ARN");
            problems.require(account || principal.starts_with("arn:"), "principal", what);
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::principal(change)
    }

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<PrincipalAssociationOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let shares: BTreeSet<_> = wanted.iter().map(|w| w.inputs.share.get().to_string()).collect();
        let listed = list(&aws, &Type::Principal, shares.into_iter().collect()).await?;
        let see = |w: &Wanted<Self>| w.inputs.association().seen(&listed, w.inputs.outputs());
        Ok(wanted.iter().map(see).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<PrincipalAssociationOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        self.association().create(cx, &aws).await?;
        Ok(self.outputs())
    }

    /// The share's ARN and who may use it: `arn:…,123456789012`.
    async fn identify(
        &self,
        _: &Cx,
        id: &str,
    ) -> Result<Option<Identity<PrincipalAssociationOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(format!("{},{}", self.share.get(), self.principal.get()))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: PrincipalAssociationOutputs,
        _approved: &Fields,
    ) -> Result<PrincipalAssociationOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        self.association().until_associated(cx, &aws).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &PrincipalAssociationOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        self.association().delete(cx, &aws).await
    }
}

impl PrincipalAssociation {
    fn outputs(&self) -> PrincipalAssociationOutputs {
        PrincipalAssociationOutputs { principal: self.principal.get().clone() }
    }

    fn association(&self) -> Association<'_> {
        let (share, entity) = (self.share.get(), self.principal.get().as_str());
        Association { share, kind: Type::Principal, entity }
    }
}
