//! Makes, changes and deletes VPC endpoints, and waits for them.

use super::{
    CHANGES, EndpointType, VpcEndpoint, VpcEndpointOutputs,
    observe::{describe, has_policy, outputs, state},
};
use crate::{
    Clients, VpcEndpointId,
    ec2::tags::{specification, sync_tags},
    fault::{absent, fault, incomplete},
};
use aws_sdk_ec2::{
    operation::modify_vpc_endpoint::builders::ModifyVpcEndpointFluentBuilder,
    types::{self, ResourceType},
};
use groundplan_core::{Class, Fault, Fields, Patience, Probe, Result, StepCx, Val, to_json};
use std::{collections::BTreeSet, fmt::Display};

impl VpcEndpoint {
    pub(super) async fn try_create(
        &self,
        cx: &StepCx,
        aws: &Clients,
    ) -> Result<types::VpcEndpoint> {
        let action = "ec2:CreateVpcEndpoint";
        let call = aws
            .ec2
            .create_vpc_endpoint()
            .client_token(cx.token())
            .vpc_id(self.vpc.get().as_str())
            .service_name(self.service_name())
            .set_policy_document(self.policy.as_ref().map(|policy| policy.get().clone()))
            .tag_specifications(specification(cx, ResourceType::VpcEndpoint, &self.tags));
        let call = match self.endpoint_type {
            EndpointType::Gateway => call
                .vpc_endpoint_type(types::VpcEndpointType::Gateway)
                .set_route_table_ids(Some(ids(&self.route_tables))),
            EndpointType::Interface => call
                .vpc_endpoint_type(types::VpcEndpointType::Interface)
                .set_subnet_ids(Some(ids(&self.subnets)))
                .set_security_group_ids(Some(ids(&self.security_groups)))
                .private_dns_enabled(self.private_dns)
                .ip_address_type(self.ip_address_type()),
        };
        let made = call.send().await.map_err(fault(action)).map_err(|fault| self.explain(fault))?;
        made.vpc_endpoint.ok_or_else(|| incomplete(action, "vpcEndpoint"))
    }

    fn ip_address_type(&self) -> types::IpAddressType {
        to_json(&self.ip_type).as_str().unwrap_or_default().into()
    }

    fn explain(&self, fault: Fault) -> Fault {
        let why = fault.why.clone().unwrap_or_default();
        if fault.is("InvalidServiceName") {
            return fault.hint(format!(
                "see what there is: `aws ec2 describe-vpc-endpoint-services --region {}`",
                self.scope.get().region
            ));
        }
        if fault.is("InvalidParameter") && why.contains("private-dns-enabled") {
            return fault.hint(
                "set `dns_support` and `dns_hostnames` of the VPC, or take `private_dns` from the endpoint that has the name",
            );
        }
        fault
    }

    pub(super) async fn change(
        &self,
        cx: &StepCx,
        aws: &Clients,
        id: &VpcEndpointId,
        approved: &Fields,
    ) -> Result<VpcEndpointOutputs> {
        let changes = CHANGES.iter().any(|path| approved.has(path));
        // A change whose answer was lost is sent again, while the endpoint is busy with it.
        let busy = |fault: &Fault| fault.is("IncorrectState");
        let change = || async {
            let found = self.at_rest(cx, aws, id).await?;
            let call = changes.then(|| self.difference(aws, &found, approved)).flatten();
            let Some(call) = call else { return Ok(found) };
            let sent = call.vpc_endpoint_id(id.as_str()).send().await;
            sent.map_err(fault("ec2:ModifyVpcEndpoint")).map_err(|f| self.explain(f))?;
            self.at_rest(cx, aws, id).await
        };
        let found = cx.retry(Patience::SECONDS, busy, change).await?;
        sync_tags(cx, &aws.ec2, id.as_str(), found.tags(), &self.tags, approved).await?;
        Ok(outputs(&found))
    }

