//! `ram.resource_association`: something that a share gives to others.

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

/// Something in a share, such as a subnet. Subnets are shared within an organization only, and never
/// default ones.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResourceAssociation {
    /// The account and region of the share.
    pub scope: Val<Scope>,
    /// The share.
    pub share: Val<Arn>,
    /// What others may use.
    pub resource: Val<Arn>,
}

impl ResourceAssociation {
    /// Something in a share.
    pub fn new(scope: Val<Scope>, share: Val<Arn>, resource: Val<Arn>) -> Self {
        Self { scope, share, resource }
    }
}

groundplan_core::outputs! {
    /// What a [`ResourceAssociation`] gives.
    pub struct ResourceAssociationOutputs -> ResourceAssociationHandle {
        /// What others may use, once they may.
        resource: Arn,
    }
}

impl Resource for ResourceAssociation {
    const KIND: &'static str = "ram.resource_association";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "share", "resource"],
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
    type Outputs = ResourceAssociationOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let Some(resource) = self.resource.known() {
            let what = format!("`{resource}` is no ARN");
            problems.require(resource.as_str().starts_with("arn:"), "resource", what);
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::resource(change)
    }

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<ResourceAssociationOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let shares: BTreeSet<_> = wanted.iter().map(|w| w.inputs.share.get().to_string()).collect();
        let listed = list(&aws, &Type::Resource, shares.into_iter().collect()).await?;
        let see = |w: &Wanted<Self>| w.inputs.association().seen(&listed, w.inputs.outputs());
        Ok(wanted.iter().map(see).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<ResourceAssociationOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        self.association().create(cx, &aws).await?;
        Ok(self.outputs())
    }

    /// The share's ARN and that of what is in it: `arn:…,arn:…`.
    async fn identify(
        &self,
        _: &Cx,
        id: &str,
    ) -> Result<Option<Identity<ResourceAssociationOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(format!("{},{}", self.share.get(), self.resource.get()))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: ResourceAssociationOutputs,
        _approved: &Fields,
    ) -> Result<ResourceAssociationOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        self.association().until_associated(cx, &aws).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &ResourceAssociationOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        self.association().delete(cx, &aws).await
    }
}

impl ResourceAssociation {
    fn outputs(&self) -> ResourceAssociationOutputs {
        ResourceAssociationOutputs { resource: self.resource.get().clone() }
    }

    fn association(&self) -> Association<'_> {
        let (share, entity) = (self.share.get(), self.resource.get().as_str());
        Association { share, kind: Type::Resource, entity }
    }
}
