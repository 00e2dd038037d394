//! Makes, changes and deletes parameter groups.

use super::{
    ParameterGroup, ParameterGroupOutputs,
    read::{arn, describe, outputs, parameters, same, values},
};
use crate::{
    Clients, CxAws,
    fault::{absent, fault, incomplete},
    rds::{pairs, read_tags, sync_tags, tag_list},
    tags,
};
use aws_sdk_rds::types::{ApplyMethod, Parameter};
use groundplan_core::{Class, Fault, Fields, Patience, Probe, Result, StepCx};
use std::collections::BTreeSet;

/// The most parameters that one call changes.
const AT_ONCE: usize = 20;

pub(super) async fn create(group: &ParameterGroup, cx: &StepCx) -> Result<ParameterGroupOutputs> {
    let action = "rds:CreateDBParameterGroup";
    let aws = cx.aws(group.scope.get()).await?;
    let call = aws
        .rds
        .create_db_parameter_group()
        .db_parameter_group_name(cx.name())
        .db_parameter_group_family(&group.family)
        .description(&group.description)
        .set_tags(Some(tag_list(cx.tags(&group.tags))));
    match call.send().await.map_err(fault(action)) {
        Ok(made) => {
            let made = made.db_parameter_group();
            Ok(outputs(made.ok_or_else(|| incomplete(action, "DBParameterGroup"))?))
        }
        Err(fault) if fault.class == Class::Exists => ours(&aws, cx, fault).await,
        Err(fault) if names_the_family(&fault) => Err(fault.hint(
            "see which there are: aws rds describe-db-engine-versions --query 'DBEngineVersions[].DBParameterGroupFamily'",
        )),
        Err(fault) => Err(fault),
    }
}

fn names_the_family(fault: &Fault) -> bool {
    fault.why.as_deref().is_some_and(|why| why.to_lowercase().contains("family"))
}

/// The group that has our name already, if it is ours: an earlier create's answer was lost.
async fn ours(aws: &Clients, cx: &StepCx, exists: Fault) -> Result<ParameterGroupOutputs> {
    let Some(group) = describe(aws, cx.name()).await? else { return Err(exists) };
    let tags = read_tags(aws, arn(&group)).await?;
    if tags::owned(cx.owner(), pairs(&tags)) {
        return Ok(outputs(&group));
    }
    let what = format!("the existing parameter group `{}`", cx.name());
    Err(tags::not_ours(&what, pairs(&tags)).hint("give the resource another `name`"))
}

pub(super) async fn converge(
    group: &ParameterGroup,
    cx: &StepCx,
    live: ParameterGroupOutputs,
    approved: &Fields,
) -> Result<ParameterGroupOutputs> {
    let aws = cx.aws(group.scope.get()).await?;
    cx.wait(Patience::SECONDS, "the parameter group to be there", || async {
        Ok(match describe(&aws, &live.name).await? {
            Some(_) => Probe::Ready(()),
            None => Probe::not_yet("not visible yet"),
        })
    })
    .await?;
    let fresh = *approved == Fields::All && group.parameters.is_empty();
    if approved.has("parameters") && !fresh {
        sync(group, cx, &aws, &live.name, approved).await?;
    }
    if approved.has("tags") {
        let tags = read_tags(&aws, live.arn.as_str()).await?;
        sync_tags(cx, &aws.rds, live.arn.as_str(), &tags, &group.tags).await?;
    }
    Ok(live)
}

/// Sets what differs and resets what is not wanted, as far as approved, and waits until it shows. Databases
/// made from now on get these values from their first start.
async fn sync(
    group: &ParameterGroup,
    cx: &StepCx,
    aws: &Clients,
    name: &str,
    approved: &Fields,
) -> Result<()> {
    let may = |parameter: &str| approved.has(&format!("parameters.{parameter}"));
    let there = values(aws, name, &group.parameters).await?;
    let set: BTreeSet<_> = group
        .parameters
        .iter()
        .filter(|(name, value)| may(name) && there.get(*name) != Some(value))
        .map(|(name, _)| name.as_str())
        .collect();
    let reset: BTreeSet<_> = there
        .keys()
        .filter(|name| may(name) && !group.parameters.contains_key(*name))
        .map(String::as_str)
        .collect();
    if set.is_empty() && reset.is_empty() {
        return Ok(());
    }
    let all = parameters(aws, name, None).await?;
    let find = |wanted: &str| all.iter().find(|p| p.parameter_name() == Some(wanted));
    let mut to_set = Vec::new();
    for parameter in set {
        let value = &group.parameters[parameter];
        to_set.push(to_send(group, find(parameter), parameter)?.parameter_value(value).build());
    }
    let mut to_reset = Vec::new();
    for parameter in reset {
        to_reset.push(to_send(group, find(parameter), parameter)?.build());
    }
    for some in to_set.chunks(AT_ONCE) {
        let send = || async {
            let call = aws.rds.modify_db_parameter_group().db_parameter_group_name(name);
            let call = call.set_parameters(Some(some.to_vec())).send().await;
            call.map_err(fault("rds:ModifyDBParameterGroup"))
        };
        cx.retry(Patience::MINUTES, |f| f.class == Class::InUse, send).await?;
    }
    for some in to_reset.chunks(AT_ONCE) {
        let send = || async {
            let call = aws.rds.reset_db_parameter_group().db_parameter_group_name(name);
            let call = call.set_parameters(Some(some.to_vec())).send().await;
            call.map_err(fault("rds:ResetDBParameterGroup"))
        };
        cx.retry(Patience::MINUTES, |f| f.class == Class::InUse, send).await?;
    }
    settled(cx, aws, name, &to_set, &to_reset).await
}

