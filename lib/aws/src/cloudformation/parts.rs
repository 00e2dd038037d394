//! What is in a stack as objects of kinds: what its resources are, and the parts that templates write inside
//! of others or that have no id of their own. Parts are looked for where they are, so they are found however
//! the template says them, and so is what somebody added by hand.

use super::{
    map::{self, Mapped},
    stack::CloudStack,
    whole::Wholes,
};
use crate::{Clients, Scope, fault::fault, found::pages, snippet::Existing};
use aws_sdk_ec2::types::{Filter, InternetGateway, Route, RouteOrigin, SecurityGroupRule};
use groundplan_core::{Address, Result};
use std::collections::{BTreeMap, BTreeSet};

/// What is in a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// What can be taken up.
    pub objects: Vec<Existing>,
    /// Objects of which not every stack has one: those that are there can be taken up.
    pub maybe: Vec<Existing>,
    /// What stays where it is, known to nobody here.
    pub left: Vec<Left>,
}

/// A resource that no kind is for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Left {
    /// Its type, such as `AWS::SQS::Queue`.
    #[serde(rename = "type")]
    pub of: String,
    /// Its name in the template, or that of what it is part of.
    pub logical: String,
    /// What its service calls it.
    pub physical: String,
    /// Why.
    pub why: String,
}

/// Looks for what is in a stack. Reads only.
///
/// # Errors
/// If a read fails.
pub async fn contents(aws: &Clients, scope: &Scope, stack: &CloudStack) -> Result<Contents> {
    let all = crate::registry();
    let mut found = Finder { aws, scope, found: Contents::default(), taken: BTreeSet::new() };
    let here = Wholes::of(stack);
    let mut wholes: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for one in &stack.resources {
        let leave = |why: &str| Left {
            of: one.of.clone(),
            logical: one.logical.clone(),
            physical: one.physical.clone(),
            why: why.to_owned(),
        };
        match map::of(one, |kind| all.meta(kind).is_some()) {
            Mapped::Object(kind, id) => {
                let name = found.add(kind, &one.logical, &id);
                wholes.entry(one.of.as_str()).or_default().push((name, id));
            }
            Mapped::Ip(address) => found.ip(&one.logical, &address).await?,
            Mapped::Part(part) if !here.has(&one.logical, part) => {
                let why = format!("part of no {} of this stack", part.whole);
                found.found.left.push(leave(&why));
            }
            Mapped::Part(_) | Mapped::Nothing => {}
            Mapped::Left(why) => found.found.left.push(leave(why)),
        }
    }
    for (of, wholes) in wholes {
        found.parts(of, &wholes).await?;
    }
    Ok(found.found)
}

struct Finder<'a> {
    aws: &'a Clients,
    scope: &'a Scope,
    found: Contents,
    taken: BTreeSet<Address>,
}

