//! Reads VPC endpoints, and puts what was read in the form of the inputs.

use super::{VpcEndpoint, VpcEndpointOutputs};
use crate::{
    Clients, VpcEndpointId,
    ec2::{
        read::{all, filter},
        tags::{live_tags, pairs},
    },
    found::{Listed, Match, find, pages, see_marked},
};
use aws_sdk_ec2::types::{self, Filter, State};
use groundplan_core::{
    Json, Live, Mark, Marked, Near, Result, Seen, Val, Wanted, json, same_policy,
};

impl Listed for types::VpcEndpoint {
    fn id(&self) -> &str {
        self.vpc_endpoint_id().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn says(&self) -> String {
        let parts = [Some(state(self)), self.service_name(), self.vpc_id()];
        parts.map(Option::unwrap_or_default).join(", ")
    }
}

/// Whether an endpoint is in a state. EC2 answers with small letters, its model has capitals.
pub(super) fn is(endpoint: &types::VpcEndpoint, wanted: &State) -> bool {
    state(endpoint).eq_ignore_ascii_case(wanted.as_str())
}

pub(super) fn state(endpoint: &types::VpcEndpoint) -> &str {
    endpoint.state().map_or("in an unknown state", State::as_str)
}

pub(super) fn outputs(endpoint: &types::VpcEndpoint) -> VpcEndpointOutputs {
    let names = endpoint.dns_entries().first().and_then(|entry| entry.dns_name());
    VpcEndpointOutputs {
        id: endpoint.vpc_endpoint_id().unwrap_or_default().into(),
        dns_name: names.map(str::to_owned),
    }
}

pub(super) fn seen(
    listed: &[types::VpcEndpoint],
    wanted: &[Wanted<VpcEndpoint>],
) -> Vec<Seen<VpcEndpointOutputs>> {
    let look = |w: &Wanted<VpcEndpoint>| {
        let recorded = w.outputs.as_ref().map(|o| o.id.as_str());
        match find(listed, w, recorded) {
            Match::None => Seen::Absent,
            Match::Many(found) => Seen::Ambiguous(found),
            Match::One(found) => live(found, Some(&w.inputs)).into(),
        }
    };
    wanted.iter().map(look).collect()
}

pub(super) fn marked(
    listed: &[types::VpcEndpoint],
    near: &Near<VpcEndpoint>,
    mark: &Mark,
) -> Vec<Marked<VpcEndpointOutputs>> {
    let like = |found: &types::VpcEndpoint| {
        let service = found.service_name().unwrap_or_default();
        near.iter().find(|one| one.service_name() == service)
    };
    see_marked(listed, mark, |found| live(found, like(found)))
}

/// What is there, in the words of the program where it says the same in others.
fn live(endpoint: &types::VpcEndpoint, wanted: Option<&VpcEndpoint>) -> Live<VpcEndpointOutputs> {
    let service = endpoint.service_name().unwrap_or_default();
    let same = wanted.filter(|wanted| wanted.service_name() == service);
    let groups: Vec<_> = endpoint.groups().iter().filter_map(|group| group.group_id()).collect();
    let mut fields = json!({
        "vpc": endpoint.vpc_id(),
        "service": same.map_or(service, |wanted| &wanted.service),
        "endpoint_type": endpoint.vpc_endpoint_type().map(aws_sdk_ec2::types::VpcEndpointType::as_str),
        "route_tables": endpoint.route_table_ids(),
        "subnets": endpoint.subnet_ids(),
        "security_groups": groups,
        "private_dns": endpoint.private_dns_enabled().unwrap_or_default(),
        "policy": policy(endpoint, wanted),
        "tags": live_tags(endpoint.tags()),
    });
    if let Some(kind) = endpoint.ip_address_type() {
        fields["ip_type"] = kind.as_str().into();
    }
    Live::new(outputs(endpoint), fields)
        .tagged(pairs(endpoint.tags()))
        .leaving(is(endpoint, &State::Deleting))
}

/// The policy; none if it is the one that lets everything through and nobody asked for it.
fn policy<'a>(endpoint: &'a types::VpcEndpoint, wanted: Option<&VpcEndpoint>) -> Option<&'a str> {
    let asked = wanted.is_some_and(|wanted| wanted.policy.is_some());
    endpoint.policy_document().filter(|text| asked || !lets_everything_through(text))
}

/// Whether a policy is the one that an endpoint has without any.
pub(super) fn lets_everything_through(document: &str) -> bool {
    let Ok(mut document) = serde_json::from_str::<Json>(document) else { return false };
    // Those of gateways have one, those of interfaces have none.
    document.as_object_mut().map(|document| document.remove("Version"));
    let all = json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" });
    same_policy(&document.to_string(), &json!({ "Statement": [all] }).to_string())
}

/// Whether the live policy is what is wanted.
pub(super) fn has_policy(endpoint: &types::VpcEndpoint, wanted: Option<&Val<String>>) -> bool {
    let live = endpoint.policy_document();
    match wanted {
        Some(wanted) => live.is_some_and(|live| same_policy(live, wanted.get())),
        None => live.is_none_or(lets_everything_through),
    }
}

pub(super) async fn describe(
    aws: &Clients,
    id: &VpcEndpointId,
) -> Result<Option<types::VpcEndpoint>> {
    Ok(list(aws, vec![filter("vpc-endpoint-id", [id.as_str()])]).await?.pop())
}

/// A deleted endpoint stays listed for a while.
pub(super) async fn list(aws: &Clients, filters: Vec<Filter>) -> Result<Vec<types::VpcEndpoint>> {
    let mut found = all(filters, |filter| {
        let call = aws.ec2.describe_vpc_endpoints().filters(filter);
        pages("ec2:DescribeVpcEndpoints", call.into_paginator().items().send())
    })
    .await?;
    found.retain(|endpoint| !is(endpoint, &State::Deleted));
    Ok(found)
}