/// A parameter as it is sent: what is dynamic takes effect at once, what is static with the next reboot.
fn to_send(
    group: &ParameterGroup,
    known: Option<&Parameter>,
    name: &str,
) -> Result<aws_sdk_rds::types::builders::ParameterBuilder> {
    let invalid = |what: String| Fault::new(Class::Invalid, what);
    let list = "aws rds describe-engine-default-parameters --db-parameter-group-family";
    let Some(known) = known else {
        return Err(invalid(format!("{} has no parameter `{name}`", group.family))
            .hint(format!("see which there are: {list} {}", group.family)));
    };
    if known.is_modifiable() == Some(false) {
        return Err(invalid(format!("`{name}` is set by RDS itself and cannot be changed"))
            .hint("take it out of `parameters`"));
    }
    let dynamic = known.apply_type() == Some("dynamic");
    let method = if dynamic { ApplyMethod::Immediate } else { ApplyMethod::PendingReboot };
    Ok(Parameter::builder().parameter_name(name).apply_method(method))
}

/// Reads lag behind for a moment.
async fn settled(
    cx: &StepCx,
    aws: &Clients,
    name: &str,
    set: &[Parameter],
    reset: &[Parameter],
) -> Result<()> {
    let value = |p: &Parameter| Some((p.parameter_name.clone()?, p.parameter_value.clone()?));
    let wanted = set.iter().filter_map(value).collect();
    cx.wait(Patience::SECONDS, "the parameters to be set", || async {
        let all = parameters(aws, name, None).await?;
        let still = |p: &Parameter| {
            let is = |gone: &Parameter| gone.parameter_name() == p.parameter_name();
            p.source() == Some("user") && reset.iter().any(is)
        };
        let done = same(&all, &wanted) == wanted && !all.iter().any(still);
        Ok(if done { Probe::Ready(()) } else { Probe::not_yet("not all of them yet") })
    })
    .await
}

pub(super) async fn delete(
    group: &ParameterGroup,
    cx: &StepCx,
    live: &ParameterGroupOutputs,
) -> Result<()> {
    let aws = cx.aws(group.scope.get()).await?;
    let Some(there) = describe(&aws, &live.name).await? else { return Ok(()) };
    let tags = read_tags(&aws, arn(&there)).await?;
    let what = format!("the parameter group `{}`", live.name);
    tags::require_ours(cx.owner(), &what, pairs(&tags))?;
    // A database that was just deleted may hold it for a little longer.
    let delete = || async {
        let call = aws.rds.delete_db_parameter_group().db_parameter_group_name(&live.name).send();
        absent(call.await.map_err(fault("rds:DeleteDBParameterGroup")))
    };
    cx.retry(Patience::MINUTES, |f| f.class == Class::InUse, delete).await?;
    cx.wait(Patience::SECONDS, "the parameter group to be gone", || async {
        Ok(match describe(&aws, &live.name).await? {
            None => Probe::Ready(()),
            Some(_) => Probe::not_yet("still listed"),
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rds::Engine;
    use groundplan_core::Val;

    #[test]
    fn what_is_static_waits_for_a_reboot_and_what_is_rds_own_is_refused() {
        let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        let group = ParameterGroup::new(scope, Engine::Postgres, "17");
        let known = |apply: &str, modifiable: bool| {
            Parameter::builder().apply_type(apply).is_modifiable(modifiable).build()
        };
        let method = |apply| {
            let sent = to_send(&group, Some(&known(apply, true)), "x").unwrap().build();
            sent.apply_method().cloned()
        };
        assert_eq!(method("dynamic"), Some(ApplyMethod::Immediate));
        assert_eq!(method("static"), Some(ApplyMethod::PendingReboot));
        assert!(to_send(&group, Some(&known("dynamic", false)), "x").is_err());
        let unknown = to_send(&group, None, "x").unwrap_err();
        assert_eq!(unknown.what, "postgres17 has no parameter `x`");
    }
}
