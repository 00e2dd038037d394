//! `ec2.internet_gateway`: the way from a VPC to the internet.

use super::{
    held::delete_once_free,
    once::once,
    read::{all, by_mark, filter, filters, until_gone, until_visible},
    tags::{live_tags, pairs, require_ours, specification, sync_tags},
};
use crate::{
    Clients, CxAws, GatewayId, Scope, Tags, defaults,
    fault::{fault, incomplete},
    found::{Listed, pages, see, see_marked},
    scope,
    taking::assigned,
};
use aws_sdk_ec2::{
    operation::create_internet_gateway::CreateInternetGatewayError,
    types::{self, Filter, ResourceType},
};
use groundplan_core::{
    Cx, Fields, Hole, Iam, Identity, Live, Mark, Marked, Meta, Near, Resource, Result, Seen,
    StepCx, Typical, Val, Wanted, When, json,
};
use serde::{Deserialize, Serialize};

/// The way from a VPC to the internet. It leads nowhere until a
/// [`GatewayAttachment`](super::GatewayAttachment) joins it to one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InternetGateway {
    /// The account and region.
    pub scope: Val<Scope>,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl InternetGateway {
    /// A gateway that is not attached yet.
    pub fn new(scope: Val<Scope>) -> Self {
        Self { scope, tags: Tags::new() }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to an [`InternetGateway`].
    pub struct InternetGatewayOutputs -> InternetGatewayHandle {
        /// The id. Who needs the gateway to lead somewhere takes the attachment's `gateway` instead.
        id: GatewayId,
    }
}

impl Listed for types::InternetGateway {
    fn id(&self) -> &str {
        self.internet_gateway_id().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn says(&self) -> String {
        match attachments(self) {
            to if to.is_empty() => "attached to no VPC".to_owned(),
            to => format!("attached to {}", to.join(", ")),
        }
    }
}

impl Resource for InternetGateway {
    const KIND: &'static str = "ec2.internet_gateway";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region"],
        place: scope::PLACE,
        reach: scope::REACH,
        iam: Iam {
            object: "ec2:internet-gateway",
            holes: &[("internet-gateway", Hole::Output("id"))],
            search: &["ec2:DescribeInternetGateways"],
            observe: &["ec2:DescribeInternetGateways"],
            create: &[
                "ec2:CreateInternetGateway",
                "ec2:CreateTags",
                "ec2:DescribeInternetGateways",
            ],
            converge: &["ec2:DescribeInternetGateways", "ec2:CreateTags", "ec2:DeleteTags"],
            delete: &["ec2:DeleteInternetGateway", "ec2:DescribeInternetGateways"],
            only: &[
                ("ec2:CreateTags", When::Sets("tags")),
                ("ec2:DeleteTags", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 1, 2),
        defaults: &[defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = InternetGatewayOutputs;

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<InternetGatewayOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let filters = filters(cx, wanted, "internet-gateway-id", |o| o.id.as_str());
        let listed = list(&aws, filters).await?;
        Ok(see(&listed, wanted, |o| o.id.as_str(), live))
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<InternetGatewayOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        Ok(see_marked(&list(&aws, by_mark(mark)).await?, mark, live))
    }

    async fn create(&self, cx: &StepCx) -> Result<InternetGatewayOutputs> {
        let action = "ec2:CreateInternetGateway";
        let aws = cx.aws(self.scope.get()).await?;
        let made = aws
            .ec2
            .create_internet_gateway()
            .tag_specifications(specification(cx, ResourceType::InternetGateway, &self.tags))
            .customize()
            .config_override(once::<CreateInternetGatewayError>())
            .send()
            .await
            .map_err(fault(action))?;
        let id = made
            .internet_gateway()
            .and_then(types::InternetGateway::internet_gateway_id)
            .ok_or_else(|| incomplete(action, "internetGatewayId"))?;
        Ok(InternetGatewayOutputs { id: id.into() })
    }

    /// The id: `igw-…`.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<InternetGatewayOutputs>>> {
        assigned(id, "igw", |id| InternetGatewayOutputs { id: id.into() })
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: InternetGatewayOutputs,
        approved: &Fields,
    ) -> Result<InternetGatewayOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let read = || describe(&aws, &live.id);
        let gateway = until_visible(cx, "the internet gateway to show", read).await?;
        sync_tags(cx, &aws.ec2, live.id.as_str(), gateway.tags(), &self.tags, approved).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &InternetGatewayOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(gateway) = describe(&aws, &live.id).await? else { return Ok(()) };
        require_ours(cx, live.id.as_str(), gateway.tags())?;
        let delete = || async {
            let call = aws.ec2.delete_internet_gateway().internet_gateway_id(live.id.as_str());
            call.send().await.map_err(fault("ec2:DeleteInternetGateway"))
        };
        delete_once_free(cx, delete, || attached_to(&aws, &live.id)).await?;
        until_gone(cx, "the internet gateway to be gone", || describe(&aws, &live.id)).await
    }
}

fn live(gateway: &types::InternetGateway) -> Live<InternetGatewayOutputs> {
    let id = gateway.internet_gateway_id().unwrap_or_default().into();
    Live::new(InternetGatewayOutputs { id }, json!({ "tags": live_tags(gateway.tags()) }))
}

/// The gateway with its attachments.
pub(super) async fn describe(
    aws: &Clients,
    id: &GatewayId,
) -> Result<Option<types::InternetGateway>> {
    Ok(list(aws, vec![filter("internet-gateway-id", [id.as_str()])]).await?.pop())
}

pub(super) async fn list(
    aws: &Clients,
    filters: Vec<Filter>,
) -> Result<Vec<types::InternetGateway>> {
    all(filters, |filter| {
        let call = aws.ec2.describe_internet_gateways().filters(filter);
        pages("ec2:DescribeInternetGateways", call.into_paginator().items().send())
    })
    .await
}

async fn attached_to(aws: &Clients, id: &GatewayId) -> Vec<String> {
    let gateway = describe(aws, id).await.ok().flatten();
    gateway.iter().flat_map(attachments).map(str::to_owned).collect()
}

fn attachments(gateway: &types::InternetGateway) -> Vec<&str> {
    gateway.attachments().iter().filter_map(|attachment| attachment.vpc_id()).collect()
}
