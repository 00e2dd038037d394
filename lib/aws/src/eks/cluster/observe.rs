//! Reads clusters, and puts what was read in the form of the inputs.

use super::{Cluster, ClusterOutputs, LogType, SupportType};
use crate::{
    Clients, CxAws,
    eks::{absent, issue, pairs},
    fault::{fault, incomplete},
    found::{self, Listed, Names, carrying, each, pages},
    tags,
};
use aws_sdk_eks::types::{self, ClusterStatus};
use groundplan_core::{Cx, Json, Live, Mark, Marked, Near, Result, Seen, Wanted, json, to_json};
use std::collections::BTreeSet;

pub(super) async fn observe(
    cx: &Cx,
    wanted: &[Wanted<Cluster>],
) -> Result<Vec<Seen<ClusterOutputs>>> {
    let Some(first) = wanted.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.inputs.scope.get()).await?;
    each(wanted, |w| look(&aws, w)).await
}

impl Listed for types::Cluster {
    fn id(&self) -> &str {
        self.arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn name(&self) -> Option<&str> {
        self.name()
    }
}

/// A region has up to a hundred clusters. Only those whose names can be ours cost a call each.
pub(super) async fn marked(
    cx: &Cx,
    near: &Near<Cluster>,
    mark: &Mark,
) -> Result<Vec<Marked<ClusterOutputs>>> {
    let Some(first) = near.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.scope.get()).await?;
    let names = Names::new(mark, near, |c| c.name.as_ref(), |one| &one.name);
    let call = aws.eks.list_clusters().into_paginator().items().send();
    let listed = pages("eks:ListClusters", call).await?;
    let ours = listed.iter().filter(|name| names.can_be(name));
    let read = each(ours, |name| describe(&aws, name)).await?;
    let there: Vec<_> = read.into_iter().flatten().collect();
    let see = |(owner, it)| Ok(found::marked(owner, it, live(it, None)?));
    carrying(&there, mark).into_iter().map(see).collect()
}

async fn look(aws: &Clients, wanted: &Wanted<Cluster>) -> Result<Seen<ClusterOutputs>> {
    let recorded = wanted.outputs.as_ref().map(|o| &o.name);
    let Some(name) = recorded.or(wanted.name.as_ref()) else { return Ok(Seen::Absent) };
    Ok(match describe(aws, name).await? {
        Some(found) if tags::belongs(wanted, pairs(found.tags())) => {
            live(&found, Some(&wanted.inputs))?.into()
        }
        _ => Seen::Absent,
    })
}

pub(super) async fn describe(aws: &Clients, name: &str) -> Result<Option<types::Cluster>> {
    let call = aws.eks.describe_cluster().name(name).send().await;
    Ok(absent(call.map_err(fault("eks:DescribeCluster")))?.and_then(|found| found.cluster))
}

pub(super) fn outputs(found: &types::Cluster) -> Result<ClusterOutputs> {
    let missing = |field| move || incomplete("eks:DescribeCluster", field);
    let network = found.resources_vpc_config();
    let issuer = found.identity().and_then(|i| i.oidc()).and_then(|oidc| oidc.issuer());
    let authority = found.certificate_authority().and_then(types::Certificate::data);
    let group = network.and_then(types::VpcConfigResponse::cluster_security_group_id);
    Ok(ClusterOutputs {
        name: found.name().ok_or_else(missing("name"))?.to_owned(),
        arn: found.arn().ok_or_else(missing("arn"))?.into(),
        endpoint: found.endpoint().map(str::to_owned),
        certificate_authority: authority.map(str::to_owned),
        oidc_issuer: issuer.map(str::to_owned),
        security_group: group.map(Into::into),
    })
}

fn live(found: &types::Cluster, recorded: Option<&Cluster>) -> Result<Live<ClusterOutputs>> {
    let leaving = found.status() == Some(&ClusterStatus::Deleting);
    let live = Live::new(outputs(found)?, fields(found, recorded));
    Ok(live.tagged(pairs(found.tags())).leaving(leaving))
}

