//! `ec2.route`: one way out of a route table.

use super::{
    read::{each, once_parents_show, until_gone},
    risks, route_table,
};
use crate::{
    Cidr, Clients, CxAws, GatewayId, NatGatewayId, PeeringId, RouteTableId, Scope,
    fault::{absent, fault},
    scope,
    taking::keyed,
};
use aws_sdk_ec2::types::{self, RouteOrigin, RouteState};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta, Ownership,
    Patience, Probe, Problems, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val,
    Wanted, json, to_json,
};
use serde::{Deserialize, Serialize};

/// Sends the packets for a block of addresses to a gateway.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Route {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The table that it is part of.
    pub table: Val<RouteTableId>,
    /// The addresses it is for; `0.0.0.0/0` for all that no other route is for.
    pub destination: Cidr,
    /// Where the packets go.
    pub target: RouteTarget,
}

/// Where a route leads.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteTarget {
    /// An internet gateway: the output `gateway` of its attachment, so that the route waits for it.
    Gateway(Val<GatewayId>),
    /// A NAT gateway.
    NatGateway(Val<NatGatewayId>),
    /// A connection to another VPC: the output `id` of its acceptance, so that the route waits for it.
    Peering(Val<PeeringId>),
}

impl Route {
    /// A way out of a table.
    pub fn new(
        scope: Val<Scope>,
        table: Val<RouteTableId>,
        destination: Cidr,
        target: RouteTarget,
    ) -> Self {
        Self { scope, table, destination, target }
    }
}

groundplan_core::outputs! {
    /// What a [`Route`] gives.
    pub struct RouteOutputs -> RouteHandle {
        /// Its key within the table.
        destination: String,
    }
}

impl Resource for Route {
    const KIND: &'static str = "ec2.route";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "table", "destination"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        coexists: false,
        iam: Iam {
            holes: &[("route-table", Hole::Input("table"))],
            observe: &["ec2:DescribeRouteTables"],
            create: &["ec2:CreateRoute", "ec2:DescribeRouteTables"],
            converge: &["ec2:ReplaceRoute", "ec2:DescribeRouteTables"],
            delete: &["ec2:DeleteRoute", "ec2:DescribeRouteTables"],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 2, 2),
        ..Meta::DEFAULT
    };
    type Outputs = RouteOutputs;

    fn validate(&self, problems: &mut Problems) {
        // Link-local: instance metadata and DNS; CreateRoute takes nothing inside it.
        let reserved: Cidr = "169.254.0.0/16".parse().expect("BUG: a block");
        problems.require(
            !reserved.contains(&self.destination),
            "destination",
            format!("AWS keeps {reserved} for itself"),
        );
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::route(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<RouteOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let ids = wanted.iter().map(|w| w.inputs.table.get().as_str());
        let tables = route_table::list(&aws, each("route-table-id", ids)).await?;
        Ok(wanted.iter().map(|w| w.inputs.see(&tables, w.outputs.is_some())).collect())
    }

    /// Looks first: the local route, or one that leads elsewhere, is not ours.
    async fn create(&self, cx: &StepCx) -> Result<RouteOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let create = || async {
            if let Some(there) = self.find(&aws).await? {
                self.refuse_others(&there)?;
            }
            let call = aws
                .ec2
                .create_route()
                .route_table_id(self.table.get().as_str())
                .destination_cidr_block(self.destination.to_string());
            let call = match &self.target {
                RouteTarget::Gateway(id) => call.gateway_id(id.get().as_str()),
                RouteTarget::NatGateway(id) => call.nat_gateway_id(id.get().as_str()),
                RouteTarget::Peering(id) => call.vpc_peering_connection_id(id.get().as_str()),
            };
            call.send().await.map_err(fault("ec2:CreateRoute"))
        };
        once_parents_show(cx, create).await?;
        Ok(self.outputs())
    }

    /// The table and the destination: `rtb-…/10.0.0.0/8`, or with `_` between them.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<RouteOutputs>>> {
        keyed(&id.replacen('_', "/", 1), self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(format!("{}/{}", self.table.get(), self.destination))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: RouteOutputs,
        approved: &Fields,
    ) -> Result<RouteOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let there = self.find(&aws).await?;
        let elsewhere = there.as_ref().is_some_and(|there| target(there) != to_json(&self.target));
        let dead =
            there.as_ref().is_some_and(|there| there.state() == Some(&RouteState::Blackhole));
        if (elsewhere && approved.has("target")) || (dead && approved.has("state")) {
            self.replace(&aws).await?;
        }
        cx.wait(Patience::SECONDS, "the route to be active", || async {
            let Some(route) = self.find(&aws).await? else {
                return Ok(Probe::not_yet("not visible yet"));
            };
            if approved.has("target") && target(&route) != to_json(&self.target) {
                return Ok(Probe::not_yet(format!("leading to {}", leads_to(&route))));
            }
            Ok(match route.state() {
                Some(RouteState::Active) => Probe::Ready(()),
                state => Probe::not_yet(state.map_or("unknown", RouteState::as_str)),
            })
        })
        .await?;
        Ok(live)
    }

    /// One that somebody led elsewhere is theirs by now, and stays.
    async fn delete(&self, cx: &StepCx, _: &RouteOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(route) = self.find(&aws).await? else { return Ok(()) };
        if !self.is_as_made(&route) {
            return Ok(());
        }
        let call = aws
            .ec2
            .delete_route()
            .route_table_id(self.table.get().as_str())
            .destination_cidr_block(self.destination.to_string());
        absent(call.send().await.map_err(fault("ec2:DeleteRoute")))?;
        until_gone(cx, "the route to be gone", || self.find(&aws)).await
    }
}

