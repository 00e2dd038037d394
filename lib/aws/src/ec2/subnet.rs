//! `ec2.subnet`: a range of a VPC's addresses in one availability zone.

use super::{
    held::{delete_once_free, interfaces},
    read::{all, by_mark, filter, filters, once_parents_show, until_gone},
    risks,
    tags::{live_tags, pairs, require_ours, specification, sync_tags},
};
use crate::{
    Arn, Cidr, Clients, CxAws, Scope, SubnetId, Tags, VpcId, Zone, defaults,
    fault::{fault, incomplete},
    found::{Listed, pages, see, see_marked},
    scope,
    taking::assigned,
};
use aws_sdk_ec2::types::{self, AttributeBooleanValue, Filter, ResourceType};
use groundplan_core::{
    Cx, Fault, Fields, Hole, Iam, Identity, Live, Mark, Marked, Meta, Near, Patience, Probe,
    Problems, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted, When, json,
    to_json,
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
    /// The zone, by name, e.g. `eu-west-1a`, or by id, e.g. `euw1-az1`, which is the same in every account.
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
    } later {
        /// The ARN, by which it can be shared.
        arn: Arn,
        /// The zone's id, e.g. `euw1-az1`: the same in every account.
        zone_id: Zone,
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
        // A zone is shown as it was given: by name or by id.
        let as_given = |w: &Wanted<Self>, mut found: Live<SubnetOutputs>| {
            if is_zone_id(&w.inputs.zone) {
                found.fields["zone"] = to_json(&found.outputs.zone_id);
            }
            found
        };
        let seen = see(&listed, wanted, |o| o.id.as_str(), live).into_iter().zip(wanted);
        let seen = seen.map(|(seen, w)| match seen {
            Seen::Present(found) => as_given(w, *found).into(),
            other => other,
        });
        Ok(seen.collect())
    }

    async fn marked(cx: &Cx, near: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<SubnetOutputs>>> {
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
                .set_availability_zone(self.zone_name())
                .set_availability_zone_id(self.zone_id())
                .tag_specifications(specification(cx, ResourceType::Subnet, &self.tags));
            call.send().await.map_err(fault(action))
        };
        let made = once_parents_show(cx, create).await.map_err(|fault| self.explain(fault))?;
        let id = made
            .subnet()
            .and_then(types::Subnet::subnet_id)
            .ok_or_else(|| incomplete(action, "subnetId"))?;
        Ok(SubnetOutputs { id: id.into(), arn: None, zone_id: None })
    }

    /// The id: `subnet-…`.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<SubnetOutputs>>> {
        assigned(id, "subnet", |id| SubnetOutputs { id: id.into(), arn: None, zone_id: None })
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
        Ok(outputs(&subnet))
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

/// Whether a zone is given by its id, `euw1-az1`, rather than by its name.
fn is_zone_id(zone: &Zone) -> bool {
    zone.as_str().rsplit('-').next().is_some_and(|last| last.starts_with("az"))
}

impl Subnet {
    fn zone_name(&self) -> Option<String> {
        (!is_zone_id(&self.zone)).then(|| self.zone.to_string())
    }

    fn zone_id(&self) -> Option<String> {
        is_zone_id(&self.zone).then(|| self.zone.to_string())
    }

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
    Live::new(outputs(subnet), fields)
}

fn outputs(subnet: &types::Subnet) -> SubnetOutputs {
    SubnetOutputs {
        id: subnet.subnet_id().unwrap_or_default().into(),
        arn: subnet.subnet_arn().map(Into::into),
        zone_id: subnet.availability_zone_id().map(Into::into),
    }
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
