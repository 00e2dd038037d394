//! `ec2.vpc_endpoint`: a way to a service of AWS that does not go through the internet.
//!
//! `observe` is what is read, `change` what is done.

mod change;
mod observe;

use super::{
    read::{by_mark, filters, once_parents_show},
    tags::require_ours,
};
use crate::{
    CxAws, RouteTableId, Scope, SecurityGroupId, SubnetId, Tags, VpcEndpointId, VpcId,
    iam::check_document, scope, taking::assigned,
};
use aws_sdk_ec2::types::State;
use groundplan_core::{
    Cx, DangerKind, Fields, Hole, Iam, Identity, LostCreate, Mark, Marked, Meta, Near, Problems,
    Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted, When,
};
use serde::{Deserialize, Serialize};

/// A way from a VPC to a service of AWS that does not go through the internet, nor through a NAT gateway.
///
/// One for a gateway costs nothing and is for S3 and `DynamoDB`; one with interfaces in subnets is paid by
/// the hour and by zone, and is for nearly every service.
///
/// EC2 lets an account make few of them at a time: ten take about twenty seconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VpcEndpoint {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The VPC.
    pub vpc: Val<VpcId>,
    /// The service: `s3`, `ecr.api` or another of the region's, or a whole name such as
    /// `com.amazonaws.vpce.eu-west-1.vpce-svc-1234`.
    pub service: String,
    /// By what the service is reached.
    pub endpoint_type: EndpointType,
    /// The route tables that lead to a gateway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route_tables: Vec<Val<RouteTableId>>,
    /// The subnets with an interface each, one of a zone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnets: Vec<Val<SubnetId>>,
    /// Who reaches the interfaces: HTTPS has to come in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_groups: Vec<Val<SecurityGroupId>>,
    /// Whether the service's own name leads to the interfaces within the VPC. The VPC needs both of its
    /// DNS settings for that.
    pub private_dns: bool,
    /// What can be done through it: a policy document; everything if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Val<String>>,
    /// The addresses of its interfaces.
    pub ip_type: IpType,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// By what a service is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndpointType {
    /// By a route.
    Gateway,
    /// By network interfaces.
    Interface,
}

/// The addresses of interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IpType {
    /// IPv4.
    Ipv4,
    /// Both.
    Dualstack,
    /// IPv6.
    Ipv6,
}

impl VpcEndpoint {
    /// A way to S3 or `DynamoDB`, by routes.
    pub fn gateway(
        scope: Val<Scope>,
        vpc: Val<VpcId>,
        service: impl Into<String>,
        route_tables: impl IntoIterator<Item = Val<RouteTableId>>,
    ) -> Self {
        Self {
            scope,
            vpc,
            service: service.into(),
            endpoint_type: EndpointType::Gateway,
            route_tables: route_tables.into_iter().collect(),
            subnets: Vec::new(),
            security_groups: Vec::new(),
            private_dns: false,
            policy: None,
            ip_type: IpType::Ipv4,
            tags: Tags::new(),
        }
    }

    /// A way to a service by interfaces, under the service's own name.
    pub fn interface(
        scope: Val<Scope>,
        vpc: Val<VpcId>,
        service: impl Into<String>,
        subnets: impl IntoIterator<Item = Val<SubnetId>>,
        security_group: Val<SecurityGroupId>,
    ) -> Self {
        Self {
            endpoint_type: EndpointType::Interface,
            subnets: subnets.into_iter().collect(),
            security_groups: vec![security_group],
            private_dns: true,
            ..Self::gateway(scope, vpc, service, [])
        }
    }

    /// The whole name of the service.
    fn service_name(&self) -> String {
        let whole = ["com.", "cn.com.", "aws."].iter().any(|head| self.service.starts_with(head));
        match self.service.as_str() {
            service if whole => service.to_owned(),
            service => format!("com.amazonaws.{}.{service}", self.scope.get().region),
        }
    }

    fn check(&self, problems: &mut Problems) {
        let name = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
        problems.require(
            !self.service.is_empty() && self.service.chars().all(name),
            "service",
            format!("`{}` is no service such as `s3` or `ecr.api`", self.service),
        );
        if let Some(policy) = &self.policy {
            check_document(problems, "policy", policy);
        }
        let none = |problems: &mut Problems, path: &str, is_empty: bool, why: &str| {
            problems.require(is_empty, path, format!("{why}: leave it out"));
        };
        match self.endpoint_type {
            EndpointType::Gateway => {
                let last = self.service.rsplit('.').next().unwrap_or_default();
                problems.require(
                    ["s3", "dynamodb"].contains(&last),
                    "service",
                    format!(
                        "`{}` has no gateway, only S3 and DynamoDB have: make it an `Interface`",
                        self.service
                    ),
                );
                let why = "a gateway is in no subnet";
                none(problems, "subnets", self.subnets.is_empty(), why);
                none(problems, "security_groups", self.security_groups.is_empty(), why);
                none(problems, "private_dns", !self.private_dns, "a gateway has no names");
                problems.require(
                    self.ip_type == IpType::Ipv4,
                    "ip_type",
                    "a gateway has no addresses: leave it `ipv4`",
                );
            }
            EndpointType::Interface => {
                let routes = self.route_tables.is_empty();
                none(problems, "route_tables", routes, "no route leads to interfaces");
                problems.require(!self.subnets.is_empty(), "subnets", "name one or more");
                problems.require(
                    !self.security_groups.is_empty(),
                    "security_groups",
                    "name one: AWS would take the VPC's default group, which lets nobody else in",
                );
            }
        }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`VpcEndpoint`].
    pub struct VpcEndpointOutputs -> VpcEndpointHandle {
        /// The id.
        id: VpcEndpointId,
    } later {
        /// The name of its own that interfaces have, in all zones; no gateway has one.
        dns_name: String,
    }
}

