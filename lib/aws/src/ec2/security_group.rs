//! `ec2.security_group`: a named set of rules for network interfaces.

use super::{
    held::{delete_once_free, groups, interfaces},
    read::{all, by_mark, filter, filters, once_parents_show, until_gone, until_visible},
    security_group_rule::list_rules,
    tags::{live_tags, pairs, require_ours, specification, sync_tags},
};
use crate::{
    Clients, CxAws, Scope, SecurityGroupId, Tags, VpcId, defaults,
    fault::{absent, fault, incomplete},
    found::{Listed, pages, see, see_marked},
    scope,
    taking::assigned,
};
use aws_sdk_ec2::types::{self, Filter, ResourceType};
use groundplan_core::{
    Cx, Fields, Hole, Iam, Identity, Live, LostCreate, Mark, Marked, Meta, Naming, Near, Problems,
    Resource, Result, Seen, StepCx, Typical, Val, Wanted, When, json,
};
use serde::{Deserialize, Serialize};

/// A named set of rules for network interfaces. It lets nothing in or out until a
/// [`SecurityGroupRule`](super::SecurityGroupRule) says so: the rule that AWS gives to each new
/// group, which lets everything out, is taken away before anything can use the group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The VPC.
    pub vpc: Val<VpcId>,
    /// Unique in the VPC; made from the stack's and the resource's name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for. AWS cannot change it later.
    pub description: String,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl SecurityGroup {
    /// A group that lets nothing in or out.
    pub fn new(scope: Val<Scope>, vpc: Val<VpcId>, description: impl Into<String>) -> Self {
        Self { scope, vpc, name: None, description: description.into(), tags: Tags::new() }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`SecurityGroup`].
    pub struct SecurityGroupOutputs -> SecurityGroupHandle {
        /// The id.
        id: SecurityGroupId,
    }
}

impl Listed for types::SecurityGroup {
    fn id(&self) -> &str {
        self.group_id().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn name(&self) -> Option<&str> {
        self.group_name()
    }

    fn says(&self) -> String {
        [self.vpc_id(), self.group_name()].map(Option::unwrap_or_default).join(", ")
    }
}

impl Resource for SecurityGroup {
    const KIND: &'static str = "ec2.security_group";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "vpc", "name", "description"],
        holds: &["vpc"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 255 },
        iam: Iam {
            object: "ec2:security-group",
            holes: &[("security-group", Hole::Output("id")), ("vpc", Hole::Input("vpc"))],
            search: &["ec2:DescribeSecurityGroups"],
            observe: &["ec2:DescribeSecurityGroups"],
            create: &[
                "ec2:CreateSecurityGroup",
                "ec2:CreateTags",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSecurityGroupRules",
                "ec2:RevokeSecurityGroupEgress",
            ],
            converge: &["ec2:DescribeSecurityGroups", "ec2:CreateTags", "ec2:DeleteTags"],
            delete: &[
                "ec2:DeleteSecurityGroup",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeNetworkInterfaces",
            ],
            only: &[
                ("ec2:CreateTags", When::Sets("tags")),
                ("ec2:DeleteTags", When::Removes("tags")),
                ("ec2:DescribeNetworkInterfaces", When::InTheWay),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(3, 1, 5),
        defaults: &[defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = SecurityGroupOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let Some(name) = &self.name {
            check_text(problems, "name", name);
            problems.require(
                !name.starts_with("sg-") && name != "default",
                "name",
                format!("AWS keeps `{name}` for itself; names do not begin with `sg-`"),
            );
        }
        check_text(problems, "description", &self.description);
        problems.require(!self.description.is_empty(), "description", "say what the group is for");
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<SecurityGroupOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let listed = list(&aws, filters(cx, wanted, "group-id", |o| o.id.as_str())).await?;
        Ok(see(&listed, wanted, |o| o.id.as_str(), live))
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<SecurityGroupOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        Ok(see_marked(&list(&aws, by_mark(mark)).await?, mark, live))
    }

    async fn create(&self, cx: &StepCx) -> Result<SecurityGroupOutputs> {
        let action = "ec2:CreateSecurityGroup";
        let aws = cx.aws(self.scope.get()).await?;
        let create = || async {
            let call = aws
                .ec2
                .create_security_group()
                .group_name(cx.name())
                .description(&self.description)
                .vpc_id(self.vpc.get().as_str())
                .tag_specifications(specification(cx, ResourceType::SecurityGroup, &self.tags));
            call.send().await.map_err(fault(action))
        };
        let made = once_parents_show(cx, create).await.map_err(|fault| {
            if !fault.is("InvalidGroup.Duplicate") {
                return fault;
            }
            fault.hint(format!(
                "give this one another `name` than {}, or delete the other",
                cx.name()
            ))
        })?;
        let id = made.group_id().ok_or_else(|| incomplete(action, "groupId"))?;
        Ok(SecurityGroupOutputs { id: id.into() })
    }

    /// The id: `sg-…`.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<SecurityGroupOutputs>>> {
        let Some(found) = assigned(id, "sg", |id| SecurityGroupOutputs { id: id.into() })? else {
            return Ok(None);
        };
        let aws = cx.aws(self.scope.get()).await?;
        let there = describe(&aws, &found.outputs.id).await?;
        let name = |group: types::SecurityGroup| group.group_name.unwrap_or_default();
        Ok(there.map(|group| Identity::named(found.outputs, name(group))))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: SecurityGroupOutputs,
        approved: &Fields,
    ) -> Result<SecurityGroupOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let read = || describe(&aws, &live.id);
        let group = until_visible(cx, "the security group to show", read).await?;
        // Only while the group is new. A rule that lets everything out and that somebody adds later
        // is theirs, like any other rule that the program does not say.
        if *approved == Fields::All {
            revoke_default_egress(&aws, &live.id).await?;
        }
        sync_tags(cx, &aws.ec2, live.id.as_str(), group.tags(), &self.tags, approved).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &SecurityGroupOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(group) = describe(&aws, &live.id).await? else { return Ok(()) };
        require_ours(cx, live.id.as_str(), group.tags())?;
        let delete = || async {
            let call = aws.ec2.delete_security_group().group_id(live.id.as_str()).send().await;
            call.map_err(fault("ec2:DeleteSecurityGroup"))
        };
        delete_once_free(cx, delete, || holders(&aws, &live.id)).await?;
        until_gone(cx, "the security group to be gone", || describe(&aws, &live.id)).await
    }
}

/// Names and descriptions: 255 characters out of a small set.
pub(super) fn check_text(problems: &mut Problems, path: &str, text: &str) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    if let Some(other) = text.chars().find(|c| !allowed(*c)) {
        problems.add(path, format!("AWS does not take `{other}` here; letters, digits, spaces and ._-:/()#,@[]+=&;{{}}!$* only"));
    }
    problems.require(text.len() <= 255, path, "is longer than 255 characters");
}

