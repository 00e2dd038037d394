//! `ec2.nat_gateway`: lets private subnets call the internet.

use super::{
    read::{all, by_mark, filter, filters, once_parents_show},
    risks,
    tags::{live_tags, pairs, require_ours, specification, sync_tags},
};
use crate::{
    AllocationId, Clients, CxAws, NatGatewayId, Scope, SubnetId, Tags,
    fault::{absent, fault, incomplete},
    found::{Listed, pages, see, see_marked},
    scope,
    taking::assigned,
};
use aws_sdk_ec2::types::{self, ConnectivityType, Filter, NatGatewayState, ResourceType};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Mark, Marked, Meta,
    Near, Patience, Probe, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted,
    When, json,
};
use serde::{Deserialize, Serialize};

/// Lets what has no public address call the internet, from one availability zone.
///
/// EC2 lets it fail if the VPC of its subnet has no internet gateway attached. Nothing in its inputs
/// says so, so a program names the [`GatewayAttachment`](super::GatewayAttachment) in the option
/// `after`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NatGateway {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The public subnet that it stands in.
    pub subnet: Val<SubnetId>,
    /// The elastic IP that callers are seen as.
    pub allocation: Val<AllocationId>,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl NatGateway {
    /// A public gateway.
    pub fn new(scope: Val<Scope>, subnet: Val<SubnetId>, allocation: Val<AllocationId>) -> Self {
        Self { scope, subnet, allocation, tags: Tags::new() }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`NatGateway`].
    pub struct NatGatewayOutputs -> NatGatewayHandle {
        /// The id.
        id: NatGatewayId,
    }
}

