//! Reads node groups, and puts what was read in the form of the inputs.

use super::{NodeGroup, NodeGroupOutputs, template};
use crate::{
    Clients,
    eks::{absent, clusters, is_of, issue, pairs},
    fault::{fault, incomplete},
    found::{self, Listed, carrying, each, pages},
    tags,
};
use aws_sdk_eks::types::{self, NodegroupStatus};
use groundplan_core::{Json, Live, Mark, Marked, Near, Result, Seen, Wanted, json};

pub(super) async fn look(
    aws: &Clients,
    wanted: &Wanted<NodeGroup>,
) -> Result<Seen<NodeGroupOutputs>> {
    let recorded = wanted.outputs.as_ref().map(|o| &o.name);
    let Some(name) = recorded.or(wanted.name.as_ref()) else { return Ok(Seen::Absent) };
    Ok(match describe(aws, wanted.inputs.cluster.get(), name).await? {
        Some(found) if tags::belongs(wanted, pairs(found.tags())) => live(&found)?.into(),
        _ => Seen::Absent,
    })
}

impl Listed for types::Nodegroup {
    fn id(&self) -> &str {
        self.nodegroup_arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn name(&self) -> Option<&str> {
        self.nodegroup_name()
    }
}

/// Each group of the clusters costs a call; there are few.
pub(super) async fn marked(
    aws: &Clients,
    near: &Near<NodeGroup>,
    mark: &Mark,
) -> Result<Vec<Marked<NodeGroupOutputs>>> {
    let mut keys = Vec::new();
    for cluster in clusters(near.iter().map(|group| &group.cluster)) {
        let call = aws.eks.list_nodegroups().cluster_name(cluster).into_paginator();
        let listed = absent(pages("eks:ListNodegroups", call.items().send()).await)?;
        let recorded =
            |name: &String| near.is_recorded(|one| is_of(one.arn.as_str(), cluster, name));
        let new = listed.unwrap_or_default().into_iter().filter(|name| !recorded(name));
        keys.extend(new.map(|name| (cluster, name)));
    }
    let read = each(&keys, |(cluster, name)| describe(aws, cluster, name)).await?;
    let there: Vec<_> = read.into_iter().flatten().collect();
    let see = |(owner, it)| Ok(found::marked(owner, it, live(it)?));
    carrying(&there, mark).into_iter().map(see).collect()
}

fn live(found: &types::Nodegroup) -> Result<Live<NodeGroupOutputs>> {
    let leaving = found.status() == Some(&NodegroupStatus::Deleting);
    let live = Live::new(outputs(found)?, fields(found)).tagged(pairs(found.tags()));
    Ok(live.leaving(leaving))
}

pub(super) async fn describe(
    aws: &Clients,
    cluster: &str,
    name: &str,
) -> Result<Option<types::Nodegroup>> {
    let call = aws.eks.describe_nodegroup().cluster_name(cluster).nodegroup_name(name);
    let found = absent(call.send().await.map_err(fault("eks:DescribeNodegroup")))?;
    Ok(found.and_then(|found| found.nodegroup))
}

pub(super) fn outputs(found: &types::Nodegroup) -> Result<NodeGroupOutputs> {
    let missing = |field| move || incomplete("eks:DescribeNodegroup", field);
    Ok(NodeGroupOutputs {
        name: found.nodegroup_name().ok_or_else(missing("nodegroupName"))?.to_owned(),
        arn: found.nodegroup_arn().ok_or_else(missing("nodegroupArn"))?.into(),
    })
}

fn fields(found: &types::Nodegroup) -> Json {
    let scaling = found.scaling_config();
    let taint = |taint: &types::Taint| {
        let mut json = json!({
            "key": taint.key(),
            "effect": taint.effect().map(types::TaintEffect::as_str),
        });
        if let Some(value) = taint.value().filter(|value| !value.is_empty()) {
            json["value"] = value.into();
        }
        json
    };
    let mut fields = json!({
        "cluster": found.cluster_name(),
        "role": found.node_role(),
        "subnets": found.subnets(),
        "instance_types": found.instance_types(),
        "ami_type": found.ami_type().map(types::AmiTypes::as_str),
        "capacity": found.capacity_type().map(types::CapacityTypes::as_str),
        "scaling": {
            "min": scaling.and_then(types::NodegroupScalingConfig::min_size),
            "desired": scaling.and_then(types::NodegroupScalingConfig::desired_size),
            "max": scaling.and_then(types::NodegroupScalingConfig::max_size),
        },
        "labels": found.labels().cloned().unwrap_or_default(),
        "taints": found.taints().iter().map(taint).collect::<Vec<_>>(),
        "tags": tags::managed(pairs(found.tags())),
    });
    match template::live(found) {
        Some(template) => fields["launch_template"] = template,
        None => fields["disk_gib"] = found.disk_size().into(),
    }
    fields
}

pub(super) fn issues(found: &types::Nodegroup) -> Vec<String> {
    let issues = found.health().into_iter().flat_map(types::NodegroupHealth::issues);
    let text = |one: &types::Issue| {
        let code = one.code().map(types::NodegroupIssueCode::as_str);
        issue(code, one.message(), one.resource_ids())
    };
    issues.map(text).collect()
}
