//! Rules over clusters, their nodes, their add-ons and who administers them.

use super::{AccessPolicy, AccessPolicyName, Addon, Cluster, LogType, NodeGroup, SupportType};
use crate::{
    Zone,
    ec2::Subnet,
    iam::{Role, RolePolicyAttachment},
    support,
};
use groundplan_core::{Address, Rule, Rules, Severity, Verdict, View, references, to_json};
use std::collections::BTreeSet;

const OPEN_ENDPOINT: Rule = Rule {
    id: "eks-open-endpoint",
    severity: Severity::Error,
    field: "endpoint.public_cidrs",
    why: "a flaw in the API server or a leaked token can be used from anywhere in the world",
    mend: "name the networks that administer the cluster, or turn `endpoint.public` off",
};
const PRIVATE_ENDPOINT: Rule = Rule {
    id: "eks-private-endpoint",
    severity: Severity::Warn,
    field: "endpoint.private",
    why: "nodes talk to the control plane over the internet, and stop when their way there does",
    mend: "set `endpoint.private`",
};
const AUDIT_LOGS: Rule = Rule {
    id: "eks-audit-logs",
    severity: Severity::Warn,
    field: "logging",
    why: "without them nobody can tell afterwards who did what in the cluster",
    mend: "add `Audit` and `Authenticator` to `logging`",
};
const VERSION: Rule = Rule {
    id: "eks-version-support",
    severity: Severity::Warn,
    field: "version",
    why: "after it AWS raises the version by itself, or charges six times as much for the control plane",
    mend: "raise `version`; a plan shows every hop",
};
const EXTENDED: Rule = Rule {
    id: "eks-extended-support",
    severity: Severity::Warn,
    field: "support",
    why: "a version that is forgotten costs six times as much, without anybody deciding so",
    mend: "set `support` to `Standard`",
};
const DELETION: Rule = Rule {
    id: "eks-deletion-protection",
    severity: Severity::Warn,
    field: "deletion_protection",
    why: "one call from a console or a script removes the cluster and all that runs in it",
    mend: "set `deletion_protection`",
};
const NODE_ZONES: Rule = Rule {
    id: "eks-nodes-one-zone",
    severity: Severity::Warn,
    field: "subnets",
    why: "all nodes go with the zone",
    mend: "give the node group a subnet in each of two zones or more",
};
const NODE_PUBLIC: Rule = Rule {
    id: "eks-nodes-public",
    severity: Severity::Error,
    field: "subnets",
    why: "every port that a pod opens on its host is on the internet",
    mend: "give the node group private subnets",
};
const NODE_SYSTEM: Rule = Rule {
    id: "eks-nodes-system",
    severity: Severity::Warn,
    field: "ami_type",
    why: "EKS makes no more images of Amazon Linux 2 since November 2025, so its nodes get no fixes",
    mend: "use `AL2023_x86_64_STANDARD` or a Bottlerocket type",
};
const NODE_ROLE: Rule = Rule {
    id: "eks-node-role",
    severity: Severity::Warn,
    field: "policy",
    why: "every pod can take the role of its node and change the network of the account",
    mend: "give the policy to a role of the add-on `vpc-cni` instead",
};
const CNI_ROLE: Rule = Rule {
    id: "eks-cni-role",
    severity: Severity::Warn,
    field: "role",
    why: "without a role of its own the add-on needs its rights on every node, where every pod has them",
    mend: "set `role` to one with `AmazonEKS_CNI_Policy`",
};
const ADMINISTRATORS: Rule = Rule {
    id: "eks-many-administrators",
    severity: Severity::Warn,
    field: "policy",
    why: "each of them can read every secret and remove everything",
    mend: "keep administrators to a break-glass role and the deployment's; give others `Edit` or `View`",
};
const ADDONS: Rule = Rule {
    id: "eks-core-addons",
    severity: Severity::Warn,
    field: "name",
    why: "clusters here have no network, service addresses or names until an add-on brings them",
    mend: "add an `Addon` for each that is missing",
};

pub(crate) fn rules() -> Rules {
    Rules::new()
        .on(OPEN_ENDPOINT, open_endpoint)
        .on(PRIVATE_ENDPOINT, |cluster: &Cluster, _: &View<'_>| {
            (!cluster.endpoint.private).then_some("the private endpoint is off")
        })
        .on(AUDIT_LOGS, audit_logs)
        .on(VERSION, |cluster: &Cluster, view: &View<'_>| {
            support::ends(support::EKS, "Kubernetes", &cluster.version, view)
        })
        .on(EXTENDED, |cluster: &Cluster, _: &View<'_>| {
            (cluster.support == SupportType::Extended).then_some("extended support is on")
        })
        .on(DELETION, |cluster: &Cluster, _: &View<'_>| {
            (!cluster.deletion_protection).then_some("EKS would delete it when asked")
        })
        .on(NODE_ZONES, one_zone)
        .on(NODE_PUBLIC, public_nodes)
        .on(NODE_SYSTEM, |group: &NodeGroup, _: &View<'_>| {
            let old = group.ami_type.starts_with("AL2_");
            old.then(|| format!("the nodes run Amazon Linux 2 (`{}`)", group.ami_type))
        })
        .across(NODE_ROLE, node_role)
        .on(CNI_ROLE, |addon: &Addon, _: &View<'_>| {
            (addon.name == "vpc-cni" && addon.role.is_none()).then_some("it has no role of its own")
        })
        .across(ADMINISTRATORS, administrators)
        .across(ADDONS, core_addons)
}