/// What AWS chose because the program left it open is left out, so that it is not compared.
fn fields(found: &types::Cluster, recorded: Option<&Cluster>) -> Json {
    let mut fields = json!({
        "version": found.version(),
        "role": found.role_arn(),
        "subnets": subnets(found),
        "endpoint": endpoint(found, recorded),
        "logging": logging(found),
        "deletion_protection": found.deletion_protection().unwrap_or_default(),
        "tags": tags::managed(pairs(found.tags())),
    });
    let mut set = |field: &str, value: Json| fields[field] = value;
    if recorded.is_some_and(|recorded| !recorded.security_groups.is_empty()) {
        set("security_groups", to_json(&security_groups(found)));
    }
    if recorded.is_some_and(|recorded| recorded.service_cidr.is_some()) {
        let network = found.kubernetes_network_config();
        set("service_cidr", to_json(&network.and_then(|n| n.service_ipv4_cidr())));
    }
    if recorded.is_some_and(|recorded| recorded.secrets_key.is_some()) {
        set("secrets_key", to_json(&secrets_key(found)));
    }
    if let Some(support) = support(found) {
        set("support", to_json(&support));
    }
    fields
}

/// Without public access AWS keeps a list of addresses that means nothing.
fn endpoint(found: &types::Cluster, recorded: Option<&Cluster>) -> Json {
    let recorded = recorded.map(|recorded| &recorded.endpoint);
    let Some(network) = found.resources_vpc_config() else { return to_json(&recorded) };
    let public = network.endpoint_public_access();
    let cidrs = if public {
        to_json(&network.public_access_cidrs())
    } else {
        to_json(&recorded.map_or(&[][..], |recorded| &recorded.public_cidrs))
    };
    json!({ "private": network.endpoint_private_access(), "public": public, "public_cidrs": cidrs })
}

pub(super) fn subnets(found: &types::Cluster) -> BTreeSet<&str> {
    let network = found.resources_vpc_config();
    network.into_iter().flat_map(types::VpcConfigResponse::subnet_ids).map(String::as_str).collect()
}

pub(super) fn security_groups(found: &types::Cluster) -> BTreeSet<&str> {
    let network = found.resources_vpc_config();
    network
        .into_iter()
        .flat_map(types::VpcConfigResponse::security_group_ids)
        .map(String::as_str)
        .collect()
}

pub(super) fn secrets_key(found: &types::Cluster) -> Option<&str> {
    found.encryption_config().iter().find_map(|config| config.provider()?.key_arn())
}

/// The support type; none where EKS does not tell.
pub(super) fn support(found: &types::Cluster) -> Option<SupportType> {
    match found.upgrade_policy()?.support_type()? {
        types::SupportType::Standard => Some(SupportType::Standard),
        types::SupportType::Extended => Some(SupportType::Extended),
        _ => None,
    }
}

/// The names of the logs that are on, in the words of the API.
pub(super) fn logging(found: &types::Cluster) -> BTreeSet<&str> {
    let setups = found.logging().into_iter().flat_map(types::Logging::cluster_logging);
    let on = setups.filter(|setup| setup.enabled() == Some(true));
    on.flat_map(types::LogSetup::types).map(types::LogType::as_str).collect()
}

/// The API's type for a log.
pub(super) fn log_type(log: LogType) -> types::LogType {
    match log {
        LogType::Api => types::LogType::Api,
        LogType::Audit => types::LogType::Audit,
        LogType::Authenticator => types::LogType::Authenticator,
        LogType::ControllerManager => types::LogType::ControllerManager,
        LogType::Scheduler => types::LogType::Scheduler,
    }
}

pub(super) fn issues(found: &types::Cluster) -> Vec<String> {
    let issues = found.health().into_iter().flat_map(types::ClusterHealth::issues);
    let text = |one: &types::ClusterIssue| {
        let code = one.code().map(types::ClusterIssueCode::as_str);
        issue(code, one.message(), one.resource_ids())
    };
    issues.map(text).collect()
}
