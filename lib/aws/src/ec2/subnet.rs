//! `ec2.subnet`: a range of a VPC's addresses in one availability zone.

use super::{
    held::{delete_once_free, interfaces},
    read::{all, by_mark, filter, filters, once_parents_show, until_gone},
    risks,
    tags::{live_tags, pairs, require_ours, specification, sync_tags},
};
use crate::{
    Cidr, Clients, CxAws, Scope, SubnetId, Tags, VpcId, Zone, defaults,
    fault::{fault, incomplete},
    found::{Listed, pages, see, see_marked},
    scope,
    taking::assigned,
};
use aws_sdk_ec2::types::{self, AttributeBooleanValue, Filter, ResourceType};
use groundplan_core::{
    Cx, Fault, Fields, Hole, Iam, Identity, Live, Mark, Marked, Meta, Patience, Probe, Problems,
    Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted, When, json,
};
use serde::{Deserialize, Serialize};

/// A range of a VPC's addresses in one availability zone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subnet {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The VPC that this subnet divides.
    pub vpc: Val<VpcId>,
    /// Lies inside the VPC's block and overlaps no sibling.
    pub cidr: Cidr,
    /// The zone, e.g. `eu-west-1a`.
    pub zone: Zone,
    /// Whether instances get a public address at launch.
    pub public_ip: bool,
    /// Added to the ownership tags. Load balancers look for `kubernetes.io/role/…` here.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl Subnet {
    /// A private subnet.
    pub fn new(scope: Val<Scope>, vpc: Val<VpcId>, cidr: Cidr, zone: Zone) -> Self {
        Self { scope, vpc, cidr, zone, public_ip: false, tags: Tags::new() }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`Subnet`].
    pub struct SubnetOutputs -> SubnetHandle {
        /// The id.
        id: SubnetId,
    }
}

