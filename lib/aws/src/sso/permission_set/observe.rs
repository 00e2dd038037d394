//! Reads permission sets.
//!
//! Nothing answers with more than the ARNs of all sets, so what a set is called, carries and is behind in is
//! asked of each. Of those that carry another's mark only the tags are read.

use super::{PermissionSet, PermissionSetOutputs, duration};
use crate::{
    Arn, Clients, CxAws,
    fault::{absent, fault, incomplete},
    found::{self, Listed, Match, carrying, each, find, pages},
    sso::{instance_of, provision::accounts},
    tags,
    taking::no_id,
};
use aws_sdk_ssoadmin::types::{self, Tag};
use groundplan_core::{
    Cx, Identity, Json, Live, Mark, Marked, Near, Result, Seen, Wanted, json, to_json,
};
use std::collections::BTreeSet;

/// A set by its ARN, and its tags.
pub(super) struct Found {
    arn: Arn,
    tags: Vec<Tag>,
}

impl Listed for Found {
    fn id(&self) -> &str {
        self.arn.as_str()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(&self.tags)
    }
}

pub(super) async fn observe(
    cx: &Cx,
    wanted: &[Wanted<PermissionSet>],
) -> Result<Vec<Seen<PermissionSetOutputs>>> {
    let Some(first) = wanted.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.inputs.scope.get()).await?;
    let lost = wanted.iter().filter(|w| w.outputs.is_none());
    let instances: BTreeSet<_> = lost.map(|w| w.inputs.instance.get()).collect();
    let all = scan(&aws, instances, &[]).await?;
    each(wanted, async |w| match &w.outputs {
        Some(recorded) => {
            let Some(set) = describe(&aws, &recorded.arn).await? else { return Ok(Seen::Absent) };
            let tags = tags_of(&aws, &recorded.arn).await?;
            Ok(live(&aws, &set, &tags).await?.into())
        }
        None => match find(&all, w, None) {
            Match::None => Ok(Seen::Absent),
            Match::Many(found) => Ok(Seen::Ambiguous(found)),
            Match::One(found) => match describe(&aws, &found.arn).await? {
                Some(set) => Ok(live(&aws, &set, &found.tags).await?.into()),
                None => Ok(Seen::Absent),
            },
        },
    })
    .await
}

pub(super) async fn marked(
    cx: &Cx,
    near: &Near<PermissionSet>,
    mark: &Mark,
) -> Result<Vec<Marked<PermissionSetOutputs>>> {
    let Some(first) = near.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.scope.get()).await?;
    let instances = near.iter().map(|set| set.instance.get()).collect();
    let all = scan(&aws, instances, &near.recorded).await?;
    let mut marked = Vec::new();
    for (owner, found) in carrying(&all, mark) {
        if let Some(set) = describe(&aws, &found.arn).await? {
            let live = live(&aws, &set, &found.tags).await?;
            marked.push(found::marked(owner, found, live));
        }
    }
    Ok(marked)
}

/// By its name, which has to be the one that the program gives, or it would be replaced at once.
pub(super) async fn identify(
    set: &PermissionSet,
    cx: &Cx,
    id: &str,
) -> Result<Option<Identity<PermissionSetOutputs>>> {
    let aws = cx.aws(set.scope.get()).await?;
    let found = if id == set.name {
        by_name(&aws, set.instance.get(), id).await?
    } else if id.contains(":permissionSet/") {
        describe(&aws, &id.into()).await?
    } else {
        return Err(no_id(id, &set.name));
    };
    Ok(found.map(|found| Identity::new(outputs(&found))))
}

/// The sets of some instances, with their tags, but for these.
async fn scan(
    aws: &Clients,
    instances: BTreeSet<&Arn>,
    but: &[PermissionSetOutputs],
) -> Result<Vec<Found>> {
    let mut all = Vec::new();
    for instance in instances {
        let mut arns = list(aws, instance).await?;
        arns.retain(|arn| but.iter().all(|known| known.arn != *arn));
        all.extend(
            each(arns, async |arn| Ok(Found { tags: tags_of(aws, &arn).await?, arn })).await?,
        );
    }
    Ok(all)
}

async fn list(aws: &Clients, instance: &Arn) -> Result<Vec<Arn>> {
    let call = aws.sso.list_permission_sets().instance_arn(instance.as_str());
    let found = pages("sso:ListPermissionSets", call.into_paginator().items().send()).await?;
    Ok(found.into_iter().map(Arn::from).collect())
}

/// The set of a name.
pub(super) async fn by_name(
    aws: &Clients,
    instance: &Arn,
    name: &str,
) -> Result<Option<types::PermissionSet>> {
    let arns = list(aws, instance).await?;
    let sets = each(&arns, |arn| describe(aws, arn)).await?;
    Ok(sets.into_iter().flatten().find(|set| set.name() == Some(name)))
}

pub(super) async fn describe(aws: &Clients, arn: &Arn) -> Result<Option<types::PermissionSet>> {
    let call = aws.sso.describe_permission_set().instance_arn(instance_of(arn));
    let found = call.permission_set_arn(arn.as_str()).send().await;
    let found = absent(found.map_err(fault("sso:DescribePermissionSet")))?;
    let Some(found) = found else { return Ok(None) };
    let missing = || incomplete("sso:DescribePermissionSet", "PermissionSet");
    Ok(Some(found.permission_set.ok_or_else(missing)?))
}

/// The tags of a set; none if it is gone.
pub(super) async fn tags_of(aws: &Clients, arn: &Arn) -> Result<Vec<Tag>> {
    let call = aws.sso.list_tags_for_resource().instance_arn(instance_of(arn));
    let items = call.resource_arn(arn.as_str()).into_paginator().items().send();
    Ok(absent(pages("sso:ListTagsForResource", items).await)?.unwrap_or_default())
}

pub(super) fn outputs(set: &types::PermissionSet) -> PermissionSetOutputs {
    PermissionSetOutputs {
        arn: set.permission_set_arn().unwrap_or_default().into(),
        name: set.name().unwrap_or_default().to_owned(),
    }
}

async fn live(
    aws: &Clients,
    set: &types::PermissionSet,
    tags: &[Tag],
) -> Result<Live<PermissionSetOutputs>> {
    let outputs = outputs(set);
    let session = set.session_duration().unwrap_or_default();
    let mut fields = json!({
        "name": outputs.name,
        "description": given(set.description()),
        "session_seconds": duration::read(session).map_or_else(|| Json::from(session), Json::from),
        "relay_state": given(set.relay_state()),
        "tags": tags::managed(pairs(tags)),
    });
    let outdated = accounts(aws, &outputs.arn, true).await?;
    if !outdated.is_empty() {
        fields["outdated_in"] = to_json(&outdated);
    }
    Ok(Live::new(outputs, fields).tagged(pairs(tags)))
}

/// A text, unless it says nothing.
pub(super) fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// The names and values of a set's tags.
pub(super) fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().map(|tag| (tag.key(), tag.value())).collect()
}
