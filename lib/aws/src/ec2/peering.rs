//! `ec2.peering`: a connection between two VPCs, asked for by one of them.

use super::{
    once::once,
    read::{all, by_mark, filter, filters, until_gone},
    risks,
    tags::{live_tags, pairs, require_ours, specification, sync_tags},
};
use crate::{
    Clients, CxAws, PeeringId, Scope, Tags, VpcId, defaults,
    fault::{absent, fault, incomplete},
    found::{Listed, pages, see, see_marked, take_or_refuse},
    scope,
    taking::assigned,
};
use aws_sdk_ec2::{
    operation::create_vpc_peering_connection::CreateVpcPeeringConnectionError,
    types::{
        Filter, ResourceType, VpcPeeringConnection, VpcPeeringConnectionStateReasonCode as Code,
    },
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, Mark, Marked, Meta, Near, Patience, Probe,
    Problems, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted, When, json,
};
use serde::{Deserialize, Serialize};

/// Asks another VPC for a connection. It carries nothing before the other side accepts, see
/// [`PeeringAcceptance`](super::PeeringAcceptance), and both sides have routes.
///
/// Two VPCs whose addresses overlap can never be connected, and nothing goes through one VPC to a third.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Peering {
    /// The account and region of the VPC that asks.
    pub scope: Val<Scope>,
    /// The VPC that asks.
    pub vpc: Val<VpcId>,
    /// The VPC that is asked.
    pub peer_vpc: Val<VpcId>,
    /// The account of the VPC that is asked: 12 digits. The same if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_account: Option<Val<String>>,
    /// The region of the VPC that is asked. The same if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_region: Option<Val<String>>,
    /// Added to the ownership tags. The other side has tags of its own.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl Peering {
    /// Asks a VPC of the same account and region.
    pub fn new(scope: Val<Scope>, vpc: Val<VpcId>, peer_vpc: Val<VpcId>) -> Self {
        Self { scope, vpc, peer_vpc, peer_account: None, peer_region: None, tags: Tags::new() }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`Peering`].
    pub struct PeeringOutputs -> PeeringHandle {
        /// The id, `pcx-…`. For what needs the connection to carry something use that of its acceptance.
        id: PeeringId,
    }
}