impl Listed for types::Subnet {
    fn id(&self) -> &str {
        self.subnet_id().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn says(&self) -> String {
        let parts = [self.vpc_id(), self.cidr_block(), self.availability_zone()];
        parts.map(Option::unwrap_or_default).join(", ")
    }
}

impl Resource for Subnet {
    const KIND: &'static str = "ec2.subnet";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "vpc", "cidr", "zone"],
        holds: &["vpc"],
        place: scope::PLACE,
        reach: scope::REACH,
        iam: Iam {
            object: "ec2:subnet",
            holes: &[("subnet", Hole::Output("id")), ("vpc", Hole::Input("vpc"))],
            search: &["ec2:DescribeSubnets"],
            observe: &["ec2:DescribeSubnets"],
            create: &[
                "ec2:CreateSubnet",
                "ec2:CreateTags",
                "ec2:DescribeSubnets",
                "ec2:ModifySubnetAttribute",
            ],
            converge: &[
                "ec2:DescribeSubnets",
                "ec2:ModifySubnetAttribute",
                "ec2:CreateTags",
                "ec2:DeleteTags",
            ],
            delete: &["ec2:DeleteSubnet", "ec2:DescribeSubnets", "ec2:DescribeNetworkInterfaces"],
            only: &[
                ("ec2:ModifySubnetAttribute", When::Unlike(&[("public_ip", "false")])),
                ("ec2:ModifySubnetAttribute", When::Changes(&["public_ip"])),
                ("ec2:CreateTags", When::Sets("tags")),
                ("ec2:DeleteTags", When::Removes("tags")),
                ("ec2:DescribeNetworkInterfaces", When::InTheWay),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(3, 2, 5),
        defaults: &[defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = SubnetOutputs;

    fn validate(&self, problems: &mut Problems) {
        let fits = (16..=28).contains(&self.cidr.prefix());
        problems.require(fits, "cidr", format!("{} is not between /16 and /28", self.cidr));
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::subnet(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<SubnetOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let listed = list(&aws, filters(cx, wanted, "subnet-id", |o| o.id.as_str())).await?;
        Ok(see(&listed, wanted, |o| o.id.as_str(), live))
    }

    async fn marked(cx: &Cx, near: &[Self], mark: &Mark) -> Result<Vec<Marked<SubnetOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        Ok(see_marked(&list(&aws, by_mark(mark)).await?, mark, live))
    }

    async fn create(&self, cx: &StepCx) -> Result<SubnetOutputs> {
        let action = "ec2:CreateSubnet";
        let aws = cx.aws(self.scope.get()).await?;
        let create = || async {
            let call = aws
                .ec2
                .create_subnet()
                .vpc_id(self.vpc.get().as_str())
                .cidr_block(self.cidr.to_string())
                .availability_zone(self.zone.as_str())
                .tag_specifications(specification(cx, ResourceType::Subnet, &self.tags));
            call.send().await.map_err(fault(action))
        };
        let made = once_parents_show(cx, create).await.map_err(|fault| self.explain(fault))?;
        let id = made
            .subnet()
            .and_then(types::Subnet::subnet_id)
            .ok_or_else(|| incomplete(action, "subnetId"))?;
        Ok(SubnetOutputs { id: id.into() })
    }

    /// The id: `subnet-…`.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<SubnetOutputs>>> {
        assigned(id, "subnet", |id| SubnetOutputs { id: id.into() })
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: SubnetOutputs,
        approved: &Fields,
    ) -> Result<SubnetOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let subnet = cx
            .wait(Patience::SECONDS, "the subnet to be available", || async {
                let subnet = describe(&aws, &live.id).await?;
                let state =
                    subnet.as_ref().and_then(types::Subnet::state).map(types::SubnetState::as_str);
                Ok(match (state, subnet.clone()) {
                    (Some("available"), Some(subnet)) => Probe::Ready(subnet),
                    (state, _) => Probe::not_yet(state.unwrap_or("not visible yet")),
                })
            })
            .await?;
        if approved.has("public_ip") && subnet.map_public_ip_on_launch() != Some(self.public_ip) {
            let wish = AttributeBooleanValue::builder().value(self.public_ip).build();
            let call = aws
                .ec2
                .modify_subnet_attribute()
                .subnet_id(live.id.as_str())
                .map_public_ip_on_launch(wish);
            call.send().await.map_err(fault("ec2:ModifySubnetAttribute"))?;
        }
        sync_tags(cx, &aws.ec2, live.id.as_str(), subnet.tags(), &self.tags, approved).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &SubnetOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(subnet) = describe(&aws, &live.id).await? else { return Ok(()) };
        require_ours(cx, live.id.as_str(), subnet.tags())?;
        let delete = || async {
            let call = aws.ec2.delete_subnet().subnet_id(live.id.as_str()).send().await;
            call.map_err(fault("ec2:DeleteSubnet"))
        };
        let holders = || interfaces(&aws, "subnet-id", live.id.as_str(), |_| true);
        delete_once_free(cx, delete, holders).await?;
        until_gone(cx, "the subnet to be gone", || describe(&aws, &live.id)).await
    }
}

impl Subnet {
    fn explain(&self, fault: Fault) -> Fault {
        if fault.is("InvalidSubnet.Conflict") {
            return fault.hint(format!(
                "choose another block than {}, or delete the subnet that has it",
                self.cidr
            ));
        }
        fault
    }
}

fn live(subnet: &types::Subnet) -> Live<SubnetOutputs> {
    let fields = json!({
        "vpc": subnet.vpc_id(),
        "cidr": subnet.cidr_block(),
        "zone": subnet.availability_zone(),
        "public_ip": subnet.map_public_ip_on_launch().unwrap_or_default(),
        "tags": live_tags(subnet.tags()),
    });
    Live::new(SubnetOutputs { id: subnet.subnet_id().unwrap_or_default().into() }, fields)
}

async fn describe(aws: &Clients, id: &SubnetId) -> Result<Option<types::Subnet>> {
    Ok(list(aws, vec![filter("subnet-id", [id.as_str()])]).await?.pop())
}

async fn list(aws: &Clients, filters: Vec<Filter>) -> Result<Vec<types::Subnet>> {
    all(filters, |filter| {
        let call = aws.ec2.describe_subnets().filters(filter);
        pages("ec2:DescribeSubnets", call.into_paginator().items().send())
    })
    .await
}