    /// The call that brings what is approved to what is wanted; none if it is so.
    fn difference(
        &self,
        aws: &Clients,
        live: &types::VpcEndpoint,
        approved: &Fields,
    ) -> Option<ModifyVpcEndpointFluentBuilder> {
        let mut call = aws.ec2.modify_vpc_endpoint();
        let untouched = call.as_input().clone();
        if approved.has("route_tables") {
            let (add, remove) = sets(live.route_table_ids(), &ids(&self.route_tables));
            call = call.set_add_route_table_ids(add).set_remove_route_table_ids(remove);
        }
        if approved.has("subnets") {
            let (add, remove) = sets(live.subnet_ids(), &ids(&self.subnets));
            call = call.set_add_subnet_ids(add).set_remove_subnet_ids(remove);
        }
        if approved.has("security_groups") {
            let groups = live.groups().iter().filter_map(|group| group.group_id.clone());
            let (add, remove) = sets(&groups.collect::<Vec<_>>(), &ids(&self.security_groups));
            call = call.set_add_security_group_ids(add).set_remove_security_group_ids(remove);
        }
        let interface = self.endpoint_type == EndpointType::Interface;
        if interface
            && approved.has("private_dns")
            && live.private_dns_enabled().unwrap_or_default() != self.private_dns
        {
            call = call.private_dns_enabled(self.private_dns);
        }
        let ip_type = self.ip_address_type();
        if interface && approved.has("ip_type") && live.ip_address_type() != Some(&ip_type) {
            call = call.ip_address_type(ip_type);
        }
        if approved.has("policy") && !has_policy(live, self.policy.as_ref()) {
            call = match &self.policy {
                Some(policy) => call.policy_document(policy.get()),
                None => call.reset_policy(true),
            };
        }
        (*call.as_input() != untouched).then_some(call)
    }

    /// Waits until it is available.
    async fn at_rest(
        &self,
        cx: &StepCx,
        aws: &Clients,
        id: &VpcEndpointId,
    ) -> Result<types::VpcEndpoint> {
        cx.wait(Patience::MINUTES, "the VPC endpoint to be available", || async {
            let Some(found) = describe(aws, id).await? else {
                return Ok(Probe::not_yet("not visible yet"));
            };
            match state(&found).to_lowercase().as_str() {
                "available" => Ok(Probe::Ready(found)),
                "pendingacceptance" => {
                    Ok(Probe::not_yet("waits for the service's owner to accept it"))
                }
                "rejected" | "failed" | "expired" | "deleting" | "partial" => {
                    Err(failed(cx, &found))
                }
                state => Ok(Probe::not_yet(state)),
            }
        })
        .await
    }
}

fn failed(cx: &StepCx, found: &types::VpcEndpoint) -> Fault {
    let id = found.vpc_endpoint_id().unwrap_or_default();
    let why = found.last_error().and_then(|error| error.message());
    Fault::new(Class::Other, format!("the VPC endpoint {id} is {}", state(found)))
        .why(why.unwrap_or("EC2 gives no reason"))
        .hint(format!("mend the cause, then make it anew: `apply --replace {}`", cx.address()))
}

pub(super) async fn delete(aws: &Clients, id: &VpcEndpointId) -> Result<()> {
    let action = "ec2:DeleteVpcEndpoints";
    let call = aws.ec2.delete_vpc_endpoints().vpc_endpoint_ids(id.as_str()).send().await;
    let Some(done) = absent(call.map_err(fault(action)))? else { return Ok(()) };
    let Some(error) = done.unsuccessful().first().and_then(|item| item.error()) else {
        return Ok(());
    };
    let code = error.code().unwrap_or("unknown");
    if code.ends_with(".NotFound") {
        return Ok(());
    }
    Err(Fault::new(Class::Other, format!("{action} failed"))
        .code(code)
        .why(error.message().unwrap_or("no reason given"))
        .hint("mend what it names, then run the same command again"))
}

/// Only when it is gone its interfaces have let go of their subnets.
pub(super) async fn until_gone(cx: &StepCx, aws: &Clients, id: &VpcEndpointId) -> Result<()> {
    cx.wait(Patience::MINUTES, "the VPC endpoint to be gone", || async {
        Ok(match describe(aws, id).await? {
            None => Probe::Ready(()),
            Some(found) => Probe::not_yet(state(&found)),
        })
    })
    .await
}

fn ids<T: Display>(of: &[Val<T>]) -> Vec<String> {
    of.iter().map(|id| id.get().to_string()).collect()
}

/// What to add and what to remove; none where there is nothing.
fn sets(live: &[String], wanted: &[String]) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let (live, wanted): (BTreeSet<_>, BTreeSet<_>) =
        (live.iter().collect(), wanted.iter().collect());
    let some = |one: &BTreeSet<&String>, other: &BTreeSet<&String>| {
        let only: Vec<_> = one.difference(other).map(|id| (*id).clone()).collect();
        (!only.is_empty()).then_some(only)
    };
    (some(&wanted, &live), some(&live, &wanted))
}
