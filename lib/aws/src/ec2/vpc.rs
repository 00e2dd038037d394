//! `ec2.vpc`: a private network.

use super::{
    held::{delete_once_free, groups, interfaces},
    once::once,
    read::{all, by_mark, filter, filters, until_gone},
    tags::{live_tags, pairs, require_ours, specification, sync_tags},
};
use crate::{
    Cidr, Clients, CxAws, Scope, Tags, VpcId, defaults,
    fault::{fault, incomplete},
    found::{Listed, Match, carrying, find, marked, pages},
    scope,
    taking::assigned,
};
use aws_sdk_ec2::{
    operation::create_vpc::CreateVpcError,
    types::{self, AttributeBooleanValue, Filter, ResourceType, VpcAttributeName},
};
use groundplan_core::{
    Cx, Fields, Hole, Iam, Identity, Live, Mark, Marked, Meta, Near, Patience, Probe, Problems,
    ReadCost, Resource, Result, Seen, StepCx, Typical, Val, Wanted, When, json,
};
use serde::{Deserialize, Serialize};

/// A private network of one block of addresses, with DNS inside.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Vpc {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The addresses, from /16 to /28. Blocks that overlap can never be peered.
    pub cidr: Cidr,
    /// Whether instances can ask the resolver of AWS. EKS needs it.
    pub dns_support: bool,
    /// Whether instances get names. EKS and private endpoints need it.
    pub dns_hostnames: bool,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl Vpc {
    /// A network with DNS on.
    pub fn new(scope: Val<Scope>, cidr: Cidr) -> Self {
        Self { scope, cidr, dns_support: true, dns_hostnames: true, tags: Tags::new() }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`Vpc`].
    pub struct VpcOutputs -> VpcHandle {
        /// The id.
        id: VpcId,
    }
}

