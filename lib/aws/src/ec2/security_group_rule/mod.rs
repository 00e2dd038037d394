//! `ec2.security_group_rule`: one kind of traffic that a security group lets in or out.

mod model;
mod terms;

pub use model::{Direction, PortRange, Protocol, RulePeer, SecurityGroupRule};

use super::{
    read::{all, by_mark, each, filter, once_parents_show, until_gone, until_visible},
    risks,
    security_group::check_text,
    tags::{live_tags, pairs, require_ours, specification, sync_tags},
};
use crate::{
    Clients, CxAws, RuleId,
    fault::{absent, fault, incomplete},
    found::{Listed, pages, see, see_marked},
    scope,
    taking::assigned,
};
use aws_sdk_ec2::types::{self, Filter, ResourceType, SecurityGroupRuleUpdate};
use groundplan_core::{
    Cx, Fault, Fields, Hole, Iam, Identity, Live, Mark, Marked, Meta, Near, Problems, Resource,
    Result, Risk, Seen, StepCx, Transition, Typical, Wanted, When, json,
};
use terms::Terms;

groundplan_core::outputs! {
    /// What AWS assigned to a [`SecurityGroupRule`].
    pub struct SecurityGroupRuleOutputs -> SecurityGroupRuleHandle {
        /// The id.
        id: RuleId,
    }
}

impl Listed for types::SecurityGroupRule {
    fn id(&self) -> &str {
        self.security_group_rule_id().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn says(&self) -> String {
        let direction = if self.is_egress() == Some(true) { "egress" } else { "ingress" };
        format!("{direction} of {}", self.group_id().unwrap_or_default())
    }
}

impl Resource for SecurityGroupRule {
    const KIND: &'static str = "ec2.security_group_rule";
    const META: Meta = Meta {
        // The kind of peer cannot be changed in place.
        immutable: &["scope.account", "scope.region", "group", "direction", "peer"],
        // A group cannot be deleted while a rule of another group names it. The rule's own group
        // takes it along.
        holds: &["peer.group", "peer.group_of.group"],
        place: scope::PLACE,
        reach: scope::REACH,
        iam: Iam {
            object: "ec2:security-group-rule",
            holes: &[
                ("security-group-rule", Hole::Output("id")),
                ("security-group", Hole::Input("group")),
            ],
            search: &["ec2:DescribeSecurityGroupRules"],
            observe: &["ec2:DescribeSecurityGroupRules"],
            create: &[
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:AuthorizeSecurityGroupEgress",
                "ec2:CreateTags",
                "ec2:DescribeSecurityGroupRules",
            ],
            converge: &[
                "ec2:DescribeSecurityGroupRules",
                "ec2:ModifySecurityGroupRules",
                "ec2:CreateTags",
                "ec2:DeleteTags",
            ],
            delete: &[
                "ec2:DescribeSecurityGroupRules",
                "ec2:RevokeSecurityGroupIngress",
                "ec2:RevokeSecurityGroupEgress",
            ],
            only: &[
                ("ec2:AuthorizeSecurityGroupIngress", When::Is("direction", "ingress")),
                ("ec2:AuthorizeSecurityGroupEgress", When::Is("direction", "egress")),
                ("ec2:RevokeSecurityGroupIngress", When::Leaves("direction", "ingress")),
                ("ec2:RevokeSecurityGroupEgress", When::Leaves("direction", "egress")),
                (
                    "ec2:ModifySecurityGroupRules",
                    When::Changes(&["protocol", "ports", "peer", "description"]),
                ),
                ("ec2:CreateTags", When::Sets("tags")),
                ("ec2:DeleteTags", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 2, 2),
        ..Meta::DEFAULT
    };
    type Outputs = SecurityGroupRuleOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_text(problems, "description", &self.description);
        if let RulePeer::GroupOf { account, .. } = &self.peer {
            scope::check_account(problems, "peer.group_of.account", account);
        }
        match (self.protocol, self.ports) {
            (Protocol::Tcp | Protocol::Udp, None) => {
                problems.add("ports", "TCP and UDP need ports; all of them are 0 to 65535");
            }
            (Protocol::Icmp | Protocol::All, Some(_)) => {
                problems.add("ports", "only TCP and UDP have ports; leave them out");
            }
            (_, Some(PortRange { from, to })) if from > to => {
                problems.add("ports", format!("{from} is after {to}; write the lower one first"));
            }
            _ => {}
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::security_group_rule(change)
    }

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<SecurityGroupRuleOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        // Of one that is taken up only its id is sure.
        let (taken, known): (Vec<_>, Vec<_>) = wanted.iter().partition(|w| w.taking);
        let groups = known.iter().map(|w| w.inputs.group.get().as_str());
        let ids = taken.iter().filter_map(|w| w.outputs.as_ref()).map(|o| o.id.as_str());
        let mut filters = each("group-id", groups);
        filters.extend(each("security-group-rule-id", ids));
        let listed = list_rules(&aws, filters).await?;
        Ok(see(&listed, wanted, |o| o.id.as_str(), live))
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<SecurityGroupRuleOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        Ok(see_marked(&list_rules(&aws, by_mark(mark)).await?, mark, live))
    }

    async fn create(&self, cx: &StepCx) -> Result<SecurityGroupRuleOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let made = once_parents_show(cx, || self.authorize(cx, &aws)).await;
        Ok(SecurityGroupRuleOutputs { id: made.map_err(|fault| self.explain(fault))? })
    }

