//! `logs.group`: where logs go, for how long, and with which key.

use super::key::{SETTLING, explain, refuses_key};
use crate::{
    Arn, Clients, CxAws, Scope, Tags,
    fault::{absent, fault},
    found::{Listed, Names, each, pages, see_marked, take_or_refuse},
    scope,
    settle::{until_gone, until_visible},
    tags,
};
use aws_sdk_cloudwatchlogs::types;
use groundplan_core::{
    Class, Cx, Fields, Hole, Iam, Identity, Live, LostCreate, Mark, Marked, Meta, Naming, Near,
    Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Val, Wanted, When, json,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A group of logs.
///
/// Some services make the group of their logs by themselves if it is not there, and then nobody sets how
/// long it keeps them: EKS `/aws/eks/CLUSTER/cluster`, for one. Add it before what writes to it, by the
/// option `after` of that.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogGroup {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The name, unique in the account and region; made from stack, resource name and generation if
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many days logs are kept; for ever if absent. AWS takes certain numbers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
    /// The key that encrypts new logs; AWS' own if absent. Its policy has to let
    /// `logs.REGION.amazonaws.com` use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<Val<Arn>>,
    /// How logs can be read, and what they cost.
    pub class: LogGroupClass,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// How logs can be read, and what they cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LogGroupClass {
    /// In every way.
    Standard,
    /// By queries only; about half the price.
    InfrequentAccess,
    /// Not at all: they are handed on.
    Delivery,
}

/// What AWS takes for a retention:
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>.
const RETENTIONS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

impl LogGroup {
    /// A group that keeps logs for so many days.
    pub fn new(scope: Val<Scope>, retention_days: u32) -> Self {
        Self {
            scope,
            name: None,
            retention_days: Some(retention_days),
            kms_key: None,
            class: LogGroupClass::Standard,
            tags: Tags::new(),
        }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`LogGroup`].
    pub struct LogGroupOutputs -> LogGroupHandle {
        /// The name.
        name: String,
        /// The ARN, without the `:*` that stands for its streams.
        arn: Arn,
    }
}

/// A group with its tags.
struct Found {
    group: types::LogGroup,
    tags: HashMap<String, String>,
}

