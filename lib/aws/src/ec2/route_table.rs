//! `ec2.route_table`: where the packets of subnets go.

use super::{
    held::delete_once_free,
    read::{all, by_mark, filter, filters, once_parents_show, until_gone, until_visible},
    tags::{live_tags, pairs, require_ours, specification, sync_tags},
};
use crate::{
    Clients, CxAws, RouteTableId, Scope, Tags, VpcId, defaults,
    fault::{fault, incomplete},
    found::{Listed, pages, see, see_marked},
    scope,
    taking::assigned,
};
use aws_sdk_ec2::types::{self, Filter, ResourceType};
use groundplan_core::{
    Cx, Fields, Hole, Iam, Identity, Live, LostCreate, Mark, Marked, Meta, Near, Resource, Result,
    Seen, StepCx, Typical, Val, Wanted, When, json,
};
use serde::{Deserialize, Serialize};

/// Where the packets of subnets go. AWS puts in one route, to the VPC itself; a
/// [`Route`](super::Route) adds another, and a
/// [`RouteTableAssociation`](super::RouteTableAssociation) makes a subnet use it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RouteTable {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The VPC.
    pub vpc: Val<VpcId>,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl RouteTable {
    /// A table that leads nowhere but into the VPC.
    pub fn new(scope: Val<Scope>, vpc: Val<VpcId>) -> Self {
        Self { scope, vpc, tags: Tags::new() }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`RouteTable`].
    pub struct RouteTableOutputs -> RouteTableHandle {
        /// The id.
        id: RouteTableId,
    }
}

impl Listed for types::RouteTable {
    fn id(&self) -> &str {
        self.route_table_id().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn says(&self) -> String {
        let (vpc, users) = (self.vpc_id().unwrap_or_default(), self.associations().len());
        format!("in {vpc}, with {} routes and {users} associations", self.routes().len())
    }
}

impl Resource for RouteTable {
    const KIND: &'static str = "ec2.route_table";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "vpc"],
        holds: &["vpc"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::ClientToken,
        iam: Iam {
            object: "ec2:route-table",
            holes: &[("route-table", Hole::Output("id")), ("vpc", Hole::Input("vpc"))],
            search: &["ec2:DescribeRouteTables"],
            observe: &["ec2:DescribeRouteTables"],
            create: &["ec2:CreateRouteTable", "ec2:CreateTags", "ec2:DescribeRouteTables"],
            converge: &["ec2:DescribeRouteTables", "ec2:CreateTags", "ec2:DeleteTags"],
            delete: &["ec2:DeleteRouteTable", "ec2:DescribeRouteTables"],
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
    type Outputs = RouteTableOutputs;

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<RouteTableOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let listed = list(&aws, filters(cx, wanted, "route-table-id", |o| o.id.as_str())).await?;
        Ok(see(&listed, wanted, |o| o.id.as_str(), live))
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<RouteTableOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        Ok(see_marked(&list(&aws, by_mark(mark)).await?, mark, live))
    }

    async fn create(&self, cx: &StepCx) -> Result<RouteTableOutputs> {
        let action = "ec2:CreateRouteTable";
        let aws = cx.aws(self.scope.get()).await?;
        let create = || async {
            let call = aws
                .ec2
                .create_route_table()
                .client_token(cx.token())
                .vpc_id(self.vpc.get().as_str())
                .tag_specifications(specification(cx, ResourceType::RouteTable, &self.tags));
            call.send().await.map_err(fault(action))
        };
        let made = once_parents_show(cx, create).await?;
        let id = made
            .route_table()
            .and_then(types::RouteTable::route_table_id)
            .ok_or_else(|| incomplete(action, "routeTableId"))?;
        Ok(RouteTableOutputs { id: id.into() })
    }

    /// The id: `rtb-…`.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<RouteTableOutputs>>> {
        assigned(id, "rtb", |id| RouteTableOutputs { id: id.into() })
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: RouteTableOutputs,
        approved: &Fields,
    ) -> Result<RouteTableOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let read = || describe(&aws, &live.id);
        let table = until_visible(cx, "the route table to show", read).await?;
        sync_tags(cx, &aws.ec2, live.id.as_str(), table.tags(), &self.tags, approved).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &RouteTableOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(table) = describe(&aws, &live.id).await? else { return Ok(()) };
        require_ours(cx, live.id.as_str(), table.tags())?;
        let delete = || async {
            let call = aws.ec2.delete_route_table().route_table_id(live.id.as_str()).send().await;
            call.map_err(fault("ec2:DeleteRouteTable"))
        };
        delete_once_free(cx, delete, || users(&aws, &live.id)).await?;
        until_gone(cx, "the route table to be gone", || describe(&aws, &live.id)).await
    }
}

fn live(table: &types::RouteTable) -> Live<RouteTableOutputs> {
    let fields = json!({ "vpc": table.vpc_id(), "tags": live_tags(table.tags()) });
    Live::new(RouteTableOutputs { id: table.route_table_id().unwrap_or_default().into() }, fields)
}

/// Every table that one of the filters finds, with its routes and associations.
pub(super) async fn list(aws: &Clients, filters: Vec<Filter>) -> Result<Vec<types::RouteTable>> {
    all(filters, |filter| {
        let call = aws.ec2.describe_route_tables().filters(filter);
        pages("ec2:DescribeRouteTables", call.into_paginator().items().send())
    })
    .await
}

/// The table with its routes and associations.
pub(super) async fn describe(
    aws: &Clients,
    id: &RouteTableId,
) -> Result<Option<types::RouteTable>> {
    Ok(list(aws, vec![filter("route-table-id", [id.as_str()])]).await?.pop())
}

/// The subnets and gateways that use the table.
async fn users(aws: &Clients, id: &RouteTableId) -> Vec<String> {
    let table = describe(aws, id).await.ok().flatten();
    let associations = table.and_then(|table| table.associations).unwrap_or_default();
    let user = |a: types::RouteTableAssociation| a.subnet_id.or(a.gateway_id);
    associations.into_iter().filter_map(user).collect()
}
