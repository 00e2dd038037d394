//! `ec2.peering_acceptance`: the other side of a connection between two VPCs.

use super::{
    peering::{code, describe, list, state},
    read::{each, once_parents_show},
};
use crate::{Clients, CxAws, PeeringId, Scope, fault::fault, scope, taking::keyed};
use aws_sdk_ec2::types::{VpcPeeringConnection, VpcPeeringConnectionStateReasonCode as Code};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta, Naming, Ownership,
    Patience, Probe, Resource, Result, Seen, Stays, StepCx, Typical, Val, Wanted,
};
use serde::{Deserialize, Serialize};

/// Accepts a connection, in the account and region of the VPC that was asked. A request is over after a
/// week. What was accepted ends only with the connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PeeringAcceptance {
    /// The account and region of the VPC that was asked.
    pub scope: Val<Scope>,
    /// The connection.
    pub peering: Val<PeeringId>,
}

impl PeeringAcceptance {
    /// Accepts a connection.
    pub fn new(scope: Val<Scope>, peering: Val<PeeringId>) -> Self {
        Self { scope, peering }
    }
}

groundplan_core::outputs! {
    /// What a [`PeeringAcceptance`] gives.
    pub struct PeeringAcceptanceOutputs -> PeeringAcceptanceHandle {
        /// The connection, once it carries what routes send to it.
        id: PeeringId,
    }
}

impl Resource for PeeringAcceptance {
    const KIND: &'static str = "ec2.peering_acceptance";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "peering"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        stays: Stays::WithParent,
        iam: Iam {
            // Tags are each side's own, so nothing tells it from others before its id is known.
            holes: &[("vpc-peering-connection", Hole::Text("*"))],
            observe: &["ec2:DescribeVpcPeeringConnections"],
            create: &["ec2:AcceptVpcPeeringConnection", "ec2:DescribeVpcPeeringConnections"],
            converge: &["ec2:DescribeVpcPeeringConnections"],
            ..Iam::NONE
        },
        typical: Typical::seconds(5, 1, 1),
        ..Meta::DEFAULT
    };
    type Outputs = PeeringAcceptanceOutputs;

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<PeeringAcceptanceOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let ids = wanted.iter().map(|w| w.inputs.peering.get().as_str());
        let listed = list(&aws, each("vpc-peering-connection-id", ids)).await?;
        let see = |w: &Wanted<Self>| {
            let id = w.inputs.peering.get().as_str();
            let mut accepted = listed.iter().filter(|one| is_accepted(one));
            match accepted.find(|one| one.vpc_peering_connection_id() == Some(id)) {
                Some(_) => Live::new(w.inputs.outputs(), Json::Null).into(),
                None => Seen::Absent,
            }
        };
        Ok(wanted.iter().map(see).collect())
    }

    /// Accepts it. One that somebody accepted already is the same.
    async fn create(&self, cx: &StepCx) -> Result<PeeringAcceptanceOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        once_parents_show(cx, || self.accept(&aws)).await?;
        Ok(self.outputs())
    }

    /// The connection's id: `pcx-…`.
    async fn identify(
        &self,
        _: &Cx,
        id: &str,
    ) -> Result<Option<Identity<PeeringAcceptanceOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.peering.get().to_string())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: PeeringAcceptanceOutputs,
        _approved: &Fields,
    ) -> Result<PeeringAcceptanceOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        cx.wait(Patience::SECONDS, "the connection to be active", || async {
            let found = describe(&aws, self.peering.get()).await?;
            Ok(match found.as_ref().map(|found| (code(found), state(found))) {
                Some((Some(Code::Active), _)) => Probe::Ready(()),
                Some((_, state)) => Probe::not_yet(state),
                None => Probe::not_yet("not visible yet"),
            })
        })
        .await?;
        Ok(live)
    }

    /// Nothing: it ends with the connection.
    async fn delete(&self, _cx: &StepCx, _live: &PeeringAcceptanceOutputs) -> Result<()> {
        Ok(())
    }
}

impl PeeringAcceptance {
    fn outputs(&self) -> PeeringAcceptanceOutputs {
        PeeringAcceptanceOutputs { id: self.peering.get().clone() }
    }

    async fn accept(&self, aws: &Clients) -> Result<()> {
        let id = self.peering.get();
        let call = aws.ec2.accept_vpc_peering_connection().vpc_peering_connection_id(id.as_str());
        let Err(fault) = call.send().await.map_err(fault("ec2:AcceptVpcPeeringConnection")) else {
            return Ok(());
        };
        match describe(aws, id).await? {
            Some(found) if is_accepted(&found) => Ok(()),
            None if fault.class != Class::NotFound => Err(over(id, &fault)),
            _ => Err(fault),
        }
    }
}

/// A request that cannot be accepted any more.
fn over(id: &PeeringId, fault: &Fault) -> Fault {
    Fault::new(Class::Refused, format!("the connection {id} is over"))
        .why(fault.to_string())
        .hint("run the same command again: its request is made anew, if this program makes it")
}

fn is_accepted(found: &VpcPeeringConnection) -> bool {
    matches!(code(found), Some(Code::Active | Code::Provisioning))
}
