//! `cloudwatch.alarm`: says when a number is not as it should be.
//!
//! `model` is what it says, `data` the form of the API.

mod data;
mod model;

pub use model::{Alarm, AlarmSource, Comparison, Metric, MetricQuery, MissingData};

use super::{pairs, to_tags};
use crate::{
    Arn, Clients, CxAws,
    fault::{absent, fault},
    found::{Listed, Names, each, pages, see_marked, take_or_refuse},
    merge::merged,
    scope,
    settle::{until_gone, until_visible},
    tags,
};
use aws_sdk_cloudwatch::types::{AlarmType, MetricAlarm, Tag};
use groundplan_core::{
    Cx, Fields, Hole, Iam, Identity, Live, LostCreate, Mark, Marked, Meta, Naming, Near, Problems,
    ReadCost, Resource, Result, Seen, StepCx, Typical, Wanted, When,
};

groundplan_core::outputs! {
    /// What AWS assigned to an [`Alarm`].
    pub struct AlarmOutputs -> AlarmHandle {
        /// The name.
        name: String,
        /// The ARN.
        arn: Arn,
    }
}

/// An alarm with its tags.
struct Found {
    alarm: MetricAlarm,
    tags: Vec<Tag>,
}

impl Listed for Found {
    fn id(&self) -> &str {
        self.alarm.alarm_arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(&self.tags)
    }

    fn name(&self) -> Option<&str> {
        self.alarm.alarm_name()
    }
}

/// The fields that one call writes, all at once.
const DATA: &[&str] = &[
    "description",
    "actions_enabled",
    "alarm_actions",
    "ok_actions",
    "insufficient_data_actions",
    "source",
    "comparison",
    "threshold",
    "threshold_query",
    "evaluation_periods",
    "datapoints_to_alarm",
    "missing_data",
    "ignore_few_samples",
];

/// How many names `DescribeAlarms` takes.
const NAMES_IN_ONE_CALL: usize = 100;
/// How many alarms a page may have; fewer if it is not said.
const MOST: i32 = 100;

impl Resource for Alarm {
    const KIND: &'static str = "cloudwatch.alarm";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "name"],
        sets: &["alarm_actions", "ok_actions", "insufficient_data_actions"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 255 },
        read_cost: ReadCost::Object(
            "DescribeAlarms answers without tags, and ListTagsForResource takes one alarm",
        ),
        iam: Iam {
            object: "cloudwatch:alarm",
            holes: &[("alarm", Hole::Name)],
            search: &["cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"],
            observe: &["cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"],
            create: &[
                "cloudwatch:DescribeAlarms",
                "cloudwatch:ListTagsForResource",
                "cloudwatch:PutMetricAlarm",
                "cloudwatch:TagResource",
            ],
            converge: &[
                "cloudwatch:DescribeAlarms",
                "cloudwatch:ListTagsForResource",
                "cloudwatch:PutMetricAlarm",
                "cloudwatch:TagResource",
                "cloudwatch:UntagResource",
            ],
            delete: &[
                "cloudwatch:DescribeAlarms",
                "cloudwatch:ListTagsForResource",
                "cloudwatch:DeleteAlarms",
            ],
            only: &[
                ("cloudwatch:PutMetricAlarm", When::Changes(DATA)),
                ("cloudwatch:TagResource", When::Sets("tags")),
                ("cloudwatch:UntagResource", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(1, 1, 1),
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = AlarmOutputs;

    fn validate(&self, problems: &mut Problems) {
        self.check(problems);
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<AlarmOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let name =
            |w: &Wanted<Self>| w.outputs.as_ref().map(|o| &o.name).or(w.name.as_ref()).cloned();
        let listed = list(&aws, wanted.iter().filter_map(name)).await?;
        each(wanted, async |w| {
            let Some(name) = name(w) else { return Ok(Seen::Absent) };
            let it = listed.iter().find(|alarm| alarm.alarm_name() == Some(&name));
            let Some(alarm) = it else { return Ok(Seen::Absent) };
            Ok(match with_tags(&aws, alarm.clone()).await? {
                Some(found) if tags::belongs(w, found.tags()) => live(&found).into(),
                _ => Seen::Absent,
            })
        })
        .await
    }

    /// Those whose names can be ours cost a call each.
    async fn marked(cx: &Cx, near: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<AlarmOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let names = Names::new(mark, near, |alarm| alarm.name.as_ref(), |one| &one.name);
        let call = aws.cloudwatch.describe_alarms().alarm_types(AlarmType::MetricAlarm);
        let listed = pages("cloudwatch:DescribeAlarms", call.into_paginator().send()).await?;
        let alarms = listed.into_iter().flat_map(|page| page.metric_alarms.unwrap_or_default());
        let ours = alarms.filter(|alarm| alarm.alarm_name().is_some_and(|name| names.can_be(name)));
        let read = each(ours, |alarm| with_tags(&aws, alarm)).await?;
        let there: Vec<_> = read.into_iter().flatten().collect();
        Ok(see_marked(&there, mark, live))
    }

    async fn create(&self, cx: &StepCx) -> Result<AlarmOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // The call would overwrite an alarm of that name.
        if let Some(there) = find(&aws, cx.name()).await? {
            let what = format!("an alarm `{}`", cx.name());
            let hint = "give this resource another `name`, or delete that alarm";
            return Ok(outputs(&take_or_refuse(cx, there, &what, hint)?.alarm));
        }
        let tags = to_tags(cx.tags(&self.tags));
        let call = data::request(self, &aws, cx.name()).set_tags(Some(tags)).send().await;
        call.map_err(fault("cloudwatch:PutMetricAlarm"))?;
        Ok(self.outputs(cx.name()))
    }

    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<AlarmOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = find(&aws, id).await?;
        Ok(found.map(|found| Identity::named(outputs(&found.alarm), id)))
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(str::to_owned)
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: AlarmOutputs,
        approved: &Fields,
    ) -> Result<AlarmOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let read = || find(&aws, &live.name);
        let found = until_visible(cx, "the alarm to be listed", read).await?;
        if let Some(wanted) = merged(self, &data::fields(&found.alarm), DATA, approved) {
            let call = data::request(&wanted, &aws, &live.name).send().await;
            call.map_err(fault("cloudwatch:PutMetricAlarm"))?;
        }
        if approved.has("tags") {
            self.sync_tags(cx, &aws, &found).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &AlarmOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(found) = find(&aws, &live.name).await? else { return Ok(()) };
        tags::require_ours(cx.owner(), &format!("the alarm `{}`", live.name), found.tags())?;
        let call = aws.cloudwatch.delete_alarms().alarm_names(&live.name).send().await;
        absent(call.map_err(fault("cloudwatch:DeleteAlarms")))?;
        until_gone(cx, "the alarm to be gone", || find(&aws, &live.name)).await
    }
}

impl Alarm {
    fn outputs(&self, name: &str) -> AlarmOutputs {
        let crate::Scope { account, region, partition, .. } = self.scope.get();
        let arn = format!("arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}");
        AlarmOutputs { name: name.to_owned(), arn: arn.into() }
    }