impl Finder<'_> {
    /// Adds an object; its name.
    fn add(&mut self, kind: &str, name: &str, id: &str) -> String {
        let address = map::address(kind, name, &mut self.taken);
        let name = address.name().to_owned();
        self.found.objects.push(Existing { address, id: id.to_owned() });
        name
    }

    fn maybe(&mut self, kind: &str, name: &str, id: &str) {
        let address = map::address(kind, name, &mut self.taken);
        self.found.maybe.push(Existing { address, id: id.to_owned() });
    }

    fn leave(&mut self, of: &str, logical: &str, physical: &str, why: &str) {
        let [of, logical, physical, why] = [of, logical, physical, why].map(str::to_owned);
        self.found.left.push(Left { of, logical, physical, why });
    }

    async fn parts(&mut self, of: &str, wholes: &[(String, String)]) -> Result<()> {
        match of {
            "AWS::EC2::InternetGateway" => self.attachments(wholes).await,
            "AWS::EC2::RouteTable" => self.routes(wholes).await,
            "AWS::EC2::SecurityGroup" => self.rules(wholes).await,
            "AWS::IAM::Role" => self.policies(wholes).await,
            "AWS::KMS::Key" => {
                for (name, id) in wholes {
                    self.maybe("kms.key_policy", name, &map::key_arn(self.scope, id));
                }
                Ok(())
            }
            "AWS::ECR::Repository" => {
                for (name, id) in wholes {
                    self.maybe("ecr.repository_policy", name, id);
                    self.maybe("ecr.lifecycle_policy", name, id);
                }
                Ok(())
            }
            "AWS::OpenSearchService::Domain" => {
                for (name, id) in wholes {
                    self.maybe("opensearch.domain_policy", name, id);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn ip(&mut self, logical: &str, address: &str) -> Result<()> {
        let call = self.aws.ec2.describe_addresses().filters(one_of("public-ip", [address]));
        let answer = call.send().await.map_err(fault("ec2:DescribeAddresses"))?;
        let there = answer.addresses().first().and_then(|there| there.allocation_id());
        match there {
            Some(id) => drop(self.add("ec2.elastic_ip", logical, id)),
            None => self.leave("AWS::EC2::EIP", logical, address, "it is not there any more"),
        }
        Ok(())
    }

    async fn attachments(&mut self, gateways: &[(String, String)]) -> Result<()> {
        let ids = gateways.iter().map(|(_, id)| id.as_str());
        let call = self.aws.ec2.describe_internet_gateways();
        let call = call.filters(one_of("internet-gateway-id", ids)).into_paginator();
        let listed = pages("ec2:DescribeInternetGateways", call.items().send()).await?;
        for (name, id) in gateways {
            let gateway = listed.iter().find(|one| one.internet_gateway_id() == Some(id));
            let vpcs = gateway.into_iter().flat_map(InternetGateway::attachments);
            for vpc in vpcs.filter_map(|attachment| attachment.vpc_id()) {
                self.add("ec2.gateway_attachment", name, &format!("{id}:{vpc}"));
            }
        }
        Ok(())
    }

    async fn routes(&mut self, tables: &[(String, String)]) -> Result<()> {
        let ids = tables.iter().map(|(_, id)| id.as_str());
        let call = self.aws.ec2.describe_route_tables();
        let call = call.filters(one_of("route-table-id", ids)).into_paginator();
        let listed = pages("ec2:DescribeRouteTables", call.items().send()).await?;
        for (name, id) in tables {
            let Some(table) = listed.iter().find(|one| one.route_table_id() == Some(id)) else {
                continue;
            };
            let made = table
                .routes()
                .iter()
                .filter(|route| route.origin() == Some(&RouteOrigin::CreateRoute));
            for route in made {
                match (route.destination_cidr_block(), leads_somewhere_known(route)) {
                    (Some(block), true) => {
                        let called = if block == "0.0.0.0/0" { "default" } else { block };
                        let called = format!("{name}-{called}");
                        self.add("ec2.route", &called, &format!("{id}/{block}"));
                    }
                    // An endpoint's, which brings it and takes it away.
                    (None, _) if route.destination_prefix_list_id().is_some() => {}
                    (block, _) => {
                        let block = block.or(route.destination_ipv6_cidr_block());
                        let to = block.unwrap_or_default();
                        self.leave(
                            "AWS::EC2::Route",
                            name,
                            to,
                            "no kind has routes that lead there",
                        );
                    }
                }
            }
            for subnet in table.associations().iter().filter_map(|one| one.subnet_id()) {
                let called = self.named(subnet);
                self.add("ec2.route_table_association", &called, subnet);
            }
        }
        Ok(())
    }

    /// What an object of this id is called here; its id if it is not of this stack.
    fn named(&self, id: &str) -> String {
        let known = self.found.objects.iter().find(|one| one.id == id);
        known.map_or_else(|| id.to_owned(), |one| one.address.name().to_owned())
    }

    async fn rules(&mut self, groups: &[(String, String)]) -> Result<()> {
        let ids = groups.iter().map(|(_, id)| id.as_str());
        let call = self.aws.ec2.describe_security_group_rules();
        let call = call.filters(one_of("group-id", ids)).into_paginator();
        let listed = pages("ec2:DescribeSecurityGroupRules", call.items().send()).await?;
        for (name, group) in groups {
            for rule in listed.iter().filter(|rule| rule.group_id() == Some(group)) {
                let id = rule.security_group_rule_id().unwrap_or_default();
                let known = rule.cidr_ipv4().is_some() || rule.referenced_group_info().is_some();
                if known {
                    self.add("ec2.security_group_rule", &called(name, rule), id);
                } else {
                    let why = "no kind has rules for IPv6 or prefix lists";
                    self.leave("AWS::EC2::SecurityGroup", name, id, why);
                }
            }
        }
        Ok(())
    }

    async fn policies(&mut self, roles: &[(String, String)]) -> Result<()> {
        for (name, role) in roles {
            let inline = self.aws.iam.list_role_policies().role_name(role).into_paginator();
            let inline = pages("iam:ListRolePolicies", inline.items().send()).await?;
            for policy in inline {
                let called = format!("{name}-{policy}");
                self.add("iam.role_policy", &called, &format!("{role}:{policy}"));
            }
            let attached = self.aws.iam.list_attached_role_policies().role_name(role);
            let attached = attached.into_paginator().items().send();
            for policy in pages("iam:ListAttachedRolePolicies", attached).await? {
                let arn = policy.policy_arn().unwrap_or_default();
                let called = format!("{name}-{}", policy.policy_name().unwrap_or_default());
                self.add("iam.role_policy_attachment", &called, &format!("{role}/{arn}"));
            }
        }
        Ok(())
    }
}

fn leads_somewhere_known(route: &Route) -> bool {
    let gateway = route.gateway_id().is_some_and(|id| id.starts_with("igw-"));
    gateway || route.nat_gateway_id().is_some() || route.vpc_peering_connection_id().is_some()
}

/// `app-in-443`, `app-out-all`.
fn called(group: &str, rule: &SecurityGroupRule) -> String {
    let way = if rule.is_egress() == Some(true) { "out" } else { "in" };
    let what = match (rule.ip_protocol(), rule.from_port(), rule.to_port()) {
        (Some("-1") | None, ..) => "all".to_owned(),
        (Some("tcp"), Some(from), Some(to)) if from == to => from.to_string(),
        (Some(protocol), Some(from), Some(to)) if from == to && from >= 0 => {
            format!("{protocol}-{from}")
        }
        (Some(protocol), Some(from), Some(to)) if from >= 0 => format!("{protocol}-{from}-{to}"),
        (Some(protocol), ..) => protocol.to_owned(),
    };
    format!("{group}-{way}-{what}")
}

fn one_of<'a>(name: &str, values: impl IntoIterator<Item = &'a str>) -> Filter {
    let values = values.into_iter().map(str::to_owned).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}
