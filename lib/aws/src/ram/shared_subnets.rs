//! `ram.shared_subnets`: subnets of another account, as one that may use them sees them.

use crate::{
    Clients, CxAws, Scope, SubnetId, VpcId, Zone,
    fault::{absent, fault, incomplete},
};
use groundplan_core::{
    Class, Cx, Derived, Fault, Iam, Json, Patience, Probe, Problems, Result, Val, json,
};
use serde::{Deserialize, Serialize};

/// How long RAM may take to show what was shared.
const SHOWING: Patience = Patience::new(1000, 10, 600);

/// Subnets of another account, as one that may use them sees them. They are there when they can be used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SharedSubnets {
    /// The account that uses them.
    pub scope: Val<Scope>,
    /// The VPC of the subnets.
    pub vpc: Val<VpcId>,
    /// The subnets.
    pub subnets: Vec<Val<SubnetId>>,
    /// What makes them usable, so that it comes first: the principals and resources of associations, the
    /// share of an acceptance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<Val<String>>,
}

/// A shared subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedSubnet {
    /// The id, the same in every account.
    pub id: SubnetId,
    /// The zone's name in the account that uses it, e.g. `eu-west-1a`: the owner may know it by another.
    pub zone: Zone,
    /// The zone's id, e.g. `euw1-az1`: the same in every account.
    pub zone_id: Zone,
}

groundplan_core::outputs! {
    /// Subnets that an account can use.
    pub struct SharedSubnetsOutputs -> SharedSubnetsHandle {
        /// Their ids, in the order that they were asked for.
        ids: Vec<SubnetId>,
        /// Their VPC.
        vpc: VpcId,
        /// What is seen of each, in the same order.
        subnets: Vec<SharedSubnet>,
    }
}

impl SharedSubnets {
    /// Subnets that an account may use through associations.
    pub fn new(
        scope: Val<Scope>,
        vpc: Val<VpcId>,
        subnets: Vec<Val<SubnetId>>,
        through: Vec<Val<String>>,
    ) -> Self {
        Self { scope, vpc, subnets, through }
    }
}

impl Derived for SharedSubnets {
    const KIND: &'static str = "ram.shared_subnets";
    const IAM: Iam = Iam { observe: &["ec2:DescribeSubnets"], ..Iam::NONE };
    type Outputs = SharedSubnetsOutputs;

    fn validate(&self, problems: &mut Problems) {
        problems.require(!self.subnets.is_empty(), "subnets", "name one at least");
    }

    /// What they are, whatever makes them usable: one more subnet moves no database that is in the others.
    fn foresee(draft: &Json) -> Option<Json> {
        Some(json!({ "ids": draft["subnets"], "vpc": draft["vpc"] }))
    }

    async fn derive(&self, cx: &Cx) -> Result<SharedSubnetsOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let what = format!("the shared subnets to show in {}", self.scope.get().account);
        let found = cx.wait(SHOWING, &what, || self.look(&aws)).await.map_err(|fault| {
            if fault.class != Class::TimedOut {
                return fault;
            }
            fault.hint("is the account in the organization, or has it accepted the share? `aws ram get-resource-shares --resource-owner OTHER-ACCOUNTS` there lists what it may use")
        })?;
        let (vpcs, subnets): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let vpc = self.vpc.get();
        if let Some(other) = vpcs.iter().find(|other| *other != vpc) {
            let what = format!("the shared subnets are not all of {vpc}: one is of {other}");
            return Err(
                Fault::new(Class::Invalid, what).hint("make one `ram.shared_subnets` for each VPC")
            );
        }
        Ok(SharedSubnetsOutputs {
            ids: subnets.iter().map(|s| s.id.clone()).collect(),
            vpc: vpc.clone(),
            subnets,
        })
    }
}

impl SharedSubnets {
    /// All of them, once all are there.
    async fn look(&self, aws: &Clients) -> Result<Probe<Vec<(VpcId, SharedSubnet)>>> {
        let action = "ec2:DescribeSubnets";
        let ids: Vec<_> = self.subnets.iter().map(|id| id.get().to_string()).collect();
        let call = aws.ec2.describe_subnets().set_subnet_ids(Some(ids.clone())).send().await;
        let Some(found) = absent(call.map_err(fault(action)))? else {
            return Ok(Probe::not_yet("not visible yet"));
        };
        let mut seen = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(subnet) = found.subnets().iter().find(|s| s.subnet_id() == Some(&id)) else {
                return Ok(Probe::not_yet(format!("{id} is not visible yet")));
            };
            let missing = |field| move || incomplete(action, field);
            let vpc = VpcId::from(subnet.vpc_id().ok_or_else(missing("vpcId"))?);
            let zone = subnet.availability_zone().ok_or_else(missing("availabilityZone"))?.into();
            let zone_id = subnet.availability_zone_id();
            let zone_id = zone_id.ok_or_else(missing("availabilityZoneId"))?.into();
            seen.push((vpc, SharedSubnet { id: id.into(), zone, zone_id }));
        }
        Ok(Probe::Ready(seen))
    }
}