impl Listed for Found {
    fn id(&self) -> &str {
        self.group.log_group_arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        self.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    fn name(&self) -> Option<&str> {
        self.group.log_group_name()
    }
}

impl Resource for LogGroup {
    const KIND: &'static str = "logs.group";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "name", "class"],
        holds: &["kms_key"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 512 },
        read_cost: ReadCost::Objects(
            2,
            "DescribeLogGroups answers without tags, and ListTagsForResource takes one group",
        ),
        iam: Iam {
            object: "logs:log-group",
            holes: &[("log-group", Hole::Name)],
            search: &["logs:DescribeLogGroups", "logs:ListTagsForResource"],
            observe: &["logs:DescribeLogGroups", "logs:ListTagsForResource"],
            create: &[
                "logs:CreateLogGroup",
                "logs:TagResource",
                "logs:PutRetentionPolicy",
                "logs:DescribeLogGroups",
                "logs:ListTagsForResource",
            ],
            converge: &[
                "logs:DescribeLogGroups",
                "logs:ListTagsForResource",
                "logs:PutRetentionPolicy",
                "logs:DeleteRetentionPolicy",
                "logs:AssociateKmsKey",
                "logs:DisassociateKmsKey",
                "logs:TagResource",
                "logs:UntagResource",
            ],
            delete: &["logs:DescribeLogGroups", "logs:ListTagsForResource", "logs:DeleteLogGroup"],
            only: &[
                ("logs:PutRetentionPolicy", When::Given("retention_days")),
                ("logs:PutRetentionPolicy", When::Changes(&["retention_days"])),
                ("logs:DeleteRetentionPolicy", When::Removes("retention_days")),
                ("logs:AssociateKmsKey", When::Sets("kms_key")),
                ("logs:DisassociateKmsKey", When::Removes("kms_key")),
                ("logs:TagResource", When::Sets("tags")),
                ("logs:UntagResource", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = LogGroupOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let Some(name) = &self.name {
            let fits = |c: char| c.is_ascii_alphanumeric() || "_-/.#".contains(c);
            problems.require(
                (1..=512).contains(&name.len()) && name.chars().all(fits),
                "name",
                format!("`{name}` is no name: letters, digits and any of _-/.#, 512 at most"),
            );
        }
        if let Some(days) = self.retention_days {
            let all = RETENTIONS.map(|days| days.to_string()).join(", ");
            problems.require(
                RETENTIONS.contains(&days),
                "retention_days",
                format!("{days} is not one of {all}"),
            );
            problems.require(
                self.class != LogGroupClass::Delivery,
                "retention_days",
                "a group of the class DELIVERY keeps logs for one day always: leave it out",
            );
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        super::risks::group(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<LogGroupOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, async |w| {
            let recorded = w.outputs.as_ref().map(|o| &o.name);
            let Some(name) = recorded.or(w.name.as_ref()) else { return Ok(Seen::Absent) };
            Ok(match w.inputs.find(&aws, name).await? {
                Some(found) if tags::belongs(w, found.tags()) => w.inputs.live(&found).into(),
                _ => Seen::Absent,
            })
        })
        .await
    }

    /// Those whose names can be ours cost a call each.
    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<LogGroupOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let names = Names::new(mark, near, |group| group.name.as_ref(), |one| &one.name);
        let call = aws.logs.describe_log_groups().into_paginator().items().send();
        let mut listed = pages("logs:DescribeLogGroups", call).await?;
        listed.retain(|group| group.log_group_name().is_some_and(|name| names.can_be(name)));
        let read = each(listed, |group| first.with_tags(&aws, group)).await?;
        let there: Vec<_> = read.into_iter().flatten().collect();
        Ok(see_marked(&there, mark, |found| first.live(found)))
    }

    async fn create(&self, cx: &StepCx) -> Result<LogGroupOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let create = || async {
            let call = aws
                .logs
                .create_log_group()
                .log_group_name(cx.name())
                .set_kms_key_id(self.kms_key.as_ref().map(|key| key.get().to_string()))
                .log_group_class(self.class())
                .set_tags(Some(cx.tags(&self.tags).into_iter().collect()));
            call.send().await.map_err(fault("logs:CreateLogGroup"))
        };
        match cx.retry(SETTLING, refuses_key, create).await {
            Ok(_) => Ok(self.outputs(cx.name())),
            Err(fault) if fault.class == Class::Exists => {
                let Some(there) = self.find(&aws, cx.name()).await? else { return Err(fault) };
                let what = format!("a log group `{}`", cx.name());
                let hint = "give this resource another `name`, or delete that group; a service that logs makes its group by itself when it is not there in time";
                take_or_refuse(cx, there, &what, hint)?;
                Ok(self.outputs(cx.name()))
            }
            Err(fault) => Err(explain(fault)),
        }
    }

    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<LogGroupOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        Ok(self.find(&aws, id).await?.map(|_| Identity::named(self.outputs(id), id)))
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(str::to_owned)
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: LogGroupOutputs,
        approved: &Fields,
    ) -> Result<LogGroupOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let read = || self.find(&aws, &live.name);
        let found = until_visible(cx, "the log group to be listed", read).await?;
        if approved.has("retention_days") {
            self.sync_retention(&aws, &found.group).await?;
        }
        if approved.has("kms_key") {
            self.sync_key(cx, &aws, &found.group).await?;
        }
        if approved.has("tags") {
            self.sync_tags(cx, &aws, &found).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &LogGroupOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(found) = self.find(&aws, &live.name).await? else { return Ok(()) };
        tags::require_ours(cx.owner(), &format!("the log group `{}`", live.name), found.tags())?;
        let call = aws.logs.delete_log_group().log_group_name(&live.name).send().await;
        absent(call.map_err(fault("logs:DeleteLogGroup")))?;
        until_gone(cx, "the log group to be gone", || self.find(&aws, &live.name)).await
    }
}

impl LogGroup {
    fn class(&self) -> types::LogGroupClass {
        match self.class {
            LogGroupClass::Standard => types::LogGroupClass::Standard,
            LogGroupClass::InfrequentAccess => types::LogGroupClass::InfrequentAccess,
            LogGroupClass::Delivery => types::LogGroupClass::Delivery,
        }
    }

    fn arn(&self, name: &str) -> Arn {
        let Scope { account, region, partition, .. } = self.scope.get();
        format!("arn:{partition}:logs:{region}:{account}:log-group:{name}").into()
    }