/// Takes away the rules that AWS gives to a new group: untagged, to everywhere, for everything. The
/// program's own are tagged, so one of the same meaning stays.
async fn revoke_default_egress(aws: &Clients, id: &SecurityGroupId) -> Result<()> {
    let rules = list_rules(aws, vec![filter("group-id", [id.as_str()])]).await?;
    let everywhere = |rule: &types::SecurityGroupRule| {
        rule.cidr_ipv4() == Some("0.0.0.0/0") || rule.cidr_ipv6() == Some("::/0")
    };
    let default: Vec<_> = rules
        .into_iter()
        .filter(|r| r.is_egress() == Some(true) && r.tags().is_empty())
        .filter(|r| r.ip_protocol() == Some("-1") && everywhere(r))
        .filter_map(|r| r.security_group_rule_id)
        .collect();
    if default.is_empty() {
        return Ok(());
    }
    let call = aws
        .ec2
        .revoke_security_group_egress()
        .group_id(id.as_str())
        .set_security_group_rule_ids(Some(default));
    absent(call.send().await.map_err(fault("ec2:RevokeSecurityGroupEgress"))).map(drop)
}

/// Network interfaces in the group, and groups whose rules name it.
async fn holders(aws: &Clients, id: &SecurityGroupId) -> Vec<String> {
    let id = id.as_str();
    let mut holders = interfaces(aws, "group-id", id, |_| true).await;
    for direction in ["ip-permission.group-id", "egress.ip-permission.group-id"] {
        let named = groups(aws, direction, id).await;
        holders.extend(named.into_iter().map(|group| format!("a rule of {group}")));
    }
    holders
}

fn live(group: &types::SecurityGroup) -> Live<SecurityGroupOutputs> {
    let fields = json!({
        "vpc": group.vpc_id(),
        "description": group.description(),
        "tags": live_tags(group.tags()),
    });
    Live::new(SecurityGroupOutputs { id: group.group_id().unwrap_or_default().into() }, fields)
}

async fn describe(aws: &Clients, id: &SecurityGroupId) -> Result<Option<types::SecurityGroup>> {
    Ok(list(aws, vec![filter("group-id", [id.as_str()])]).await?.pop())
}

async fn list(aws: &Clients, filters: Vec<Filter>) -> Result<Vec<types::SecurityGroup>> {
    all(filters, |filter| {
        let call = aws.ec2.describe_security_groups().filters(filter);
        pages("ec2:DescribeSecurityGroups", call.into_paginator().items().send())
    })
    .await
}
