//! `ec2.route_table_association`: makes a subnet use a route table.

use super::{
    read::{each, filter, once_parents_show, until_gone},
    route_table::list,
};
use crate::{
    AssociationId, Clients, CxAws, RouteTableId, Scope, SubnetId,
    fault::{absent, fault, incomplete},
    scope,
    taking::keyed,
};
use aws_sdk_ec2::types::{self, RouteTableAssociationStateCode as State};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Meta, Ownership, Patience,
    Probe, Resource, Result, Seen, StepCx, Typical, Val, Wanted, json,
};
use serde::{Deserialize, Serialize};

/// Makes a subnet use a route table instead of the VPC's main one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RouteTableAssociation {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The table. Another one is changed to in place, so the subnet is never without.
    pub table: Val<RouteTableId>,
    /// The subnet, which has at most one.
    pub subnet: Val<SubnetId>,
}

impl RouteTableAssociation {
    /// Makes the subnet use the table.
    pub fn new(scope: Val<Scope>, table: Val<RouteTableId>, subnet: Val<SubnetId>) -> Self {
        Self { scope, table, subnet }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`RouteTableAssociation`].
    pub struct RouteTableAssociationOutputs -> RouteTableAssociationHandle {
        /// The id; another one after each change of the table.
        id: AssociationId,
    }
}

impl Resource for RouteTableAssociation {
    const KIND: &'static str = "ec2.route_table_association";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "subnet"],
        volatile: &["id"],
        holds: &["table", "subnet"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        coexists: false,
        iam: Iam {
            holes: &[("route-table", Hole::Input("table")), ("subnet", Hole::Input("subnet"))],
            observe: &["ec2:DescribeRouteTables"],
            create: &["ec2:AssociateRouteTable", "ec2:DescribeRouteTables"],
            converge: &["ec2:ReplaceRouteTableAssociation", "ec2:DescribeRouteTables"],
            delete: &["ec2:DisassociateRouteTable", "ec2:DescribeRouteTables"],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 2, 2),
        ..Meta::DEFAULT
    };
    type Outputs = RouteTableAssociationOutputs;

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<RouteTableAssociationOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let subnets = wanted.iter().map(|w| w.inputs.subnet.get().as_str());
        let tables = list(&aws, each("association.subnet-id", subnets)).await?;
        Ok(wanted.iter().map(|w| w.inputs.see(&tables, w.outputs.is_some())).collect())
    }

    /// Looks first: a subnet that uses another table is not for us to change.
    async fn create(&self, cx: &StepCx) -> Result<RouteTableAssociationOutputs> {
        let action = "ec2:AssociateRouteTable";
        let aws = cx.aws(self.scope.get()).await?;
        let create = || async {
            if let Some(there) = self.find(&aws).await? {
                return self.take_or_refuse(&there);
            }
            let call = aws
                .ec2
                .associate_route_table()
                .route_table_id(self.table.get().as_str())
                .subnet_id(self.subnet.get().as_str());
            let made = call.send().await.map_err(fault(action))?;
            made.association_id.ok_or_else(|| incomplete(action, "associationId"))
        };
        let id = once_parents_show(cx, create).await?;
        Ok(RouteTableAssociationOutputs { id: id.into() })
    }

    /// The subnet, alone or with its table: `subnet-…/rtb-…`. A subnet has one table of its own.
    async fn identify(
        &self,
        _: &Cx,
        id: &str,
    ) -> Result<Option<Identity<RouteTableAssociationOutputs>>> {
        let subnet = id.split_once('/').map_or(id, |(subnet, _)| subnet);
        // The read that follows tells the association's own id.
        let outputs = RouteTableAssociationOutputs { id: "".into() };
        keyed(subnet, self.key(None).as_deref(), outputs)
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.subnet.get().to_string())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        _: RouteTableAssociationOutputs,
        approved: &Fields,
    ) -> Result<RouteTableAssociationOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        cx.wait(Patience::SECONDS, "the subnet to use the route table", || async {
            match self.find(&aws).await? {
                Some(there) if approved.has("table") && !self.uses_the_table(&there) => {
                    let id = there.route_table_association_id().unwrap_or_default();
                    let call = aws.ec2.replace_route_table_association().association_id(id);
                    let call = call.route_table_id(self.table.get().as_str()).send().await;
                    // Absent where an attempt whose answer was lost has replaced it.
                    absent(call.map_err(fault("ec2:ReplaceRouteTableAssociation")))?;
                    Ok(Probe::not_yet("using another one"))
                }
                Some(there) => settled(&there),
                None => Ok(Probe::not_yet("not associated")),
            }
        })
        .await
    }

    async fn delete(&self, cx: &StepCx, _: &RouteTableAssociationOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        // Found by subnet: the id on record is an old one if somebody changed the table. One to
        // another table is not ours, and ours is gone.
        let ours =
            || async { Ok(self.find(&aws).await?.filter(|there| self.uses_the_table(there))) };
        let Some(there) = ours().await? else { return Ok(()) };
        let id = there.route_table_association_id().unwrap_or_default();
        let call = aws.ec2.disassociate_route_table().association_id(id).send().await;
        absent(call.map_err(fault("ec2:DisassociateRouteTable")))?;
        until_gone(cx, "the subnet to let go of the route table", ours).await
    }
}