impl Route {
    fn outputs(&self) -> RouteOutputs {
        RouteOutputs { destination: self.destination.to_string() }
    }

    fn among<'a>(&self, table: &'a types::RouteTable) -> Option<&'a types::Route> {
        let destination = self.destination.to_string();
        table.routes().iter().find(|r| r.destination_cidr_block() == Some(destination.as_str()))
    }

    async fn find(&self, aws: &Clients) -> Result<Option<types::Route>> {
        let table = route_table::describe(aws, self.table.get()).await?;
        Ok(table.and_then(|table| self.among(&table).cloned()))
    }

    /// A route that is recorded shows wherever it leads, to be led back; one of which only the intent is
    /// recorded is the one we made only if it leads where that says.
    fn see(&self, tables: &[types::RouteTable], recorded: bool) -> Seen<RouteOutputs> {
        let id = self.table.get().as_str();
        let table = tables.iter().find(|table| table.route_table_id() == Some(id));
        let route = table.and_then(|table| self.among(table)).filter(|r| made_by_a_call(r));
        let ours = |r: &&types::Route| recorded || self.is_as_made(r);
        let Some(route) = route.filter(ours) else { return Seen::Absent };
        let mut fields =
            json!({ "table": id, "destination": self.destination, "target": target(route) });
        // No input, so a route that leads to nothing shows as a change.
        if route.state() == Some(&RouteState::Blackhole) {
            fields["state"] = "blackhole".into();
        }
        Live::new(self.outputs(), fields).into()
    }

    /// Whether a call made the route, and it leads where this one is to lead.
    fn is_as_made(&self, there: &types::Route) -> bool {
        made_by_a_call(there) && target(there) == to_json(&self.target)
    }

    fn refuse_others(&self, there: &types::Route) -> Result<()> {
        if self.is_as_made(there) {
            return Ok(());
        }
        let (table, destination) = (self.table.get(), &self.destination);
        let what = format!("{table} has another route to {destination} already");
        let fault = Fault::new(Class::NotOurs, what);
        Err(if made_by_a_call(there) {
            fault.why(format!("it leads to {}, and is not recorded here", leads_to(there))).hint(format!(
                "if nobody needs it: `aws ec2 delete-route --route-table-id {table} --destination-cidr-block {destination}`"
            ))
        } else {
            fault
                .why("AWS put it there; it leads into the VPC or comes from a virtual private gateway")
                .hint("choose a destination outside the VPC's own blocks")
        })
    }

    async fn replace(&self, aws: &Clients) -> Result<()> {
        let call = aws
            .ec2
            .replace_route()
            .route_table_id(self.table.get().as_str())
            .destination_cidr_block(self.destination.to_string());
        let call = match &self.target {
            RouteTarget::Gateway(id) => call.gateway_id(id.get().as_str()),
            RouteTarget::NatGateway(id) => call.nat_gateway_id(id.get().as_str()),
            RouteTarget::Peering(id) => call.vpc_peering_connection_id(id.get().as_str()),
        };
        call.send().await.map(drop).map_err(fault("ec2:ReplaceRoute"))
    }
}

