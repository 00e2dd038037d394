//! `ec2.elastic_ip`: a public address that stays the same.

use super::{
    held::{delete_once_free, interfaces},
    once::once,
    read::{all, by_mark, filter, filters, until_gone, until_visible},
    tags::{live_tags, pairs, require_ours, specification, sync_tags},
};
use crate::{
    AllocationId, Clients, CxAws, Scope, Tags, defaults,
    fault::{fault, incomplete},
    found::{Listed, see, see_marked},
    scope,
    taking::assigned,
};
use aws_sdk_ec2::{
    operation::allocate_address::AllocateAddressError,
    types::{self, DomainType, Filter, ResourceType},
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, Mark, Marked, Meta, Near, Resource,
    Result, Seen, StepCx, Typical, Val, Wanted, When, json,
};
use serde::{Deserialize, Serialize};

/// A public IPv4 address that stays the same.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ElasticIp {
    /// The account and region.
    pub scope: Val<Scope>,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl ElasticIp {
    /// An address from Amazon's pool.
    pub fn new(scope: Val<Scope>) -> Self {
        Self { scope, tags: Tags::new() }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to an [`ElasticIp`].
    pub struct ElasticIpOutputs -> ElasticIpHandle {
        /// The id.
        id: AllocationId,
        /// The address.
        public_ip: String,
    }
}

impl Listed for types::Address {
    fn id(&self) -> &str {
        self.allocation_id().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn says(&self) -> String {
        let public_ip = self.public_ip().unwrap_or_default();
        match holder(self) {
            Some(holder) => format!("{public_ip}, used by {holder}"),
            None => format!("{public_ip}, not in use"),
        }
    }
}

impl Resource for ElasticIp {
    const KIND: &'static str = "ec2.elastic_ip";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region"],
        place: scope::PLACE,
        reach: scope::REACH,
        iam: Iam {
            object: "ec2:elastic-ip",
            holes: &[("elastic-ip", Hole::Output("id"))],
            search: &["ec2:DescribeAddresses"],
            observe: &["ec2:DescribeAddresses"],
            create: &["ec2:AllocateAddress", "ec2:CreateTags", "ec2:DescribeAddresses"],
            converge: &["ec2:DescribeAddresses", "ec2:CreateTags", "ec2:DeleteTags"],
            delete: &[
                "ec2:ReleaseAddress",
                "ec2:DescribeAddresses",
                "ec2:DescribeNetworkInterfaces",
            ],
            only: &[
                ("ec2:CreateTags", When::Sets("tags")),
                ("ec2:DeleteTags", When::Removes("tags")),
                ("ec2:DescribeNetworkInterfaces", When::InTheWay),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 1, 2),
        defaults: &[defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = ElasticIpOutputs;

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<ElasticIpOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let listed = list(&aws, filters(cx, wanted, "allocation-id", |o| o.id.as_str())).await?;
        Ok(see(&listed, wanted, |o| o.id.as_str(), live))
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<ElasticIpOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        Ok(see_marked(&list(&aws, by_mark(mark)).await?, mark, live))
    }

    async fn create(&self, cx: &StepCx) -> Result<ElasticIpOutputs> {
        let action = "ec2:AllocateAddress";
        let aws = cx.aws(self.scope.get()).await?;
        let made = aws
            .ec2
            .allocate_address()
            .domain(DomainType::Vpc)
            .tag_specifications(specification(cx, ResourceType::ElasticIp, &self.tags))
            .customize()
            .config_override(once::<AllocateAddressError>())
            .send()
            .await
            .map_err(fault(action))?;
        let id = made.allocation_id().ok_or_else(|| incomplete(action, "allocationId"))?;
        let public_ip = made.public_ip().ok_or_else(|| incomplete(action, "publicIp"))?;
        Ok(ElasticIpOutputs { id: id.into(), public_ip: public_ip.to_owned() })
    }

    /// The allocation's id: `eipalloc-…`.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<ElasticIpOutputs>>> {
        // The read that follows tells the address.
        let outputs = |id: &str| ElasticIpOutputs { id: id.into(), public_ip: String::new() };
        assigned(id, "eipalloc", outputs)
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: ElasticIpOutputs,
        approved: &Fields,
    ) -> Result<ElasticIpOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let read = || describe(&aws, &live.id);
        let address = until_visible(cx, "the elastic IP to show", read).await?;
        sync_tags(cx, &aws.ec2, live.id.as_str(), address.tags(), &self.tags, approved).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &ElasticIpOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(address) = describe(&aws, &live.id).await? else { return Ok(()) };
        require_ours(cx, live.id.as_str(), address.tags())?;
        let release = || async {
            let call = aws.ec2.release_address().allocation_id(live.id.as_str()).send().await;
            let Err(fault) = call.map_err(fault("ec2:ReleaseAddress")) else { return Ok(()) };
            // So EC2 refuses while a NAT gateway has the address, and for seconds after that is
            // deleted. A caller who may not release is told UnauthorizedOperation.
            if !fault.is("AuthFailure") {
                return Err(fault);
            }
            let what = format!("the elastic IP {} is still in use", live.public_ip);
            Err(Fault::new(Class::InUse, what).why(fault.to_string()))
        };
        delete_once_free(cx, release, || holders(&aws, &live.id)).await?;
        until_gone(cx, "the elastic IP to be released", || describe(&aws, &live.id)).await
    }
}

/// The network interface or instance that has the address.
fn holder(address: &types::Address) -> Option<&str> {
    let id = address.network_interface_id().or(address.instance_id());
    id.filter(|id| !id.is_empty())
}

async fn holders(aws: &Clients, id: &AllocationId) -> Vec<String> {
    let address = describe(aws, id).await.ok().flatten();
    let Some(holder) = address.as_ref().and_then(holder) else { return Vec::new() };
    let named = interfaces(aws, "network-interface-id", holder, |_| true).await;
    if named.is_empty() { vec![holder.to_owned()] } else { named }
}

fn live(address: &types::Address) -> Live<ElasticIpOutputs> {
    let outputs = ElasticIpOutputs {
        id: address.allocation_id().unwrap_or_default().into(),
        public_ip: address.public_ip().unwrap_or_default().to_owned(),
    };
    Live::new(outputs, json!({ "tags": live_tags(address.tags()) }))
}

async fn describe(aws: &Clients, id: &AllocationId) -> Result<Option<types::Address>> {
    Ok(list(aws, vec![filter("allocation-id", [id.as_str()])]).await?.pop())
}

async fn list(aws: &Clients, filters: Vec<Filter>) -> Result<Vec<types::Address>> {
    all(filters, async |filter| {
        // DescribeAddresses has no pages.
        let call = aws.ec2.describe_addresses().filters(filter).send().await;
        Ok(call.map_err(fault("ec2:DescribeAddresses"))?.addresses.unwrap_or_default())
    })
    .await
}
