//! `ec2.peering_dns`: names of one side of a connection mean private addresses on the other.

use super::{
    peering::{code, describe, describe_any, list, state},
    read::each,
};
use crate::{Clients, CxAws, PeeringId, Scope, fault::fault, scope, taking::keyed};
use aws_sdk_ec2::types::{
    PeeringConnectionOptionsRequest, VpcPeeringConnection,
    VpcPeeringConnectionStateReasonCode as Code,
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta, Naming, Ownership,
    Patience, Probe, Resource, Result, Seen, StepCx, Typical, Val, Wanted,
};
use serde::{Deserialize, Serialize};

/// Lets the other side of a connection get private addresses for the public names of this side's
/// instances. Both VPCs must have `dns_support` and `dns_hostnames`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PeeringDns {
    /// The account and region of this side's VPC.
    pub scope: Val<Scope>,
    /// The connection, once it is active: the output of its acceptance.
    pub peering: Val<PeeringId>,
    /// Which side this is.
    pub side: PeeringSide,
}

/// A side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeeringSide {
    /// The VPC that asked.
    Requester,
    /// The VPC that was asked.
    Accepter,
}

impl PeeringDns {
    /// Names of one side for the other.
    pub fn new(scope: Val<Scope>, peering: Val<PeeringId>, side: PeeringSide) -> Self {
        Self { scope, peering, side }
    }
}

groundplan_core::outputs! {
    /// What [`PeeringDns`] gives.
    pub struct PeeringDnsOutputs -> PeeringDnsHandle {
        /// The connection.
        id: PeeringId,
    }
}

impl Resource for PeeringDns {
    const KIND: &'static str = "ec2.peering_dns";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "peering", "side"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        // It is told from another one by the connection alone.
        coexists: false,
        iam: Iam {
            // Tags are each side's own, so nothing tells it from others before its id is known.
            holes: &[("vpc-peering-connection", Hole::Text("*"))],
            observe: &["ec2:DescribeVpcPeeringConnections"],
            create: &["ec2:ModifyVpcPeeringConnectionOptions", "ec2:DescribeVpcPeeringConnections"],
            converge: &["ec2:DescribeVpcPeeringConnections"],
            delete: &["ec2:ModifyVpcPeeringConnectionOptions", "ec2:DescribeVpcPeeringConnections"],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 1, 2),
        ..Meta::DEFAULT
    };
    type Outputs = PeeringDnsOutputs;

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<PeeringDnsOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let ids = wanted.iter().map(|w| w.inputs.peering.get().as_str());
        let listed = list(&aws, each("vpc-peering-connection-id", ids)).await?;
        let see = |w: &Wanted<Self>| {
            let id = w.inputs.peering.get().as_str();
            match listed.iter().find(|one| one.vpc_peering_connection_id() == Some(id)) {
                Some(one) if w.inputs.is_on(one) => {
                    Live::new(w.inputs.outputs(), Json::Null).into()
                }
                _ => Seen::Absent,
            }
        };
        Ok(wanted.iter().map(see).collect())
    }

    /// Switches it on, once this side knows too that the connection is active; one that is on already is the
    /// same.
    async fn create(&self, cx: &StepCx) -> Result<PeeringDnsOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        self.until_active(cx, &aws).await?;
        self.switch(&aws, true).await.map_err(|fault| match fault.class {
            Class::Denied | Class::Throttled | Class::Unreachable => fault,
            _ => fault.hint("give both VPCs `dns_support` and `dns_hostnames`, then run again"),
        })?;
        Ok(self.outputs())
    }

    /// The connection's id and the side: `pcx-…:requester`.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<PeeringDnsOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        let side = match self.side {
            PeeringSide::Requester => "requester",
            PeeringSide::Accepter => "accepter",
        };
        Some(format!("{}:{side}", self.peering.get()))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: PeeringDnsOutputs,
        _approved: &Fields,
    ) -> Result<PeeringDnsOutputs> {
        self.until(cx, "the other side to get names", true).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &PeeringDnsOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = describe(&aws, self.peering.get()).await?;
        if !found.is_some_and(|found| self.is_on(&found)) {
            return Ok(());
        }
        self.switch(&aws, false).await?;
        self.until(cx, "the other side to get no names", false).await
    }
}

