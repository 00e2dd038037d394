//! Clusters and what belongs to one.

use super::{
    ground::{Ground, cidr},
    specimen::Specimen,
    specimens,
};
use groundplan::aws::{
    Arn, SubnetId,
    ec2::{LaunchTemplate, Subnet},
    eks::{
        AccessEntry, AccessPolicy, AccessPolicyName, AccessScope, Addon, Capacity, Cluster,
        ClusterHandle, EndpointAccess, LogType, NodeGroup, PodIdentityAssociation, Scaling,
        SupportType, Taint, TaintEffect, TemplateVersion,
    },
};
use groundplan::{Val, json_text};

specimens![
    access_entry,
    access_policy,
    addon,
    cluster,
    node_group,
    node_group_from_template,
    pod_identity_association,
];

fn access_entry() -> Specimen<AccessEntry> {
    Specimen::new("entry", |ground| {
        let (cluster, principal) = (a_cluster(ground), principal(ground, "one"));
        AccessEntry::new(ground.scope(), cluster.name(), principal)
    })
    .tags(|entry| &mut entry.tags)
    .copies(|entry, ground, number| {
        entry.principal = principal(ground, &format!("role-{number}"));
    })
    .update("groups", |entry, _| entry.groups = vec!["operators".into()])
    .replace("principal", |entry, ground| entry.principal = principal(ground, "two"))
    .fixed("cluster", ANOTHER_CLUSTER)
}

fn access_policy() -> Specimen<AccessPolicy> {
    Specimen::new("access", |ground| {
        let entry = entry(ground, "one");
        let cluster = a_cluster(ground).name();
        AccessPolicy::new(ground.scope(), cluster, entry, AccessPolicyName::View)
    })
    .update("access", |policy, _| {
        policy.access = AccessScope::Namespaces(vec!["datahub".into()]);
    })
    .copies(|policy, ground, number| {
        policy.principal = entry(ground, &format!("role-{number}"));
    })
    .replace("policy", |policy, _| policy.policy = AccessPolicyName::Edit)
    .replace("principal", |policy, ground| policy.principal = entry(ground, "two"))
    .fixed("cluster", ANOTHER_CLUSTER)
}

fn addon() -> Specimen<Addon> {
    Specimen::new("addon", |ground| {
        let cluster = a_cluster(ground).name();
        Addon { degraded_is_ready: true, ..Addon::new(ground.scope(), cluster, "coredns") }
    })
    .tags(|addon| &mut addon.tags)
    .copies(|addon, _, number| {
        let names = ["coredns", "kube-proxy", "vpc-cni", "eks-pod-identity-agent"];
        addon.name = names[usize::from(number)].into();
    })
    .update("configuration", |addon, _| {
        addon.configuration = Some(json_text!({ "replicaCount": 1 }));
    })
    .replace("name", |addon, _| addon.name = "kube-proxy".into())
    .fixed("role", "of the add-ons without nodes none takes one; tested with `vpc-cni`")
    .fixed("version", "tested with its steps")
    .fixed("degraded_is_ready", "says how long to wait, and nothing of the object")
    .fixed("cluster", ANOTHER_CLUSTER)
}

fn cluster() -> Specimen<Cluster> {
    Specimen::new("cluster", |ground| {
        let cluster = plain_cluster(ground);
        Cluster { service_cidr: Some(cidr("172.20.0.0/16")), ..cluster }
    })
    .tags(|cluster| &mut cluster.tags)
    .copies(|_, _, _| {})
    .one_way("version", |cluster, _| cluster.version = "1.34".into())
    .update("subnets", |cluster, ground| {
        // EKS keeps to the zones that a cluster was made in.
        let (vpc, block) = (ground.vpc(), cidr("10.0.110.0/24"));
        let subnet = Subnet::new(ground.scope(), vpc.id(), block, Ground::zone("b"));
        cluster.subnets[1] = ground.add("b-too", subnet).id();
    })
    .update("security_groups", |cluster, ground| {
        cluster.security_groups = vec![ground.group("more").id()];
    })
    .update("endpoint", |cluster, _| {
        cluster.endpoint = EndpointAccess::public([cidr("203.0.113.0/24")]);
    })
    .update("logging", |cluster, _| {
        cluster.logging.insert(LogType::Scheduler);
    })
    .update("support", |cluster, _| cluster.support = SupportType::Extended)
    .replace("service_cidr", |cluster, _| cluster.service_cidr = Some(cidr("172.21.0.0/16")))
    .replace("role", |cluster, ground| {
        cluster.role = ground.role("other", "eks.amazonaws.com", &["AmazonEKSClusterPolicy"]).arn();
    })
    .replace("name", |cluster, _| cluster.name = Some("cluster-of-another-name".into()))
    .fixed("vpc", "it is that of the subnets")
    .fixed("secrets_key", "is set once and never taken away; tested with its refusal")
    .fixed("deletion_protection", "with it there is no end; tested with its refusal")
}