impl Listed for types::Vpc {
    fn id(&self) -> &str {
        self.vpc_id().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn says(&self) -> String {
        self.cidr_block().unwrap_or_default().to_owned()
    }
}

impl Resource for Vpc {
    const KIND: &'static str = "ec2.vpc";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "cidr"],
        place: scope::PLACE,
        reach: scope::REACH,
        read_cost: ReadCost::Objects(2, "DescribeVpcAttribute takes one VPC and one attribute"),
        iam: Iam {
            object: "ec2:vpc",
            holes: &[("vpc", Hole::Output("id"))],
            search: &["ec2:DescribeVpcs"],
            observe: &["ec2:DescribeVpcs", "ec2:DescribeVpcAttribute"],
            create: &[
                "ec2:CreateVpc",
                "ec2:CreateTags",
                "ec2:DescribeVpcs",
                "ec2:DescribeVpcAttribute",
                "ec2:ModifyVpcAttribute",
            ],
            converge: &[
                "ec2:DescribeVpcs",
                "ec2:DescribeVpcAttribute",
                "ec2:ModifyVpcAttribute",
                "ec2:CreateTags",
                "ec2:DeleteTags",
            ],
            delete: &[
                "ec2:DeleteVpc",
                "ec2:DescribeVpcs",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
            ],
            only: &[
                (
                    "ec2:ModifyVpcAttribute",
                    When::Unlike(&[("dns_support", "true"), ("dns_hostnames", "false")]),
                ),
                ("ec2:ModifyVpcAttribute", When::Changes(&["dns_support", "dns_hostnames"])),
                ("ec2:CreateTags", When::Sets("tags")),
                ("ec2:DeleteTags", When::Removes("tags")),
                ("ec2:DescribeNetworkInterfaces", When::InTheWay),
                ("ec2:DescribeSecurityGroups", When::InTheWay),
                ("ec2:DescribeSubnets", When::InTheWay),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(3, 2, 2),
        defaults: &[defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = VpcOutputs;

    fn validate(&self, problems: &mut Problems) {
        let fits = (16..=28).contains(&self.cidr.prefix());
        problems.require(fits, "cidr", format!("{} is not between /16 and /28", self.cidr));
        problems.require(
            self.dns_support || !self.dns_hostnames,
            "dns_hostnames",
            "needs `dns_support`",
        );
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<VpcOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let listed = list(&aws, filters(cx, wanted, "vpc-id", |o| o.id.as_str())).await?;
        let mut seen = Vec::with_capacity(wanted.len());
        for w in wanted {
            let recorded = w.outputs.as_ref().map(|o| o.id.as_str());
            seen.push(match find(&listed, w, recorded) {
                Match::None => Seen::Absent,
                Match::Many(found) => Seen::Ambiguous(found),
                Match::One(vpc) => live(&aws, vpc).await?.into(),
            });
        }
        Ok(seen)
    }

    async fn marked(cx: &Cx, near: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<VpcOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let listed = list(&aws, by_mark(mark)).await?;
        let mut found = Vec::new();
        for (owner, vpc) in carrying(&listed, mark) {
            if near.is_recorded(|one| Some(one.id.as_str()) == vpc.vpc_id()) {
                continue;
            }
            found.push(marked(owner, vpc, live(&aws, vpc).await?));
        }
        Ok(found)
    }

    async fn create(&self, cx: &StepCx) -> Result<VpcOutputs> {
        let action = "ec2:CreateVpc";
        let aws = cx.aws(self.scope.get()).await?;
        let made = aws
            .ec2
            .create_vpc()
            .cidr_block(self.cidr.to_string())
            .tag_specifications(specification(cx, ResourceType::Vpc, &self.tags))
            .customize()
            .config_override(once::<CreateVpcError>())
            .send()
            .await
            .map_err(fault(action))?;
        let id =
            made.vpc().and_then(types::Vpc::vpc_id).ok_or_else(|| incomplete(action, "vpcId"))?;
        Ok(VpcOutputs { id: id.into() })
    }

    /// The id: `vpc-…`.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<VpcOutputs>>> {
        assigned(id, "vpc", |id| VpcOutputs { id: id.into() })
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: VpcOutputs,
        approved: &Fields,
    ) -> Result<VpcOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let vpc = cx
            .wait(Patience::SECONDS, "the VPC to be available", || async {
                let vpc = describe(&aws, &live.id).await?;
                let state = vpc.as_ref().and_then(types::Vpc::state).map(types::VpcState::as_str);
                Ok(match (state, vpc.clone()) {
                    (Some("available"), Some(vpc)) => Probe::Ready(vpc),
                    (state, _) => Probe::not_yet(state.unwrap_or("not visible yet")),
                })
            })
            .await?;
        // Names need the resolver, so it is switched on first and off last.
        let mut wishes = [
            ("dns_support", VpcAttributeName::EnableDnsSupport, self.dns_support),
            ("dns_hostnames", VpcAttributeName::EnableDnsHostnames, self.dns_hostnames),
        ];
        if !self.dns_support {
            wishes.reverse();
        }
        for (field, attribute, wish) in wishes {
            if approved.has(field)
                && read_attribute(&aws, live.id.as_str(), &attribute).await? != wish
            {
                write_attribute(&aws, live.id.as_str(), &attribute, wish).await?;
            }
        }
        sync_tags(cx, &aws.ec2, live.id.as_str(), vpc.tags(), &self.tags, approved).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &VpcOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(vpc) = describe(&aws, &live.id).await? else { return Ok(()) };
        require_ours(cx, live.id.as_str(), vpc.tags())?;
        let delete = || async {
            let call = aws.ec2.delete_vpc().vpc_id(live.id.as_str()).send().await;
            call.map_err(fault("ec2:DeleteVpc"))
        };
        delete_once_free(cx, delete, || holders(&aws, &live.id)).await?;
        until_gone(cx, "the VPC to be gone", || describe(&aws, &live.id)).await
    }
}

/// What controllers and other programs left in the VPC, as far as EC2 can list it by VPC.
async fn holders(aws: &Clients, id: &VpcId) -> Vec<String> {
    let id = id.as_str();
    let mut holders = interfaces(aws, "vpc-id", id, |_| true).await;
    holders.extend(groups(aws, "vpc-id", id).await);
    let call = aws.ec2.describe_subnets().filters(filter("vpc-id", [id])).send().await;
    let subnets = call.ok().and_then(|found| found.subnets).unwrap_or_default();
    holders.extend(subnets.into_iter().filter_map(|subnet| subnet.subnet_id));
    holders
}

async fn list(aws: &Clients, filters: Vec<Filter>) -> Result<Vec<types::Vpc>> {
    all(filters, |filter| {
        let call = aws.ec2.describe_vpcs().filters(filter);
        pages("ec2:DescribeVpcs", call.into_paginator().items().send())
    })
    .await
}

async fn describe(aws: &Clients, id: &VpcId) -> Result<Option<types::Vpc>> {
    Ok(list(aws, vec![filter("vpc-id", [id.as_str()])]).await?.pop())
}

async fn live(aws: &Clients, vpc: &types::Vpc) -> Result<Live<VpcOutputs>> {
    let id = vpc.vpc_id().unwrap_or_default();
    let fields = json!({
        "cidr": vpc.cidr_block(),
        "dns_support": read_attribute(aws, id, &VpcAttributeName::EnableDnsSupport).await?,
        "dns_hostnames": read_attribute(aws, id, &VpcAttributeName::EnableDnsHostnames).await?,
        "tags": live_tags(vpc.tags()),
    });
    Ok(Live::new(VpcOutputs { id: id.into() }, fields).tagged(pairs(vpc.tags())))
}

async fn read_attribute(aws: &Clients, id: &str, attribute: &VpcAttributeName) -> Result<bool> {
    let call =
        aws.ec2.describe_vpc_attribute().vpc_id(id).attribute(attribute.clone()).send().await;
    let found = call.map_err(fault("ec2:DescribeVpcAttribute"))?;
    let value = match attribute {
        VpcAttributeName::EnableDnsSupport => found.enable_dns_support,
        _ => found.enable_dns_hostnames,
    };
    Ok(value.and_then(|v| v.value).unwrap_or_default())
}

async fn write_attribute(
    aws: &Clients,
    id: &str,
    attribute: &VpcAttributeName,
    wish: bool,
) -> Result<()> {
    let wish = AttributeBooleanValue::builder().value(wish).build();
    let call = aws.ec2.modify_vpc_attribute().vpc_id(id);
    let call = match attribute {
        VpcAttributeName::EnableDnsSupport => call.enable_dns_support(wish),
        _ => call.enable_dns_hostnames(wish),
    };
    call.send().await.map_err(fault("ec2:ModifyVpcAttribute")).map(drop)
}
