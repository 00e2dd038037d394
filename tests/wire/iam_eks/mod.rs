//! IAM and EKS: a cluster with all that belongs to it, in versions.

mod change;
mod drift;
mod health;
mod iam;
mod life;
mod lost;
mod refuse;
mod rights;

use crate::{
    harness::{ACCOUNT, REGION, Wire},
    trust::{trust, trust_of_account},
};
use groundplan::aws::{
    Arn, Scope, Tags,
    ec2::{Subnet, Vpc},
    eks::{
        AccessEntry, AccessPolicy, AccessPolicyName, AccessScope, Addon, AddonVersion, Cluster,
        EndpointAccess, LogType, NodeGroup, PodIdentityAssociation, Scaling, SupportType, Taint,
        TaintEffect,
    },
    iam::{OidcProvider, Role, RolePolicy, RolePolicyAttachment},
};
use groundplan::{Address, Options, Report, Stack, Val, json_text, text};
use std::collections::BTreeSet;

/// What versions of the program differ in.
#[derive(Clone, Copy)]
struct Version {
    /// A tag on everything that has tags.
    team: &'static str,
    kubernetes: &'static str,
    /// From where the API server can be reached besides the VPC.
    public: Option<&'static str>,
    /// Whether the scheduler logs too.
    scheduler: bool,
    support: SupportType,
    scaling: Scaling,
    /// Whether somebody else decides how many nodes there are.
    autoscaled: bool,
    /// A label and a taint of the nodes.
    pool: &'static str,
    /// How many copies of the cluster's DNS there are to be.
    replicas: u32,
    /// A Kubernetes group of the operators.
    group: &'static str,
    /// Where they may look; everywhere if empty.
    namespaces: &'static [&'static str],
}

const FIRST: Version = Version {
    team: "data",
    kubernetes: "1.33",
    public: None,
    scheduler: false,
    support: SupportType::Extended,
    scaling: Scaling { min: 1, desired: 1, max: 2 },
    autoscaled: false,
    pool: "general",
    replicas: 1,
    group: "operators",
    namespaces: &["datahub", "airbyte"],
};

/// The first version.
pub(crate) fn first(wire: &Wire) -> Stack {
    platform(wire, FIRST)
}

/// One in which everything changes that can change in place.
pub(crate) fn second(wire: &Wire) -> Stack {
    let second = Version {
        team: "platform",
        kubernetes: "1.34",
        public: Some("203.0.113.0/24"),
        scheduler: true,
        support: SupportType::Standard,
        scaling: Scaling { min: 1, desired: 2, max: 2 },
        autoscaled: false,
        pool: "big",
        replicas: 2,
        group: "admins",
        namespaces: &[],
    };
    platform(wire, second)
}

/// The program. A cluster can be deleted in it without lifting anything.
fn platform(wire: &Wire, version: Version) -> Stack {
    let (stack, scope) = wire.stack();
    platform_in(stack, scope, version)
}

fn platform_in(mut stack: Stack, scope: Val<Scope>, version: Version) -> Stack {
    let tags = || Tags::from([("team".to_owned(), version.team.to_owned())]);
    let subnets = network(&mut stack, &scope);

    let (control, rights) = service_role(
        &mut stack,
        &scope,
        "control",
        "eks.amazonaws.com",
        &["AmazonEKSClusterPolicy"],
    );
    let mut logging = BTreeSet::from([LogType::Api, LogType::Audit]);
    logging.extend(version.scheduler.then_some(LogType::Scheduler));
    let cidr = |text: &str| text.parse().expect("a block");
    let cluster = Cluster {
        endpoint: match version.public {
            None => EndpointAccess::private(),
            Some(from) => EndpointAccess::public([cidr(from)]),
        },
        service_cidr: Some(cidr("172.20.0.0/16")),
        logging,
        support: version.support,
        deletion_protection: false,
        tags: tags(),
        ..Cluster::new(scope.clone(), version.kubernetes, control, subnets.clone())
    };
    let after = Options { after: rights, ..Options::default() };
    let cluster = stack.add_with("main", cluster, after);

    let provider =
        OidcProvider { tags: tags(), ..OidcProvider::new(scope.clone(), cluster.oidc_issuer()) };
    let provider = stack.add("main", provider);
    let cni_role = pod_role(&mut stack, &scope, provider.arn(), &cluster.oidc_issuer());
    let cni_version = AddonVersion::new(scope.clone(), "vpc-cni", version.kubernetes);
    let cni_version = stack.derive("cni", cni_version).version();
    let cni = Addon {
        version: Some(cni_version),
        role: Some(cni_role),
        tags: tags(),
        ..Addon::new(scope.clone(), cluster.name(), "vpc-cni")
    };
    let cni = stack.add("cni", cni).address().clone();
    let dns = Addon {
        configuration: Some(json_text!({ "replicaCount": version.replicas })),
        degraded_is_ready: true,
        tags: tags(),
        ..Addon::new(scope.clone(), cluster.name(), "coredns")
    };
    stack.add("dns", dns);

    let worker = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"];
    let (node, mut rights) = service_role(&mut stack, &scope, "node", "ec2.amazonaws.com", &worker);
    rights.insert(cni);
    let nodes = NodeGroup {
        scaling: version.scaling,
        labels: [("pool".to_owned(), version.pool.to_owned())].into(),
        taints: vec![Taint {
            key: "pool".into(),
            value: Some(version.pool.into()),
            effect: TaintEffect::PreferNoSchedule,
        }],
        tags: tags(),
        ..NodeGroup::new(scope.clone(), cluster.name(), node, subnets)
    };
    let ignore = version.autoscaled.then(|| "scaling.desired".to_owned()).into_iter().collect();
    stack.add_with("general", nodes, Options { after: rights, ignore, ..Options::default() });

    let operator = stack.add("operator", Role::new(scope.clone(), trust_of_account()));
    let (namespace, account) = ("datahub", "frontend");
    let pods = PodIdentityAssociation::new(
        scope.clone(),
        cluster.name(),
        namespace,
        account,
        operator.arn(),
    );
    stack.add("frontend", pods);
    let entry = AccessEntry {
        groups: vec![version.group.to_owned()],
        tags: tags(),
        ..AccessEntry::new(scope.clone(), cluster.name(), operator.arn())
    };
    let entry = stack.add("operator", entry);
    let view = AccessPolicyName::View;
    let view = AccessPolicy::new(scope, cluster.name(), entry.principal(), view);
    let names: Vec<_> = version.namespaces.iter().map(|&name| name.to_owned()).collect();
    let access =
        if names.is_empty() { AccessScope::Cluster } else { AccessScope::Namespaces(names) };
    stack.add("view", AccessPolicy { access, ..view });
    stack
}