impl PeeringDns {
    fn outputs(&self) -> PeeringDnsOutputs {
        PeeringDnsOutputs { id: self.peering.get().clone() }
    }

    fn is_on(&self, found: &VpcPeeringConnection) -> bool {
        let side = match self.side {
            PeeringSide::Requester => found.requester_vpc_info(),
            PeeringSide::Accepter => found.accepter_vpc_info(),
        };
        let options = side.and_then(|side| side.peering_options());
        options.and_then(aws_sdk_ec2::types::VpcPeeringConnectionOptionsDescription::allow_dns_resolution_from_remote_vpc) == Some(true)
    }

    /// Each side hears of the acceptance in its own time.
    async fn until_active(&self, cx: &StepCx, aws: &Clients) -> Result<()> {
        let what = "the peering connection to be active on this side";
        let active = cx.wait(Patience::SECONDS, what, || async {
            match describe_any(aws, self.peering.get()).await? {
                Some(found) => self.is_active(&found),
                None => Ok(Probe::not_yet("not visible yet")),
            }
        });
        active.await.map_err(|fault| match fault.class {
            Class::TimedOut => fault.hint(
                "have the connection accepted: use the output `id` of its acceptance; then run again",
            ),
            _ => fault,
        })
    }

    /// Whether a connection is active; one that is over, or about to be, never will be.
    fn is_active(&self, found: &VpcPeeringConnection) -> Result<Probe<()>> {
        match code(found) {
            Some(Code::Active) => Ok(Probe::Ready(())),
            Some(
                Code::Deleted | Code::Deleting | Code::Expired | Code::Failed | Code::Rejected,
            ) => Err(self.over(found)),
            _ => Ok(Probe::not_yet(state(found))),
        }
    }

    fn over(&self, found: &VpcPeeringConnection) -> Fault {
        let what = format!("the connection {} is {}", self.peering.get(), state(found));
        let why = found.status().and_then(|status| status.message()).unwrap_or("no reason given");
        Fault::new(Class::Refused, what).why(why).hint(
            "run the same command again: the connection is made anew, if this program makes it",
        )
    }

    async fn switch(&self, aws: &Clients, on: bool) -> Result<()> {
        let options = PeeringConnectionOptionsRequest::builder();
        let options = options.allow_dns_resolution_from_remote_vpc(on).build();
        let call = aws.ec2.modify_vpc_peering_connection_options();
        let call = call.vpc_peering_connection_id(self.peering.get().as_str());
        let call = match self.side {
            PeeringSide::Requester => call.requester_peering_connection_options(options),
            PeeringSide::Accepter => call.accepter_peering_connection_options(options),
        };
        call.send().await.map_err(fault("ec2:ModifyVpcPeeringConnectionOptions")).map(drop)
    }

    async fn until(&self, cx: &StepCx, what: &str, on: bool) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        cx.wait(Patience::SECONDS, what, || async {
            let found = describe(&aws, self.peering.get()).await?;
            let is = found.is_some_and(|found| self.is_on(&found));
            Ok(if is == on { Probe::Ready(()) } else { Probe::not_yet("not yet") })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::VpcPeeringConnectionStateReason;

    #[test]
    fn names_wait_for_an_active_connection_and_not_for_one_that_is_over() {
        let scope = Scope::own();
        let peering = PeeringId::from("pcx-1").into();
        let dns = PeeringDns::new(scope.into(), peering, PeeringSide::Requester);
        let says = |code: Code| {
            let status = VpcPeeringConnectionStateReason::builder().code(code).build();
            dns.is_active(&VpcPeeringConnection::builder().status(status).build())
        };
        assert!(matches!(says(Code::Active), Ok(Probe::Ready(()))));
        for early in [Code::InitiatingRequest, Code::PendingAcceptance, Code::Provisioning] {
            let said = early.as_str().to_owned();
            assert!(matches!(says(early), Ok(Probe::NotYet(says)) if says == said), "{said}");
        }
        for over in [Code::Deleted, Code::Deleting, Code::Expired, Code::Failed, Code::Rejected] {
            let what = format!("the connection pcx-1 is {}", over.as_str());
            assert_eq!(says(over).unwrap_err().what, what);
        }
    }
}