impl Listed for types::NatGateway {
    fn id(&self) -> &str {
        self.nat_gateway_id().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn says(&self) -> String {
        let made =
            self.create_time().map_or_else(|| "at an unknown time".to_owned(), ToString::to_string);
        format!("{} in {}, made {made}", state(self), self.subnet_id().unwrap_or_default())
    }
}

/// Public logs show 85–125 s for a create and 42–94 s for a delete.
const TYPICAL: Typical = Typical::seconds(105, 2, 70);

impl Resource for NatGateway {
    const KIND: &'static str = "ec2.nat_gateway";
    const META: Meta = Meta {
        // `state` is no input. It is read only from a gateway that failed, which cannot be mended.
        immutable: &["scope.account", "scope.region", "subnet", "allocation", "state"],
        holds: &["subnet", "allocation"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::ClientToken,
        // Two cannot have the same elastic IP.
        coexists: false,
        iam: Iam {
            object: "ec2:natgateway",
            holes: &[
                ("natgateway", Hole::Output("id")),
                ("subnet", Hole::Input("subnet")),
                ("elastic-ip", Hole::Input("allocation")),
            ],
            search: &["ec2:DescribeNatGateways"],
            observe: &["ec2:DescribeNatGateways"],
            create: &["ec2:CreateNatGateway", "ec2:CreateTags", "ec2:DescribeNatGateways"],
            converge: &["ec2:DescribeNatGateways", "ec2:CreateTags", "ec2:DeleteTags"],
            delete: &["ec2:DeleteNatGateway", "ec2:DescribeNatGateways"],
            only: &[
                ("ec2:CreateTags", When::Sets("tags")),
                ("ec2:DeleteTags", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: TYPICAL,
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = NatGatewayOutputs;

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::nat_gateway(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<NatGatewayOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let mut listed =
            list(&aws, filters(cx, wanted, "nat-gateway-id", |o| o.id.as_str())).await?;
        // One that is being deleted counts only where it is the recorded one: it is no lost create.
        let recorded = |id: Option<&str>| {
            wanted.iter().any(|w| w.outputs.as_ref().map(|o| o.id.as_str()) == id)
        };
        let leaving =
            |gateway: &types::NatGateway| gateway.state() == Some(&NatGatewayState::Deleting);
        listed.retain(|g| is_there(g) && (!leaving(g) || recorded(g.nat_gateway_id())));
        Ok(see(&listed, wanted, |o| o.id.as_str(), live))
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<NatGatewayOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let mut listed = list(&aws, by_mark(mark)).await?;
        listed.retain(is_there);
        Ok(see_marked(&listed, mark, live))
    }

    async fn create(&self, cx: &StepCx) -> Result<NatGatewayOutputs> {
        let action = "ec2:CreateNatGateway";
        let aws = cx.aws(self.scope.get()).await?;
        let create = || async {
            let call = aws
                .ec2
                .create_nat_gateway()
                .client_token(cx.token())
                .connectivity_type(ConnectivityType::Public)
                .subnet_id(self.subnet.get().as_str())
                .allocation_id(self.allocation.get().as_str())
                .tag_specifications(specification(cx, ResourceType::Natgateway, &self.tags));
            call.send().await.map_err(fault(action))
        };
        // EC2 may refuse at once what it else lets fail later.
        let made = once_parents_show(cx, create).await.map_err(|fault| {
            let now = fault.code.as_deref().and_then(|code| self.what_now(code));
            now.into_iter().fold(fault, Fault::hint)
        })?;
        let id = made
            .nat_gateway()
            .and_then(types::NatGateway::nat_gateway_id)
            .ok_or_else(|| incomplete(action, "natGatewayId"))?;
        Ok(NatGatewayOutputs { id: id.into() })
    }

    /// The id: `nat-…`.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<NatGatewayOutputs>>> {
        assigned(id, "nat", |id| NatGatewayOutputs { id: id.into() })
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: NatGatewayOutputs,
        approved: &Fields,
    ) -> Result<NatGatewayOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let gateway = cx
            .wait(Patience::MINUTES, "the NAT gateway to be available", || async {
                let Some(gateway) = describe(&aws, &live.id).await? else {
                    return Ok(Probe::not_yet("not visible yet"));
                };
                match gateway.state() {
                    Some(NatGatewayState::Available) => Ok(Probe::Ready(gateway)),
                    Some(NatGatewayState::Pending) | None => Ok(Probe::not_yet("pending")),
                    Some(_) => Err(self.explain(&gateway)),
                }
            })
            .await?;
        sync_tags(cx, &aws.ec2, live.id.as_str(), gateway.tags(), &self.tags, approved).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &NatGatewayOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(gateway) = describe(&aws, &live.id).await?.filter(is_there) else {
            return Ok(());
        };
        require_ours(cx, live.id.as_str(), gateway.tags())?;
        if gateway.state() != Some(&NatGatewayState::Deleting) {
            let call = aws.ec2.delete_nat_gateway().nat_gateway_id(live.id.as_str()).send().await;
            absent(call.map_err(fault("ec2:DeleteNatGateway")))?;
        }
        // Only when it is deleted has it let go of its subnet and its elastic IP.
        cx.wait(Patience::MINUTES, "the NAT gateway to be deleted", || async {
            Ok(match describe(&aws, &live.id).await?.filter(is_there) {
                None => Probe::Ready(()),
                Some(gateway) => Probe::not_yet(state(&gateway)),
            })
        })
        .await
    }
}

impl NatGateway {
    fn explain(&self, gateway: &types::NatGateway) -> Fault {
        let id = gateway.nat_gateway_id().unwrap_or_default();
        let what = format!("the NAT gateway {id} is {}", state(gateway));
        let fault = Fault::new(Class::Other, what);
        let Some(code) = gateway.failure_code() else {
            return fault.hint("run the same command again: another one is made");
        };
        let now = self.what_now(code).unwrap_or_else(|| "nothing needs mending here".to_owned());
        fault
            .code(code)
            .why(gateway.failure_message().unwrap_or("no reason given"))
            .hint(format!("{now}; then run again: the next run replaces the failed gateway"))
    }

    /// What to do about a failure, where something can be done.
    fn what_now(&self, code: &str) -> Option<String> {
        let (subnet, allocation) = (self.subnet.get(), self.allocation.get());
        Some(match code {
            "Gateway.NotAttached" => format!(
                "attach an internet gateway to the VPC of {subnet}, and name the attachment in this resource's `after`"
            ),
            "InsufficientFreeAddressesInSubnet" => format!("free an address in {subnet}"),
            "Resource.AlreadyAssociated" => format!(
                "see what has the elastic IP: `aws ec2 describe-addresses --allocation-ids {allocation}`"
            ),
            "InvalidAllocationID.NotFound" => format!("see where the elastic IP {allocation} went"),
            "InvalidSubnetID.NotFound" => format!("see where the subnet {subnet} went"),
            _ => return None,
        })
    }
}

fn live(gateway: &types::NatGateway) -> Live<NatGatewayOutputs> {
    let address = gateway.nat_gateway_addresses().first();
    let mut fields = json!({
        "subnet": gateway.subnet_id(),
        "tags": live_tags(gateway.tags()),
    });
    // A failed gateway lets go of its address.
    if let Some(allocation) = address.and_then(|address| address.allocation_id()) {
        fields["allocation"] = allocation.into();
    }
    if gateway.state() == Some(&NatGatewayState::Failed) {
        let code = gateway.failure_code().unwrap_or("unknown");
        fields["state"] = Json::from(format!("failed: {code}"));
    }
    Live::new(NatGatewayOutputs { id: gateway.nat_gateway_id().unwrap_or_default().into() }, fields)
        .leaving(gateway.state() == Some(&NatGatewayState::Deleting))
}

/// A deleted gateway stays listed for about an hour.
fn is_there(gateway: &types::NatGateway) -> bool {
    gateway.state() != Some(&NatGatewayState::Deleted)
}

fn state(gateway: &types::NatGateway) -> &str {
    gateway.state().map_or("in an unknown state", NatGatewayState::as_str)
}

async fn describe(aws: &Clients, id: &NatGatewayId) -> Result<Option<types::NatGateway>> {
    Ok(list(aws, vec![filter("nat-gateway-id", [id.as_str()])]).await?.pop())
}

async fn list(aws: &Clients, filters: Vec<Filter>) -> Result<Vec<types::NatGateway>> {
    all(filters, |filter| {
        let call = aws.ec2.describe_nat_gateways().filter(filter);
        pages("ec2:DescribeNatGateways", call.into_paginator().items().send())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: &str) -> types::NatGateway {
        types::NatGateway::builder()
            .nat_gateway_id("nat-1")
            .subnet_id("subnet-1")
            .state(NatGatewayState::Failed)
            .failure_code(code)
            .failure_message("Network vpc-1 has no Internet gateway attached")
            .build()
    }

    #[test]
    fn a_failed_gateway_is_replaced_and_its_address_is_no_drift() {
        let live = live(&failed("Gateway.NotAttached"));
        assert_eq!(live.fields["state"], "failed: Gateway.NotAttached");
        assert!(live.fields.get("allocation").is_none());
        assert!(Meta::covers(NatGateway::META.immutable, "state"));
        assert!(!live.leaving);
    }

    #[test]
    fn a_failure_says_why_and_what_now() {
        let scope = Scope::own();
        let subnet = SubnetId::from("subnet-1").into();
        let gateway =
            NatGateway::new(scope.into(), subnet, AllocationId::from("eipalloc-1").into());
        let fault = gateway.explain(&failed("Gateway.NotAttached"));
        assert_eq!(
            fault.to_string(),
            "the NAT gateway nat-1 is failed: Gateway.NotAttached: Network vpc-1 has no Internet gateway attached"
        );
        let hint = fault.hint.as_deref().unwrap_or_default();
        assert!(hint.contains("attach an internet gateway to the VPC of subnet-1"), "{hint}");
    }
}