    fn outputs(&self, name: &str) -> LogGroupOutputs {
        LogGroupOutputs { name: name.to_owned(), arn: self.arn(name) }
    }

    /// The group of exactly this name.
    async fn find(&self, aws: &Clients, name: &str) -> Result<Option<Found>> {
        let call = aws.logs.describe_log_groups().log_group_name_prefix(name);
        let listed = pages("logs:DescribeLogGroups", call.into_paginator().items().send()).await?;
        match listed.into_iter().find(|group| group.log_group_name() == Some(name)) {
            Some(group) => self.with_tags(aws, group).await,
            None => Ok(None),
        }
    }

    async fn with_tags(&self, aws: &Clients, group: types::LogGroup) -> Result<Option<Found>> {
        let arn = self.arn(group.log_group_name().unwrap_or_default());
        let call = aws.logs.list_tags_for_resource().resource_arn(arn.as_str()).send().await;
        let found = absent(call.map_err(fault("logs:ListTagsForResource")))?;
        Ok(found.map(|found| Found { group, tags: found.tags.unwrap_or_default() }))
    }

    fn live(&self, found: &Found) -> Live<LogGroupOutputs> {
        let group = &found.group;
        let class = group.log_group_class().map_or("STANDARD", types::LogGroupClass::as_str);
        let mut fields = json!({
            "kms_key": group.kms_key_id(),
            "class": class,
            "tags": tags::managed(found.tags()),
        });
        // One of this class keeps logs for a day, whatever is said.
        if class != "DELIVERY" {
            fields["retention_days"] = json!(group.retention_in_days());
        }
        Live::new(self.outputs(group.log_group_name().unwrap_or_default()), fields)
            .tagged(found.tags())
    }

    async fn sync_retention(&self, aws: &Clients, live: &types::LogGroup) -> Result<()> {
        let name = live.log_group_name().unwrap_or_default();
        let wanted = self.retention_days.map(|days| i32::try_from(days).unwrap_or(i32::MAX));
        if live.retention_in_days() == wanted || self.class == LogGroupClass::Delivery {
            return Ok(());
        }
        if let Some(days) = wanted {
            let call = aws.logs.put_retention_policy().log_group_name(name);
            let call = call.retention_in_days(days).send().await;
            call.map_err(fault("logs:PutRetentionPolicy")).map(drop)
        } else {
            let call = aws.logs.delete_retention_policy().log_group_name(name).send().await;
            absent(call.map_err(fault("logs:DeleteRetentionPolicy"))).map(drop)
        }
    }

    async fn sync_key(&self, cx: &StepCx, aws: &Clients, live: &types::LogGroup) -> Result<()> {
        let name = live.log_group_name().unwrap_or_default();
        let wanted = self.kms_key.as_ref().map(|key| key.get().as_str());
        if live.kms_key_id() == wanted {
            return Ok(());
        }
        let Some(key) = wanted else {
            let call = aws.logs.disassociate_kms_key().log_group_name(name).send().await;
            return call.map_err(fault("logs:DisassociateKmsKey")).map(drop);
        };
        let associate = || async {
            let call = aws.logs.associate_kms_key().log_group_name(name).kms_key_id(key);
            call.send().await.map_err(fault("logs:AssociateKmsKey"))
        };
        cx.retry(SETTLING, refuses_key, associate).await.map_err(explain).map(drop)
    }

    async fn sync_tags(&self, cx: &StepCx, aws: &Clients, found: &Found) -> Result<()> {
        let arn = self.arn(found.group.log_group_name().unwrap_or_default());
        let (set, remove) = tags::to_change(cx, found.tags(), &self.tags);
        if !set.is_empty() {
            let call = aws.logs.tag_resource().resource_arn(arn.as_str());
            let call = call.set_tags(Some(set.into_iter().collect())).send().await;
            call.map_err(fault("logs:TagResource"))?;
        }
        if !remove.is_empty() {
            let call = aws.logs.untag_resource().resource_arn(arn.as_str());
            let call = call.set_tag_keys(Some(remove)).send().await;
            call.map_err(fault("logs:UntagResource"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_that_aws_does_not_take_is_refused() {
        let scope: Val<Scope> = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        let mut problems = Problems::default();
        LogGroup { name: Some("a b".into()), ..LogGroup::new(scope, 31) }.validate(&mut problems);
        let paths: Vec<_> = problems.into_vec().into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["name", "retention_days"]);
    }
}