fn network(stack: &mut Stack, scope: &Val<Scope>) -> [Val<groundplan::aws::SubnetId>; 2] {
    let cidr = |text: &str| text.parse().expect("a block");
    let vpc = stack.add("main", Vpc::new(scope.clone(), cidr("10.0.0.0/16"))).id();
    [("a", "10.0.0.0/24"), ("b", "10.0.1.0/24")].map(|(zone, block)| {
        let subnet = Subnet::new(
            scope.clone(),
            vpc.clone(),
            cidr(block),
            format!("{REGION}{zone}").as_str().into(),
        );
        stack.add(zone, subnet).id()
    })
}

/// A role for a service of AWS, and what must be there before it can do its work.
fn service_role(
    stack: &mut Stack,
    scope: &Val<Scope>,
    name: &str,
    service: &str,
    policies: &[&str],
) -> (Val<Arn>, BTreeSet<Address>) {
    let role = stack.add(name, Role::new(scope.clone(), trust(service)));
    let attach = |policy: &&str| {
        let arn = Arn::from(format!("arn:aws:iam::aws:policy/{policy}"));
        let attachment = RolePolicyAttachment::new(scope.clone(), role.name(), arn.into());
        stack.add(&format!("{name}-{}", policy.to_lowercase()), attachment).address().clone()
    };
    let rights = policies.iter().map(attach).collect();
    (role.arn(), rights)
}

/// A role that the pods of one service account can take.
fn pod_role(
    stack: &mut Stack,
    scope: &Val<Scope>,
    provider: Val<Arn>,
    issuer: &Val<String>,
) -> Val<Arn> {
    let trust = json_text!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": provider },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": { "StringEquals": {
                (text!("{}:aud", issuer).as_key()): "sts.amazonaws.com",
                (text!("{}:sub", issuer).as_key()): "system:serviceaccount:kube-system:aws-node",
            } },
        }],
    });
    let role = stack.add("cni", Role::new(scope.clone(), trust));
    let document = json_text!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": ["ec2:DescribeSubnets"], "Resource": "*" }],
    });
    let policy = RolePolicy::new(scope.clone(), role.name(), "network", document);
    stack.add("cni", policy);
    role.arn()
}

/// The one failure of a run, and its hint.
fn the_fault(report: &Report) -> (String, String) {
    let [(address, fault)] = &report.failed[..] else { panic!("{report:#?}") };
    (format!("{address}: {fault}"), fault.hint.clone().unwrap_or_default())
}

/// A cluster alone, with a key for its secrets or without.
fn encrypted(wire: &Wire, key: bool) -> Stack {
    let (mut stack, scope) = wire.stack();
    let subnets = network(&mut stack, &scope);
    let policies = ["AmazonEKSClusterPolicy"];
    let (role, after) = service_role(&mut stack, &scope, "control", "eks.amazonaws.com", &policies);
    let arn = Arn::from(format!(
        "arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000001"
    ));
    let cluster = Cluster {
        secrets_key: key.then(|| arn.into()),
        deletion_protection: false,
        ..Cluster::new(scope, "1.35", role, subnets)
    };
    stack.add_with("main", cluster, Options { after, ..Options::default() });
    stack
}