/// Whether a call made the route, rather than the table's creation or a virtual private gateway.
fn made_by_a_call(route: &types::Route) -> bool {
    route.origin() == Some(&RouteOrigin::CreateRoute)
}

/// Where a live route leads, in the form of the input.
fn target(route: &types::Route) -> Json {
    if let Some(id) = route.nat_gateway_id() {
        return json!({ "nat_gateway": id });
    }
    if let Some(id) = route.vpc_peering_connection_id() {
        return json!({ "peering": id });
    }
    if let Some(id) = route.gateway_id() {
        return json!({ "gateway": id });
    }
    let others = [
        route.transit_gateway_id(),
        route.egress_only_internet_gateway_id(),
        route.carrier_gateway_id(),
        route.local_gateway_id(),
        route.core_network_arn(),
        route.odb_network_arn(),
        // Of an instance EC2 gives the interface as well.
        route.instance_id(),
        route.network_interface_id(),
    ];
    json!({ "other": others.into_iter().flatten().next() })
}

/// The same for people: only the id.
fn leads_to(route: &types::Route) -> String {
    let target = target(route);
    let id = target.as_object().and_then(|target| target.values().next()?.as_str());
    id.unwrap_or("nothing that can be named").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route() -> Route {
        let scope = Scope::own();
        let table = RouteTableId::from("rtb-1").into();
        let target = RouteTarget::NatGateway(NatGatewayId::from("nat-1").into());
        Route::new(scope.into(), table, "0.0.0.0/0".parse().unwrap(), target)
    }

    fn table(nat: &str, state: RouteState) -> Vec<types::RouteTable> {
        let there = types::Route::builder()
            .destination_cidr_block("0.0.0.0/0")
            .nat_gateway_id(nat)
            .origin(RouteOrigin::CreateRoute)
            .state(state)
            .build();
        vec![types::RouteTable::builder().route_table_id("rtb-1").routes(there).build()]
    }

    #[test]
    fn a_route_elsewhere_is_ours_only_if_it_is_on_record() {
        let elsewhere = table("nat-2", RouteState::Active);
        assert!(matches!(route().see(&elsewhere, false), Seen::Absent));
        let Seen::Present(live) = route().see(&elsewhere, true) else { panic!("it is on record") };
        assert_eq!(live.fields["target"], json!({ "nat_gateway": "nat-2" }));
        assert!(matches!(
            route().see(&table("nat-1", RouteState::Active), false),
            Seen::Present(_)
        ));
    }

    #[test]
    fn a_route_that_others_led_elsewhere_is_theirs() {
        let made = || {
            types::Route::builder()
                .destination_cidr_block("0.0.0.0/0")
                .origin(RouteOrigin::CreateRoute)
        };
        let own = made().nat_gateway_id("nat-1");
        assert!(route().is_as_made(&own.clone().build()));
        // What it leads to is gone, and it is the same route.
        assert!(route().is_as_made(&own.clone().state(RouteState::Blackhole).build()));
        for elsewhere in [
            made().nat_gateway_id("nat-2"),
            made().gateway_id("igw-1"),
            made().vpc_peering_connection_id("pcx-1"),
            made().transit_gateway_id("tgw-1"),
            made(),
            own.origin(RouteOrigin::EnableVgwRoutePropagation),
        ] {
            let elsewhere = elsewhere.build();
            assert!(!route().is_as_made(&elsewhere), "{elsewhere:?}");
        }
    }

    #[test]
    fn a_route_to_nothing_shows_as_a_change() {
        let Seen::Present(live) = route().see(&table("nat-1", RouteState::Blackhole), true) else {
            panic!("it is there")
        };
        assert_eq!(live.fields["state"], "blackhole");
    }
}