impl Listed for VpcPeeringConnection {
    fn id(&self) -> &str {
        self.vpc_peering_connection_id().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn says(&self) -> String {
        state(self).to_owned()
    }
}

impl Resource for Peering {
    const KIND: &'static str = "ec2.peering";
    const META: Meta = Meta {
        immutable: &[
            "scope.account",
            "scope.region",
            "vpc",
            "peer_vpc",
            "peer_account",
            "peer_region",
        ],
        place: scope::PLACE,
        reach: scope::REACH,
        // AWS answers a second request for the same pair with the first.
        coexists: false,
        iam: Iam {
            object: "ec2:vpc-peering-connection",
            holes: &[("vpc-peering-connection", Hole::Output("id")), ("vpc", Hole::Input("vpc"))],
            search: &["ec2:DescribeVpcPeeringConnections"],
            observe: &["ec2:DescribeVpcPeeringConnections"],
            create: &[
                "ec2:CreateVpcPeeringConnection",
                "ec2:CreateTags",
                "ec2:DescribeVpcPeeringConnections",
            ],
            converge: &["ec2:DescribeVpcPeeringConnections", "ec2:CreateTags", "ec2:DeleteTags"],
            delete: &["ec2:DeleteVpcPeeringConnection", "ec2:DescribeVpcPeeringConnections"],
            only: &[
                ("ec2:CreateTags", When::Sets("tags")),
                ("ec2:DeleteTags", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(5, 2, 5),
        defaults: &[defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = PeeringOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let Some(account) = &self.peer_account {
            scope::check_account(problems, "peer_account", account);
        }
        if let (Some(one), Some(other)) = (self.vpc.known(), self.peer_vpc.known()) {
            problems.require(one != other, "peer_vpc", "is the VPC itself");
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::peering(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<PeeringOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let filters = filters(cx, wanted, "vpc-peering-connection-id", |o| o.id.as_str());
        Ok(see(&list(&aws, filters).await?, wanted, |o| o.id.as_str(), live))
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<PeeringOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        Ok(see_marked(&list(&aws, by_mark(mark)).await?, mark, live))
    }

    async fn create(&self, cx: &StepCx) -> Result<PeeringOutputs> {
        let action = "ec2:CreateVpcPeeringConnection";
        let aws = cx.aws(self.scope.get()).await?;
        // For a pair that has one EC2 answers with that, whoever's it is.
        if let Some(there) = self.of_the_pair(&aws).await? {
            let what = "a peering connection of these two VPCs";
            let hint = "import it, or delete it where it belongs";
            let there = take_or_refuse(cx, there, what, hint)?;
            return Ok(PeeringOutputs { id: there.id().into() });
        }
        let tags = specification(cx, ResourceType::VpcPeeringConnection, &self.tags);
        let made = aws
            .ec2
            .create_vpc_peering_connection()
            .vpc_id(self.vpc.get().as_str())
            .peer_vpc_id(self.peer_vpc.get().as_str())
            .set_peer_owner_id(self.peer_account.as_ref().map(|account| account.get().clone()))
            .set_peer_region(self.peer_region.as_ref().map(|region| region.get().clone()))
            .tag_specifications(tags)
            .customize()
            .config_override(once::<CreateVpcPeeringConnectionError>())
            .send()
            .await
            .map_err(fault(action))?;
        let id = made.vpc_peering_connection.and_then(|made| made.vpc_peering_connection_id);
        Ok(PeeringOutputs {
            id: id.ok_or_else(|| incomplete(action, "vpcPeeringConnectionId"))?.into(),
        })
    }

    /// Waits until the other side can accept.
    /// The id: `pcx-…`.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<PeeringOutputs>>> {
        assigned(id, "pcx", |id| PeeringOutputs { id: id.into() })
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: PeeringOutputs,
        approved: &Fields,
    ) -> Result<PeeringOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = cx
            .wait(Patience::SECONDS, "the request to reach the other VPC", || async {
                let filter = filter("vpc-peering-connection-id", [live.id.as_str()]);
                let Some(found) = list_all(&aws, vec![filter]).await?.pop() else {
                    return Ok(Probe::not_yet("not visible yet"));
                };
                match code(&found) {
                    Some(Code::PendingAcceptance | Code::Provisioning | Code::Active) => {
                        Ok(Probe::Ready(found))
                    }
                    Some(Code::InitiatingRequest) | None => Ok(Probe::not_yet(state(&found))),
                    Some(_) => Err(self.explain(&found)),
                }
            })
            .await?;
        sync_tags(cx, &aws.ec2, live.id.as_str(), found.tags(), &self.tags, approved).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &PeeringOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(found) = describe(&aws, &live.id).await? else { return Ok(()) };
        require_ours(cx, live.id.as_str(), found.tags())?;
        let call = aws.ec2.delete_vpc_peering_connection();
        let call = call.vpc_peering_connection_id(live.id.as_str()).send().await;
        if let Err(fault) = absent(call.map_err(fault("ec2:DeleteVpcPeeringConnection"))) {
            // A call that is repeated, as its answer was lost, meets one that goes already.
            if !fault.is("InvalidStateTransition") || stays(&aws, &live.id).await? {
                return Err(fault);
            }
        }
        until_gone(cx, "the connection to be gone", || describe(&aws, &live.id)).await
    }
}

impl Peering {
    /// The connection of these two VPCs that is there, or asked for.
    async fn of_the_pair(&self, aws: &Clients) -> Result<Option<VpcPeeringConnection>> {
        let filters = vec![
            filter("requester-vpc-info.vpc-id", [self.vpc.get().as_str()]),
            filter("accepter-vpc-info.vpc-id", [self.peer_vpc.get().as_str()]),
        ];
        let call = aws.ec2.describe_vpc_peering_connections().set_filters(Some(filters));
        let call = call.into_paginator().items().send();
        let listed = pages("ec2:DescribeVpcPeeringConnections", call).await?;
        Ok(listed.into_iter().find(is_there))
    }

    fn explain(&self, found: &VpcPeeringConnection) -> Fault {
        let what = format!("the connection {} is {}", found.id(), state(found));
        let why = found.status().and_then(|status| status.message()).unwrap_or("no reason given");
        let hint = match code(found) {
            Some(Code::Failed) => format!(
                "do the addresses of {} and {} overlap, or are the account and region of the second others? Mend it and run again",
                self.vpc.get(),
                self.peer_vpc.get()
            ),
            _ => "run again: another request is made".to_owned(),
        };
        Fault::new(Class::Invalid, what).why(why).hint(hint)
    }
}

fn live(found: &VpcPeeringConnection) -> Live<PeeringOutputs> {
    let fields = json!({
        "vpc": found.requester_vpc_info().and_then(|side| side.vpc_id()),
        "peer_vpc": found.accepter_vpc_info().and_then(|side| side.vpc_id()),
        "tags": live_tags(found.tags()),
    });
    let leaving = code(found) == Some(&Code::Deleting);
    Live::new(PeeringOutputs { id: found.id().into() }, fields).leaving(leaving)
}

pub(super) fn code(found: &VpcPeeringConnection) -> Option<&Code> {
    found.status()?.code()
}

pub(super) fn state(found: &VpcPeeringConnection) -> &str {
    code(found).map_or("in an unknown state", Code::as_str)
}

/// One that is over stays listed for hours, and carries nothing ever again.
fn is_there(found: &VpcPeeringConnection) -> bool {
    let over = [Code::Deleted, Code::Expired, Code::Failed, Code::Rejected];
    code(found).is_none_or(|code| !over.contains(code))
}

/// Whether a connection is neither over nor about to be.
async fn stays(aws: &Clients, id: &PeeringId) -> Result<bool> {
    let found = describe(aws, id).await?;
    Ok(found.is_some_and(|found| code(&found) != Some(&Code::Deleting)))
}

/// A connection that is not over.
pub(super) async fn describe(
    aws: &Clients,
    id: &PeeringId,
) -> Result<Option<VpcPeeringConnection>> {
    Ok(list(aws, vec![filter("vpc-peering-connection-id", [id.as_str()])]).await?.pop())
}

/// A connection, one that is over too.
pub(super) async fn describe_any(
    aws: &Clients,
    id: &PeeringId,
) -> Result<Option<VpcPeeringConnection>> {
    Ok(list_all(aws, vec![filter("vpc-peering-connection-id", [id.as_str()])]).await?.pop())
}

/// Those that are not over.
pub(super) async fn list(aws: &Clients, filters: Vec<Filter>) -> Result<Vec<VpcPeeringConnection>> {
    Ok(list_all(aws, filters).await?.into_iter().filter(is_there).collect())
}

async fn list_all(aws: &Clients, filters: Vec<Filter>) -> Result<Vec<VpcPeeringConnection>> {
    all(filters, |filter| {
        let call = aws.ec2.describe_vpc_peering_connections().filters(filter);
        pages("ec2:DescribeVpcPeeringConnections", call.into_paginator().items().send())
    })
    .await
}