fn open_endpoint(cluster: &Cluster, _: &View<'_>) -> Option<String> {
    let endpoint = &cluster.endpoint;
    if !endpoint.public {
        return None;
    }
    // Without a list EKS takes every address.
    if endpoint.public_cidrs.is_empty() {
        return Some("the API server answers every address on the internet".into());
    }
    let wide = endpoint.public_cidrs.iter().find(|cidr| cidr.prefix() < 8)?;
    Some(format!("the API server answers {wide}"))
}

fn audit_logs(cluster: &Cluster, _: &View<'_>) -> Option<String> {
    let wanted = [(LogType::Audit, "audit"), (LogType::Authenticator, "authenticator")];
    let missing: Vec<_> =
        wanted.iter().filter(|(log, _)| !cluster.logging.contains(log)).map(|(_, n)| *n).collect();
    (!missing.is_empty()).then(|| format!("the log {} is off", missing.join(" and the log ")))
}

/// The zones of subnets; none if one of them is not in the program.
fn zones(group: &NodeGroup, view: &View<'_>) -> Option<BTreeSet<Zone>> {
    let zone = |subnet| view.source::<Subnet>(subnet).map(|(_, subnet)| subnet.zone);
    group.subnets.iter().map(zone).collect()
}

fn one_zone(group: &NodeGroup, view: &View<'_>) -> Verdict {
    if group.subnets.len() < 2 {
        return Verdict::Broken("the nodes are in one subnet".into());
    }
    match zones(group, view) {
        None => Verdict::Unknown,
        Some(zones) if zones.len() < 2 => Verdict::Broken("the nodes are in one zone".into()),
        Some(_) => Verdict::Kept,
    }
}

fn public_nodes(group: &NodeGroup, view: &View<'_>) -> Option<String> {
    let sources = group.subnets.iter().filter_map(|subnet| view.source::<Subnet>(subnet));
    let public = sources.into_iter().find(|(_, subnet)| subnet.public_ip);
    public.map(|(address, _)| format!("nodes in {address} get public addresses"))
}

fn node_role(view: &View<'_>) -> Vec<(Address, String)> {
    let groups = view.all::<NodeGroup>();
    let roles: BTreeSet<_> = groups
        .iter()
        .filter_map(|(_, group)| view.source::<Role>(&group.role))
        .map(|(a, _)| a)
        .collect();
    let of_nodes = |attachment: &RolePolicyAttachment| {
        let role = view.source::<Role>(&attachment.role);
        let cni = |arn: &crate::Arn| arn.as_str().ends_with("/AmazonEKS_CNI_Policy");
        role.is_some_and(|(role, _)| roles.contains(role))
            && attachment.policy.known().is_some_and(cni)
    };
    let all = view.all::<RolePolicyAttachment>().into_iter();
    let what = "the nodes' own role has the rights of the network add-on";
    all.filter(|(_, one)| of_nodes(one)).map(|(a, _)| (a.clone(), what.to_owned())).collect()
}

/// More administrators than these are hard to know by name.
const FEW: usize = 5;

fn administrators(view: &View<'_>) -> Vec<(Address, String)> {
    let mut found = Vec::new();
    for (address, cluster) in view.all::<Cluster>() {
        let of_it = |policy: &AccessPolicy| {
            policy.policy == AccessPolicyName::ClusterAdmin
                && is_of(&policy.cluster, address, &cluster)
        };
        let count = view.all::<AccessPolicy>().iter().filter(|(_, policy)| of_it(policy)).count();
        if count > FEW {
            found.push((address.clone(), format!("{count} identities administer it")));
        }
    }
    found
}

fn core_addons(view: &View<'_>) -> Vec<(Address, String)> {
    let addons = view.all::<Addon>();
    let mut found = Vec::new();
    for (address, cluster) in view.all::<Cluster>() {
        let has = |name: &str| {
            addons
                .iter()
                .any(|(_, addon)| addon.name == name && is_of(&addon.cluster, address, &cluster))
        };
        let missing: Vec<_> = ["vpc-cni", "kube-proxy", "coredns"]
            .into_iter()
            .filter(|name| !has(name))
            .map(|name| format!("`{name}`"))
            .collect();
        if !missing.is_empty() {
            found.push((address.clone(), format!("it has no add-on {}", missing.join(", "))));
        }
    }
    found
}

/// Whether a name is that of a cluster in the program.
fn is_of(name: &groundplan_core::Val<String>, address: &Address, cluster: &Cluster) -> bool {
    references(&to_json(name)).contains(address)
        || name.known().is_some_and(|name| cluster.name.as_ref() == Some(name))
}