    /// A second write of an alarm leaves its tags alone.
    async fn sync_tags(&self, cx: &StepCx, aws: &Clients, found: &Found) -> Result<()> {
        let (set, remove) = tags::to_change(cx, found.tags(), &self.tags);
        if !set.is_empty() {
            let call = aws.cloudwatch.tag_resource().resource_arn(found.id());
            let call = call.set_tags(Some(to_tags(set))).send().await;
            call.map_err(fault("cloudwatch:TagResource"))?;
        }
        if !remove.is_empty() {
            let call = aws.cloudwatch.untag_resource().resource_arn(found.id());
            let call = call.set_tag_keys(Some(remove)).send().await;
            call.map_err(fault("cloudwatch:UntagResource"))?;
        }
        Ok(())
    }
}

fn outputs(alarm: &MetricAlarm) -> AlarmOutputs {
    AlarmOutputs {
        name: alarm.alarm_name().unwrap_or_default().to_owned(),
        arn: alarm.alarm_arn().unwrap_or_default().into(),
    }
}

fn live(found: &Found) -> Live<AlarmOutputs> {
    let mut fields = data::fields(&found.alarm);
    fields["tags"] = tags::managed(found.tags());
    Live::new(outputs(&found.alarm), fields).tagged(found.tags())
}

/// The alarms of these names that there are.
async fn list(aws: &Clients, names: impl Iterator<Item = String>) -> Result<Vec<MetricAlarm>> {
    let names: Vec<_> = names.collect();
    let batches = names.chunks(NAMES_IN_ONE_CALL);
    let read = each(batches, async |names| {
        let call = aws.cloudwatch.describe_alarms().set_alarm_names(Some(names.to_vec()));
        let call = call.alarm_types(AlarmType::MetricAlarm).max_records(MOST).send().await;
        let found = call.map_err(fault("cloudwatch:DescribeAlarms"))?;
        Ok(found.metric_alarms.unwrap_or_default())
    });
    Ok(read.await?.into_iter().flatten().collect())
}

async fn find(aws: &Clients, name: &str) -> Result<Option<Found>> {
    match list(aws, [name.to_owned()].into_iter()).await?.into_iter().next() {
        Some(alarm) => with_tags(aws, alarm).await,
        None => Ok(None),
    }
}

async fn with_tags(aws: &Clients, alarm: MetricAlarm) -> Result<Option<Found>> {
    let arn = alarm.alarm_arn().unwrap_or_default();
    let call = aws.cloudwatch.list_tags_for_resource().resource_arn(arn).send().await;
    let found = absent(call.map_err(fault("cloudwatch:ListTagsForResource")))?;
    Ok(found.map(|found| Found { alarm, tags: found.tags.unwrap_or_default() }))
}
