//! Clusters.

use super::{Case, block, ec2, scope};
use groundplan::{
    Stack, Val,
    aws::{
        Arn,
        ec2::Subnet,
        eks::{
            AccessPolicy, AccessPolicyName, Addon, Cluster, ClusterHandle, EndpointAccess, LogType,
            NodeGroup, SupportType,
        },
        iam::{Role, RolePolicyAttachment},
    },
};

pub(super) const CASES: &[Case] = &[
    ("eks-open-endpoint", |s| open(s, &["0.0.0.0/0"]), |s| open(s, &["203.0.113.0/24"])),
    ("eks-private-endpoint", public_alone, |s| cluster(s, |_| {})),
    (
        "eks-audit-logs",
        |s| cluster(s, |c| c.logging.retain(|log| *log != LogType::Audit)),
        |s| cluster(s, |_| {}),
    ),
    ("eks-version-support", |s| cluster(s, |c| c.version = "1.34".into()), |s| cluster(s, |_| {})),
    (
        "eks-extended-support",
        |s| cluster(s, |c| c.support = SupportType::Extended),
        |s| cluster(s, |_| {}),
    ),
    (
        "eks-deletion-protection",
        |s| cluster(s, |c| c.deletion_protection = false),
        |s| cluster(s, |_| {}),
    ),
    ("eks-nodes-one-zone", |s| nodes(s, ["a", "a"], false, "AL2023_x86_64_STANDARD"), sound_nodes),
    ("eks-nodes-public", |s| nodes(s, ["a", "b"], true, "AL2023_x86_64_STANDARD"), sound_nodes),
    ("eks-nodes-system", |s| nodes(s, ["a", "b"], false, "AL2_x86_64"), sound_nodes),
    (
        "eks-node-role",
        |s| node_role(s, "AmazonEKS_CNI_Policy"),
        |s| node_role(s, "AmazonEKSWorkerNodePolicy"),
    ),
    (
        "eks-cni-role",
        |s| addon(s, None),
        |s| addon(s, Some(Arn::from("arn:aws:iam::1:role/cni").into())),
    ),
    ("eks-many-administrators", |s| administrators(s, 6), |s| administrators(s, 2)),
    (
        "eks-core-addons",
        |s| addons(s, &["vpc-cni"]),
        |s| addons(s, &["vpc-cni", "kube-proxy", "coredns"]),
    ),
];

fn add(stack: &mut Stack, change: fn(&mut Cluster)) -> ClusterHandle {
    let role = Arn::from("arn:aws:iam::111122223333:role/eks").into();
    let subnets = ["subnet-1", "subnet-2"].map(|id| Val::from(groundplan::aws::SubnetId::from(id)));
    let mut cluster = Cluster::new(scope(), "1.35", role, subnets);
    change(&mut cluster);
    stack.add("main", cluster)
}

fn cluster(stack: &mut Stack, change: fn(&mut Cluster)) {
    add(stack, change);
}

fn open(stack: &mut Stack, cidrs: &[&str]) {
    let role = Arn::from("arn:aws:iam::111122223333:role/eks").into();
    let subnets = ["subnet-1", "subnet-2"].map(|id| Val::from(groundplan::aws::SubnetId::from(id)));
    let endpoint = EndpointAccess::public(cidrs.iter().map(|cidr| block(cidr)));
    stack.add("main", Cluster { endpoint, ..Cluster::new(scope(), "1.35", role, subnets) });
}

fn public_alone(stack: &mut Stack) {
    cluster(stack, |cluster| {
        cluster.endpoint = EndpointAccess::public([block("203.0.113.0/24")]);
        cluster.endpoint.private = false;
    });
}

fn sound_nodes(stack: &mut Stack) {
    nodes(stack, ["a", "b"], false, "AL2023_x86_64_STANDARD");
}

fn nodes(stack: &mut Stack, zones: [&str; 2], public_ip: bool, ami_type: &str) {
    let vpc = ec2::vpc(stack);
    let private = ec2::subnet(stack, &vpc, 0, zones[0]);
    let zone = format!("eu-west-1{}", zones[1]).into();
    let other = Subnet::new(scope(), vpc.id(), block("10.0.1.0/24"), zone);
    let other = stack.add("other", Subnet { public_ip, ..other });
    let role = Arn::from("arn:aws:iam::111122223333:role/nodes").into();
    let group = NodeGroup::new(scope(), "main".into(), role, [private.id(), other.id()]);
    stack.add("main", NodeGroup { ami_type: ami_type.into(), ..group });
}

fn node_role(stack: &mut Stack, policy: &str) {
    let role = stack.add("nodes", Role::new(scope(), "{}".into()));
    let policy = Arn::from(format!("arn:aws:iam::aws:policy/{policy}"));
    stack.add("nodes", RolePolicyAttachment::new(scope(), role.name(), policy.into()));
    let subnets = ["subnet-1", "subnet-2"].map(|id| Val::from(groundplan::aws::SubnetId::from(id)));
    stack.add("main", NodeGroup::new(scope(), "main".into(), role.arn(), subnets));
}

fn addon(stack: &mut Stack, role: Option<Val<Arn>>) {
    stack.add("cni", Addon { role, ..Addon::new(scope(), "main".into(), "vpc-cni") });
}

fn administrators(stack: &mut Stack, count: usize) {
    let cluster = add(stack, |_| {});
    for number in 0..count {
        let principal = Arn::from(format!("arn:aws:iam::111122223333:role/admin-{number}"));
        let all = AccessPolicyName::ClusterAdmin;
        let policy = AccessPolicy::new(scope(), cluster.name(), principal.into(), all);
        stack.add(&format!("admin-{number}"), policy);
    }
}

fn addons(stack: &mut Stack, names: &[&str]) {
    let cluster = add(stack, |_| {});
    for name in names {
        stack.add(name, Addon::new(scope(), cluster.name(), *name));
    }
}