    /// The id: `sgr-…`.
    async fn identify(
        &self,
        _: &Cx,
        id: &str,
    ) -> Result<Option<Identity<SecurityGroupRuleOutputs>>> {
        assigned(id, "sgr", |id| SecurityGroupRuleOutputs { id: id.into() })
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: SecurityGroupRuleOutputs,
        approved: &Fields,
    ) -> Result<SecurityGroupRuleOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let read = || self.describe(&aws, &live.id);
        let rule = until_visible(cx, "the security group rule to show", read).await?;
        let there = Terms::from(&rule);
        let terms = Terms::from(self).only(approved, &there);
        if terms != there {
            self.modify(&aws, &live.id, &terms).await.map_err(|fault| self.explain(fault))?;
        }
        sync_tags(cx, &aws.ec2, live.id.as_str(), rule.tags(), &self.tags, approved).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &SecurityGroupRuleOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(rule) = self.describe(&aws, &live.id).await? else { return Ok(()) };
        require_ours(cx, live.id.as_str(), rule.tags())?;
        absent(self.revoke(&aws, &live.id).await)?;
        let read = || self.describe(&aws, &live.id);
        until_gone(cx, "the security group rule to be gone", read).await
    }
}

impl SecurityGroupRule {
    async fn describe(
        &self,
        aws: &Clients,
        id: &RuleId,
    ) -> Result<Option<types::SecurityGroupRule>> {
        let filter = filter("group-id", [self.group.get().as_str()]);
        let found = list_rules(aws, vec![filter]).await?;
        Ok(found.into_iter().find(|rule| rule.security_group_rule_id() == Some(id.as_str())))
    }

    async fn authorize(&self, cx: &StepCx, aws: &Clients) -> Result<RuleId> {
        let group = self.group.get().as_str();
        let permission = Terms::from(self).permission(&self.peer);
        let tags = specification(cx, ResourceType::SecurityGroupRule, &self.tags);
        let (action, made) = match self.direction {
            Direction::Ingress => {
                let action = "ec2:AuthorizeSecurityGroupIngress";
                let call = aws.ec2.authorize_security_group_ingress().group_id(group);
                let call = call.ip_permissions(permission).tag_specifications(tags);
                (action, call.send().await.map_err(fault(action))?.security_group_rules)
            }
            Direction::Egress => {
                let action = "ec2:AuthorizeSecurityGroupEgress";
                let call = aws.ec2.authorize_security_group_egress().group_id(group);
                let call = call.ip_permissions(permission).tag_specifications(tags);
                (action, call.send().await.map_err(fault(action))?.security_group_rules)
            }
        };
        let id = made.unwrap_or_default().into_iter().find_map(|r| r.security_group_rule_id);
        Ok(id.ok_or_else(|| incomplete(action, "securityGroupRuleId"))?.into())
    }

    async fn modify(&self, aws: &Clients, id: &RuleId, terms: &Terms) -> Result<()> {
        let update = SecurityGroupRuleUpdate::builder()
            .security_group_rule_id(id.as_str())
            .security_group_rule(terms.request(&self.peer))
            .build();
        let call = aws.ec2.modify_security_group_rules().group_id(self.group.get().as_str());
        let call = call.security_group_rules(update).send().await;
        call.map(drop).map_err(fault("ec2:ModifySecurityGroupRules"))
    }

    async fn revoke(&self, aws: &Clients, id: &RuleId) -> Result<()> {
        let (group, id) = (self.group.get().as_str(), id.as_str());
        match self.direction {
            Direction::Ingress => {
                let call = aws.ec2.revoke_security_group_ingress().group_id(group);
                let call = call.security_group_rule_ids(id).send().await;
                call.map(drop).map_err(fault("ec2:RevokeSecurityGroupIngress"))
            }
            Direction::Egress => {
                let call = aws.ec2.revoke_security_group_egress().group_id(group);
                let call = call.security_group_rule_ids(id).send().await;
                call.map(drop).map_err(fault("ec2:RevokeSecurityGroupEgress"))
            }
        }
    }

    fn explain(&self, fault: Fault) -> Fault {
        let group = self.group.get();
        if fault.is("InvalidPermission.Duplicate") {
            return fault.hint(format!(
                "the group has this rule already, and it is not this stack's; see which: \
                 `aws ec2 describe-security-group-rules --filters Name=group-id,Values={group}`"
            ));
        }
        fault
    }
}

fn live(rule: &types::SecurityGroupRule) -> Live<SecurityGroupRuleOutputs> {
    let terms = Terms::from(rule);
    let fields = json!({
        "group": rule.group_id(),
        "direction": if rule.is_egress() == Some(true) { Direction::Egress } else { Direction::Ingress },
        "protocol": terms.live_protocol(),
        "ports": terms.live_ports(),
        "peer": terms::live_peer(rule),
        "description": rule.description().filter(|text| !text.is_empty()),
        "tags": live_tags(rule.tags()),
    });
    let id = rule.security_group_rule_id().unwrap_or_default().into();
    Live::new(SecurityGroupRuleOutputs { id }, fields)
}

/// Every rule that one of the filters finds.
pub(super) async fn list_rules(
    aws: &Clients,
    filters: Vec<Filter>,
) -> Result<Vec<types::SecurityGroupRule>> {
    all(filters, |filter| {
        let call = aws.ec2.describe_security_group_rules().filters(filter);
        pages("ec2:DescribeSecurityGroupRules", call.into_paginator().items().send())
    })
    .await
}
