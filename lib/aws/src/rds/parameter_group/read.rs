//! What is there of a parameter group: what its users set, and no other parameter of hundreds.

use super::{ParameterGroup, ParameterGroupOutputs};
use crate::{
    Clients, CxAws,
    fault::{absent, fault},
    found::{Listed, Names, each, pages, see_marked},
    rds::{pairs, read_tags},
    tags,
};
use aws_sdk_rds::types::{DbParameterGroup, Parameter, Tag};
use groundplan_core::{Cx, Identity, Live, Mark, Marked, Near, Result, Seen, Wanted, json};
use std::collections::{BTreeMap, HashMap};

/// Values by name.
pub(super) type Values = BTreeMap<String, String>;

/// A group with what RDS says of it in further calls.
struct Whole {
    group: DbParameterGroup,
    tags: Vec<Tag>,
    values: Values,
}

impl Listed for Whole {
    fn id(&self) -> &str {
        self.group.db_parameter_group_arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(&self.tags)
    }

    fn name(&self) -> Option<&str> {
        self.group.db_parameter_group_name()
    }
}

pub(super) async fn observe(
    cx: &Cx,
    wanted: &[Wanted<ParameterGroup>],
) -> Result<Vec<Seen<ParameterGroupOutputs>>> {
    let Some(first) = wanted.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.inputs.scope.get()).await?;
    let listed = list(&aws).await?.into_iter();
    let listed: HashMap<_, _> =
        listed.filter_map(|group| Some((group.db_parameter_group_name.clone()?, group))).collect();
    let name = |w: &Wanted<ParameterGroup>| {
        w.outputs.as_ref().map(|o| o.name.clone()).or_else(|| w.name.clone()).unwrap_or_default()
    };
    each(wanted, |w| see(&aws, listed.get(&name(w)), w)).await
}

async fn see(
    aws: &Clients,
    there: Option<&DbParameterGroup>,
    w: &Wanted<ParameterGroup>,
) -> Result<Seen<ParameterGroupOutputs>> {
    let Some(group) = there else { return Ok(Seen::Absent) };
    let Some(tags) = absent(read_tags(aws, arn(group)).await)? else { return Ok(Seen::Absent) };
    if !tags::belongs(w, pairs(&tags)) {
        return Ok(Seen::Absent);
    }
    let values = absent(values(aws, name(group), &w.inputs.parameters).await)?;
    let whole = values.map(|values| Whole { group: group.clone(), tags, values });
    Ok(whole.map_or(Seen::Absent, |whole| live(&whole).into()))
}

/// Only groups whose names can be ours cost calls, for their tags and parameters.
pub(super) async fn marked(
    cx: &Cx,
    near: &Near<ParameterGroup>,
    mark: &Mark,
) -> Result<Vec<Marked<ParameterGroupOutputs>>> {
    let Some(first) = near.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.scope.get()).await?;
    let names = Names::new(mark, near, |group| group.name.as_ref(), |one| &one.name);
    let mut listed = list(&aws).await?;
    listed.retain(|group| names.can_be(name(group)));
    let read = each(listed, async |group| {
        let Some(tags) = absent(read_tags(&aws, arn(&group)).await)? else { return Ok(None) };
        let values = absent(values(&aws, name(&group), &Values::new()).await)?;
        Ok(values.map(|values| Whole { group, tags, values }))
    });
    let there: Vec<_> = read.await?.into_iter().flatten().collect();
    Ok(see_marked(&there, mark, live))
}

pub(super) async fn identify(
    like: &ParameterGroup,
    cx: &Cx,
    id: &str,
) -> Result<Option<Identity<ParameterGroupOutputs>>> {
    let aws = cx.aws(like.scope.get()).await?;
    let there = list(&aws).await?.into_iter().find(|group| name(group) == id);
    Ok(there.map(|group| Identity::named(outputs(&group), id)))
}

fn live(whole: &Whole) -> Live<ParameterGroupOutputs> {
    let fields = json!({
        "family": whole.group.db_parameter_group_family(),
        "description": whole.group.description(),
        "parameters": whole.values,
        "tags": tags::managed(pairs(&whole.tags)),
    });
    Live::new(outputs(&whole.group), fields).tagged(pairs(&whole.tags))
}

pub(super) fn outputs(group: &DbParameterGroup) -> ParameterGroupOutputs {
    ParameterGroupOutputs { name: name(group).to_owned(), arn: arn(group).into() }
}

fn name(group: &DbParameterGroup) -> &str {
    group.db_parameter_group_name().unwrap_or_default()
}

pub(super) fn arn(group: &DbParameterGroup) -> &str {
    group.db_parameter_group_arn().unwrap_or_default()
}

/// The values that a group was given. RDS does not count one among those that is what the engine has
/// anyway, so where a wanted one is missing all parameters are read: some pages.
pub(super) async fn values(aws: &Clients, name: &str, wanted: &Values) -> Result<Values> {
    let mut there = given(&parameters(aws, name, Some("user")).await?);
    if wanted.iter().any(|(name, value)| there.get(name) != Some(value)) {
        let all = parameters(aws, name, None).await?;
        there.extend(same(&all, wanted));
    }
    Ok(there)
}

fn given(parameters: &[Parameter]) -> Values {
    let given = parameters.iter().filter(|parameter| parameter.source() == Some("user"));
    given.filter_map(|p| Some((p.parameter_name.clone()?, p.parameter_value.clone()?))).collect()
}

/// The wanted values that are so, whoever set them.
pub(super) fn same(all: &[Parameter], wanted: &Values) -> Values {
    let is = |p: &&Parameter| {
        let value = p.parameter_name().and_then(|name| wanted.get(name));
        value.is_some() && p.parameter_value() == value.map(String::as_str)
    };
    let same = all.iter().filter(is);
    same.filter_map(|p| Some((p.parameter_name.clone()?, p.parameter_value.clone()?))).collect()
}

/// What a group has of each parameter; only of those from one source, if that is said.
pub(super) async fn parameters(
    aws: &Clients,
    name: &str,
    source: Option<&str>,
) -> Result<Vec<Parameter>> {
    let call = aws.rds.describe_db_parameters().db_parameter_group_name(name);
    let call = call.set_source(source.map(str::to_owned)).into_paginator().items();
    pages("rds:DescribeDBParameters", call.send()).await
}

/// The API has no filter; an account has few groups, so all of them are a page or two.
async fn list(aws: &Clients) -> Result<Vec<DbParameterGroup>> {
    let call = aws.rds.describe_db_parameter_groups().into_paginator().items().send();
    pages("rds:DescribeDBParameterGroups", call).await
}

pub(super) async fn describe(aws: &Clients, name: &str) -> Result<Option<DbParameterGroup>> {
    let call = aws.rds.describe_db_parameter_groups().db_parameter_group_name(name).send().await;
    let found = absent(call.map_err(fault("rds:DescribeDBParameterGroups")))?;
    Ok(found.and_then(|found| found.db_parameter_groups).unwrap_or_default().into_iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_the_engines_own_counts_as_set() {
        let parameter = |name: &str, value: &str, source: &str| {
            let parameter = Parameter::builder().parameter_name(name).parameter_value(value);
            parameter.source(source).build()
        };
        let all = [parameter("a", "1", "user"), parameter("b", "0", "system")];
        assert_eq!(given(&all), Values::from([("a".into(), "1".into())]));
        let wanted = |value: &str| Values::from([("b".to_owned(), value.to_owned())]);
        assert_eq!(same(&all, &wanted("0")), wanted("0"));
        assert_eq!(same(&all, &wanted("1")), Values::new());
    }
}