fn node_group() -> Specimen<NodeGroup> {
    Specimen::new("nodes", nodes)
        .tags(|nodes| &mut nodes.tags)
        .copies(|_, _, _| {})
        .update("scaling", |nodes, _| nodes.scaling = Scaling { min: 2, desired: 2, max: 3 })
        .update("labels", |nodes, _| {
            nodes.labels.insert("pool".into(), "general".into());
        })
        .update("taints", |nodes, _| {
            let (key, value) = ("pool".into(), Some("general".into()));
            nodes.taints = vec![Taint { key, value, effect: TaintEffect::PreferNoSchedule }];
        })
        .replace("instance_types", |nodes, _| nodes.instance_types = vec!["m7i.large".into()])
        .replace("ami_type", |nodes, _| nodes.ami_type = "BOTTLEROCKET_x86_64".into())
        .replace("capacity", |nodes, _| nodes.capacity = Capacity::Spot)
        .replace("disk_gib", |nodes, _| nodes.disk_gib = 100)
        .replace("subnets", |nodes, ground| nodes.subnets = vec![ground.subnet("c").id()])
        .replace("role", |nodes, ground| nodes.role = nodes_role(ground, "other-node"))
        .replace("name", |nodes, _| nodes.name = Some("nodes-of-another-name".into()))
        .fixed("launch_template", "covered by the next specimen")
        .fixed("cluster", ANOTHER_CLUSTER)
}

fn node_group_from_template() -> Specimen<NodeGroup> {
    const AS_BEFORE: &str = "covered by the specimen before";
    Specimen::new("templated-nodes", |ground| {
        let launch_template = Some(template(ground, "one"));
        NodeGroup { launch_template, ..nodes(ground) }
    })
    .update("launch_template", |nodes, _| {
        nodes.launch_template.iter_mut().for_each(|template| template.version = "2".into());
    })
    .replace("launch_template", |nodes, ground| {
        nodes.launch_template = Some(template(ground, "two"));
    })
    .fixed("tags", AS_BEFORE)
    .fixed("scaling", AS_BEFORE)
    .fixed("labels", AS_BEFORE)
    .fixed("taints", AS_BEFORE)
    .fixed("instance_types", AS_BEFORE)
    .fixed("ami_type", AS_BEFORE)
    .fixed("capacity", AS_BEFORE)
    .fixed("subnets", AS_BEFORE)
    .fixed("role", AS_BEFORE)
    .fixed("name", AS_BEFORE)
    .fixed("disk_gib", "a template says it in its place")
    .fixed("cluster", ANOTHER_CLUSTER)
}

fn pod_identity_association() -> Specimen<PodIdentityAssociation> {
    Specimen::new("pod-identity", |ground| {
        let (cluster, role) = (a_cluster(ground).name(), pods_role(ground, "one"));
        PodIdentityAssociation::new(ground.scope(), cluster, "datahub", "frontend", role)
    })
    .tags(|association| &mut association.tags)
    .copies(|association, _, number| association.namespace = format!("team-{number}"))
    .update("role", |association, ground| association.role = pods_role(ground, "two"))
    .replace("namespace", |association, _| association.namespace = "airbyte".into())
    .replace("service_account", |association, _| association.service_account = "server".into())
    .fixed("cluster", ANOTHER_CLUSTER)
}

fn pods_role(ground: &mut Ground, name: &str) -> Val<Arn> {
    ground.role(name, "pods.eks.amazonaws.com", &[]).arn()
}

fn template(ground: &mut Ground, name: &str) -> TemplateVersion {
    let template = ground.add(name, LaunchTemplate::new(ground.scope()));
    TemplateVersion { id: template.id(), version: "1".into() }
}

/// One machine in a cluster with a network.
fn nodes(ground: &mut Ground) -> NodeGroup {
    let cluster = a_cluster(ground);
    let cni =
        Addon { degraded_is_ready: true, ..Addon::new(ground.scope(), cluster.name(), "vpc-cni") };
    let cni = ground.add("cni", cni);
    ground.before.insert(cni.address().clone());
    let role = nodes_role(ground, "node");
    let subnets = subnets(ground);
    NodeGroup {
        scaling: Scaling { min: 1, desired: 1, max: 2 },
        ..NodeGroup::new(ground.scope(), cluster.name(), role, subnets)
    }
}

const ANOTHER_CLUSTER: &str =
    "replaced as every other fixed field is, and a second cluster is slow";

fn subnets(ground: &mut Ground) -> Vec<Val<SubnetId>> {
    vec![ground.subnet("a").id(), ground.subnet("b").id()]
}

fn plain_cluster(ground: &mut Ground) -> Cluster {
    let role = ground.role("control", "eks.amazonaws.com", &["AmazonEKSClusterPolicy"]).arn();
    let subnets = subnets(ground);
    let cluster = Cluster::new(ground.scope(), "1.33", role, subnets);
    Cluster { deletion_protection: false, ..cluster }
}

fn a_cluster(ground: &mut Ground) -> ClusterHandle {
    let cluster = plain_cluster(ground);
    ground.add("main", cluster)
}

fn nodes_role(ground: &mut Ground, name: &str) -> Val<Arn> {
    let policies = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"];
    ground.role(name, "ec2.amazonaws.com", &policies).arn()
}

fn principal(ground: &mut Ground, name: &str) -> Val<Arn> {
    ground.role(name, "ec2.amazonaws.com", &[]).arn()
}

fn entry(ground: &mut Ground, name: &str) -> Val<Arn> {
    let (cluster, principal) = (a_cluster(ground), principal(ground, name));
    let entry = AccessEntry::new(ground.scope(), cluster.name(), principal);
    ground.add(name, entry).principal()
}
