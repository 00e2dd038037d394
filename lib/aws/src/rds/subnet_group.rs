//! `rds.subnet_group`: the subnets that a database may use.

use super::{check_name, pairs, read_tags, sync_tags, tag_list};
use crate::{
    Arn, Clients, CxAws, Scope, SubnetId, Tags, VpcId, defaults,
    fault::{absent, fault, incomplete},
    found::{Listed, Names, each, pages, see_marked},
    scope, tags,
};
use aws_sdk_rds::types::{DbSubnetGroup, Tag};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Mark, Marked, Meta, Naming,
    Near, Patience, Probe, Problems, ReadCost, Resource, Result, Seen, StepCx, Typical, Val,
    Wanted, When, json,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The subnets that databases may use, in two availability zones at least.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SubnetGroup {
    /// The account and region.
    pub scope: Val<Scope>,
    /// Its name, at most 255 characters; from the resource's name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The VPC of its subnets. A group cannot move to another one, nor can the databases in it; given
    /// here, a plan that replaces the VPC shows that they are replaced too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<Val<VpcId>>,
    /// For people.
    pub description: String,
    /// Subnets of one VPC, in two availability zones at least. Order means nothing.
    pub subnets: Vec<Val<SubnetId>>,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl SubnetGroup {
    /// A group of subnets.
    pub fn new(scope: Val<Scope>, subnets: Vec<Val<SubnetId>>) -> Self {
        let description = "Subnets of databases".to_owned();
        Self { scope, name: None, vpc: None, description, subnets, tags: Tags::new() }
    }

    fn subnet_ids(&self) -> Vec<String> {
        self.subnets.iter().map(|subnet| subnet.get().to_string()).collect()
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`SubnetGroup`].
    pub struct SubnetGroupOutputs -> SubnetGroupHandle {
        /// The name.
        name: String,
        /// The ARN.
        arn: Arn,
    }
}

impl Listed for (DbSubnetGroup, Vec<Tag>) {
    fn id(&self) -> &str {
        self.0.db_subnet_group_arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(&self.1)
    }

    fn name(&self) -> Option<&str> {
        self.0.db_subnet_group_name()
    }
}

impl Resource for SubnetGroup {
    const KIND: &'static str = "rds.subnet_group";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "name", "vpc"],
        holds: &["subnets"],
        sets: &["subnets"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 255 },
        read_cost: ReadCost::Object(
            "DescribeDBSubnetGroups leaves out tags and ListTagsForResource takes one ARN",
        ),
        iam: Iam {
            object: "rds:subgrp",
            holes: &[("subgrp", Hole::Name)],
            search: &["rds:DescribeDBSubnetGroups", "rds:ListTagsForResource"],
            observe: &["rds:DescribeDBSubnetGroups", "rds:ListTagsForResource"],
            create: &[
                "rds:CreateDBSubnetGroup",
                "rds:AddTagsToResource",
                "rds:DescribeDBSubnetGroups",
                "rds:ListTagsForResource",
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            converge: &[
                "rds:DescribeDBSubnetGroups",
                "rds:ListTagsForResource",
                "rds:ModifyDBSubnetGroup",
                "rds:AddTagsToResource",
                "rds:RemoveTagsFromResource",
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            delete: &[
                "rds:DeleteDBSubnetGroup",
                "rds:DescribeDBSubnetGroups",
                "rds:ListTagsForResource",
            ],
            only: &[
                ("rds:ListTagsForResource", When::Changes(&["tags"])),
                ("rds:ModifyDBSubnetGroup", When::Changes(&["description", "subnets"])),
                ("rds:AddTagsToResource", When::Sets("tags")),
                ("rds:RemoveTagsFromResource", When::Removes("tags")),
                ("ec2:DescribeAvailabilityZones", When::Changes(&["description", "subnets"])),
                ("ec2:DescribeSubnets", When::Changes(&["description", "subnets"])),
                ("ec2:DescribeVpcs", When::Changes(&["description", "subnets"])),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 2, 3),
        defaults: &[defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = SubnetGroupOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_name(problems, self.name.as_deref(), 255);
        problems.require(self.name.as_deref() != Some("default"), "name", "`default` is AWS's own");
        problems.require(!self.description.is_empty(), "description", "is required by RDS");
        let enough = self.subnets.len() >= 2;
        problems.require(enough, "subnets", "name two at least, in different availability zones");
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<SubnetGroupOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let listed = list(&aws).await?.into_iter();
        let listed: HashMap<_, _> =
            listed.filter_map(|group| Some((group.db_subnet_group_name.clone()?, group))).collect();
        let name = |w: &Wanted<Self>| {
            let recorded = w.outputs.as_ref().map(|o| o.name.clone());
            recorded.or_else(|| w.name.clone()).unwrap_or_default()
        };
        each(wanted, |w| see(&aws, listed.get(&name(w)), w)).await
    }

    /// Only groups whose names can be ours cost a call each, for their tags.
    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<SubnetGroupOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let names = Names::new(mark, near, |group| group.name.as_ref(), |one| &one.name);
        let mut listed = list(&aws).await?;
        listed.retain(|group| group.db_subnet_group_name().is_some_and(|n| names.can_be(n)));
        let read = each(listed, async |group| {
            let tags = absent(read_tags(&aws, arn(&group)).await)?;
            Ok(tags.map(|tags| (group, tags)))
        });
        let there: Vec<_> = read.await?.into_iter().flatten().collect();
        Ok(see_marked(&there, mark, |(group, tags)| live(group, tags)))
    }

    async fn create(&self, cx: &StepCx) -> Result<SubnetGroupOutputs> {
        let action = "rds:CreateDBSubnetGroup";
        let aws = cx.aws(self.scope.get()).await?;
        let made = aws
            .rds
            .create_db_subnet_group()
            .db_subnet_group_name(cx.name())
            .db_subnet_group_description(&self.description)
            .set_subnet_ids(Some(self.subnet_ids()))
            .set_tags(Some(tag_list(cx.tags(&self.tags))))
            .send()
            .await
            .map_err(fault(action));
        match made {
            Ok(made) => {
                outputs(made.db_subnet_group().ok_or_else(|| incomplete(action, "DBSubnetGroup"))?)
            }
            Err(fault) if fault.class == Class::Exists => ours(&aws, cx, fault).await,
            Err(fault) => Err(explain(fault)),
        }
    }

    /// The group's name.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<SubnetGroupOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = describe(&aws, id).await?;
        found.map(|group| Ok(Identity::named(outputs(&group)?, id))).transpose()
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(str::to_owned)
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: SubnetGroupOutputs,
        approved: &Fields,
    ) -> Result<SubnetGroupOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let group = cx
            .wait(Patience::SECONDS, "the subnet group to be there", || async {
                Ok(match describe(&aws, &live.name).await? {
                    Some(group) => Probe::Ready(group),
                    None => Probe::not_yet("not visible yet"),
                })
            })
            .await?;
        if self.differs(&group, approved) {
            let call = aws
                .rds
                .modify_db_subnet_group()
                .db_subnet_group_name(&live.name)
                .db_subnet_group_description(if approved.has("description") {
                    &self.description
                } else {
                    group.db_subnet_group_description().unwrap_or_default()
                })
                .set_subnet_ids(Some(if approved.has("subnets") {
                    self.subnet_ids()
                } else {
                    subnet_ids(&group).into_iter().map(str::to_owned).collect()
                }));
            call.send().await.map_err(fault("rds:ModifyDBSubnetGroup")).map_err(explain)?;
        }
        if approved.has("tags") {
            let tags = read_tags(&aws, arn(&group)).await?;
            sync_tags(cx, &aws.rds, live.arn.as_str(), &tags, &self.tags).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &SubnetGroupOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(group) = describe(&aws, &live.name).await? else { return Ok(()) };
        let tags = read_tags(&aws, arn(&group)).await?;
        tags::require_ours(cx.owner(), &format!("subnet group `{}`", live.name), pairs(&tags))?;
        // A database that was just deleted may hold it for a little longer.
        let delete = || async {
            let call = aws.rds.delete_db_subnet_group().db_subnet_group_name(&live.name).send();
            absent(call.await.map_err(fault("rds:DeleteDBSubnetGroup")))
        };
        cx.retry(Patience::MINUTES, |f| f.class == Class::InUse, delete).await?;
        cx.wait(Patience::SECONDS, "the subnet group to be gone", || async {
            Ok(match describe(&aws, &live.name).await? {
                None => Probe::Ready(()),
                Some(_) => Probe::not_yet("still listed"),
            })
        })
        .await
    }
}

impl SubnetGroup {
    /// Whether the group lacks something that is approved.
    fn differs(&self, group: &DbSubnetGroup, approved: &Fields) -> bool {
        let description = group.db_subnet_group_description() != Some(self.description.as_str());
        let mut desired: Vec<_> = self.subnets.iter().map(|s| s.get().as_str()).collect();
        let mut there = subnet_ids(group);
        desired.sort_unstable();
        desired.dedup();
        there.sort_unstable();
        approved.has("description") && description || approved.has("subnets") && desired != there
    }
}

fn arn(group: &DbSubnetGroup) -> &str {
    group.db_subnet_group_arn().unwrap_or_default()
}

fn subnet_ids(group: &DbSubnetGroup) -> Vec<&str> {
    group.subnets().iter().filter_map(|subnet| subnet.subnet_identifier()).collect()
}

fn outputs(group: &DbSubnetGroup) -> Result<SubnetGroupOutputs> {
    let action = "rds:DescribeDBSubnetGroups";
    let name =
        group.db_subnet_group_name().ok_or_else(|| incomplete(action, "DBSubnetGroupName"))?;
    let arn = group.db_subnet_group_arn().ok_or_else(|| incomplete(action, "DBSubnetGroupArn"))?;
    Ok(SubnetGroupOutputs { name: name.to_owned(), arn: arn.into() })
}

async fn see(
    aws: &Clients,
    there: Option<&DbSubnetGroup>,
    w: &Wanted<SubnetGroup>,
) -> Result<Seen<SubnetGroupOutputs>> {
    let Some(group) = there else { return Ok(Seen::Absent) };
    let tags = read_tags(aws, arn(group)).await?;
    let is_it = tags::belongs(w, pairs(&tags));
    Ok(if is_it { live(group, &tags).into() } else { Seen::Absent })
}

fn live(group: &DbSubnetGroup, tags: &[Tag]) -> Live<SubnetGroupOutputs> {
    let fields = json!({
        "description": group.db_subnet_group_description(),
        "subnets": subnet_ids(group),
        "tags": tags::managed(pairs(tags)),
    });
    let outputs = SubnetGroupOutputs {
        name: group.db_subnet_group_name().unwrap_or_default().to_owned(),
        arn: group.db_subnet_group_arn().unwrap_or_default().into(),
    };
    Live::new(outputs, fields).tagged(pairs(tags))
}

/// The group that has our name already, if it is ours: an earlier create's answer was lost.
async fn ours(aws: &Clients, cx: &StepCx, exists: Fault) -> Result<SubnetGroupOutputs> {
    let Some(group) = describe(aws, cx.name()).await? else { return Err(exists) };
    let tags = read_tags(aws, arn(&group)).await?;
    if tags::owned(cx.owner(), pairs(&tags)) {
        return outputs(&group);
    }
    let what = format!("the existing subnet group `{}`", cx.name());
    Err(tags::not_ours(&what, pairs(&tags)).hint("give the resource another `name`"))
}

fn explain(fault: Fault) -> Fault {
    match fault.code.as_deref() {
        Some("DBSubnetGroupDoesNotCoverEnoughAZs") => {
            fault.hint("add a subnet in another availability zone")
        }
        Some("InvalidSubnet") => fault
            .hint("all subnets of a group are in one VPC; into another one: --replace the group"),
        _ => fault,
    }
}

/// The API has no filter; an account has few groups, so all of them are a page or two.
async fn list(aws: &Clients) -> Result<Vec<DbSubnetGroup>> {
    let call = aws.rds.describe_db_subnet_groups().into_paginator().items().send();
    pages("rds:DescribeDBSubnetGroups", call).await
}

async fn describe(aws: &Clients, name: &str) -> Result<Option<DbSubnetGroup>> {
    let call = aws.rds.describe_db_subnet_groups().db_subnet_group_name(name).send().await;
    let found = absent(call.map_err(fault("rds:DescribeDBSubnetGroups")))?;
    Ok(found.and_then(|found| found.db_subnet_groups).unwrap_or_default().into_iter().next())
}