/// Public logs show 60–120 s for interfaces to come and to go; gateways are there at once.
const TYPICAL: Typical = Typical::seconds(90, 60, 90);

impl Resource for VpcEndpoint {
    const KIND: &'static str = "ec2.vpc_endpoint";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "vpc", "service", "endpoint_type"],
        volatile: &["dns_name"],
        holds: &["vpc", "subnets", "security_groups"],
        sets: &["route_tables", "subnets", "security_groups"],
        documents: &["policy"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::ClientToken,
        iam: Iam {
            object: "ec2:vpc-endpoint",
            holes: &[("vpc-endpoint", Hole::Output("id")), ("vpc", Hole::Input("vpc"))],
            search: &["ec2:DescribeVpcEndpoints"],
            observe: &["ec2:DescribeVpcEndpoints"],
            create: &["ec2:CreateVpcEndpoint", "ec2:CreateTags", "ec2:DescribeVpcEndpoints"],
            converge: &[
                "ec2:DescribeVpcEndpoints",
                "ec2:ModifyVpcEndpoint",
                "ec2:CreateTags",
                "ec2:DeleteTags",
            ],
            delete: &["ec2:DeleteVpcEndpoints", "ec2:DescribeVpcEndpoints"],
            only: &[
                ("ec2:ModifyVpcEndpoint", When::Changes(CHANGES)),
                ("ec2:CreateTags", When::Sets("tags")),
                ("ec2:DeleteTags", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: TYPICAL,
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = VpcEndpointOutputs;

    fn validate(&self, problems: &mut Problems) {
        self.check(problems);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        let what =
            "what calls its service from the VPC goes by the internet meanwhile, or not at all";
        let gone = change.goes().map(|_| Risk::new(DangerKind::Downtime, what));
        gone.into_iter().collect()
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<VpcEndpointOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let filters = filters(cx, wanted, "vpc-endpoint-id", |o| o.id.as_str());
        Ok(observe::seen(&observe::list(&aws, filters).await?, wanted))
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<VpcEndpointOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        Ok(observe::marked(&observe::list(&aws, by_mark(mark)).await?, near, mark))
    }

    async fn create(&self, cx: &StepCx) -> Result<VpcEndpointOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let made = once_parents_show(cx, || self.try_create(cx, &aws)).await?;
        Ok(observe::outputs(&made))
    }

    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<VpcEndpointOutputs>>> {
        assigned(id, "vpce", |id| VpcEndpointOutputs { id: id.into(), dns_name: None })
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: VpcEndpointOutputs,
        approved: &Fields,
    ) -> Result<VpcEndpointOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        self.change(cx, &aws, &live.id, approved).await
    }

    async fn delete(&self, cx: &StepCx, live: &VpcEndpointOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(found) = observe::describe(&aws, &live.id).await? else { return Ok(()) };
        require_ours(cx, live.id.as_str(), found.tags())?;
        if !observe::is(&found, &State::Deleting) {
            change::delete(&aws, &live.id).await?;
        }
        change::until_gone(cx, &aws, &live.id).await
    }
}

/// The fields that one call changes.
const CHANGES: &[&str] =
    &["route_tables", "subnets", "security_groups", "private_dns", "policy", "ip_type"];

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(endpoint: &VpcEndpoint) -> Vec<String> {
        let mut problems = Problems::default();
        endpoint.check(&mut problems);
        problems.into_vec().into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn what_a_gateway_cannot_have_is_refused() {
        let scope: Val<Scope> = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        let vpc = || VpcId::from("vpc-1").into();
        let mut gateway = VpcEndpoint::gateway(scope.clone(), vpc(), "s3", []);
        assert_eq!(mistakes(&gateway), [""; 0]);
        gateway.service = "ecr.api".into();
        gateway.private_dns = true;
        assert_eq!(mistakes(&gateway), ["service", "private_dns"]);
        let subnet = SubnetId::from("subnet-1").into();
        let group = SecurityGroupId::from("sg-1").into();
        let mut interface = VpcEndpoint::interface(scope, vpc(), "ecr.api", [subnet], group);
        assert_eq!(mistakes(&interface), [""; 0]);
        interface.security_groups.clear();
        interface.route_tables = vec![RouteTableId::from("rtb-1").into()];
        assert_eq!(mistakes(&interface), ["route_tables", "security_groups"]);
    }
}