impl RouteTableAssociation {
    fn among(&self, tables: &[types::RouteTable]) -> Option<types::RouteTableAssociation> {
        let ours = |a: &&types::RouteTableAssociation| {
            a.subnet_id() == Some(self.subnet.get().as_str())
                && state(a) != Some(&State::Disassociated)
        };
        tables.iter().flat_map(types::RouteTable::associations).find(ours).cloned()
    }

    async fn find(&self, aws: &Clients) -> Result<Option<types::RouteTableAssociation>> {
        let subnet = filter("association.subnet-id", [self.subnet.get().as_str()]);
        Ok(self.among(&list(aws, vec![subnet]).await?))
    }

    fn uses_the_table(&self, there: &types::RouteTableAssociation) -> bool {
        there.route_table_id() == Some(self.table.get().as_str())
    }

    /// An association that is recorded is ours whichever table it is to; one of which only the
    /// intent is recorded is the one we made only if it is to the table that that names.
    fn see(
        &self,
        tables: &[types::RouteTable],
        recorded: bool,
    ) -> Seen<RouteTableAssociationOutputs> {
        let ours = |a: &types::RouteTableAssociation| recorded || self.uses_the_table(a);
        let Some(there) = self.among(tables).filter(ours) else { return Seen::Absent };
        let fields = json!({ "table": there.route_table_id(), "subnet": there.subnet_id() });
        let leaving = state(&there) == Some(&State::Disassociating);
        let id = there.route_table_association_id.unwrap_or_default().into();
        Live::new(RouteTableAssociationOutputs { id }, fields).leaving(leaving).into()
    }

    fn take_or_refuse(&self, there: &types::RouteTableAssociation) -> Result<String> {
        if self.uses_the_table(there) {
            let id = there.route_table_association_id.clone();
            return id.ok_or_else(|| incomplete("ec2:DescribeRouteTables", "associationId"));
        }
        let (table, id) = (there.route_table_id(), there.route_table_association_id());
        let what = format!("{} uses another route table already", self.subnet.get());
        Err(Fault::new(Class::NotOurs, what)
            .why(format!("it uses {}, and this is not recorded here", table.unwrap_or("?")))
            .hint(format!(
                "if it should not: `aws ec2 disassociate-route-table --association-id {}`",
                id.unwrap_or("?")
            )))
    }
}

/// Whether an association has come to its end, and if it is a good one, its id.
fn settled(there: &types::RouteTableAssociation) -> Result<Probe<RouteTableAssociationOutputs>> {
    let id = there.route_table_association_id().unwrap_or_default();
    match state(there) {
        Some(State::Failed) => {
            let why = there.association_state().and_then(|s| s.status_message());
            Err(Fault::new(Class::Other, format!("the route table association {id} failed"))
                .why(why.unwrap_or("no reason given"))
                .hint("run the same command again"))
        }
        Some(State::Associated) | None => {
            Ok(Probe::Ready(RouteTableAssociationOutputs { id: id.into() }))
        }
        Some(state) => Ok(Probe::not_yet(state.as_str())),
    }
}

fn state(association: &types::RouteTableAssociation) -> Option<&State> {
    association.association_state().and_then(|state| state.state())
}
