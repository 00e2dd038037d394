//! Everything comes, stays as it is, and goes.

use super::{FIRST, network, platform, service_role, the_fault};
use crate::harness::{Wire, eventually};
use groundplan::aws::eks::Cluster;
use groundplan::{Options, Stack};

#[tokio::test]
async fn a_cluster_comes_with_all_that_belongs_to_it_and_goes() {
    let wire = Wire::new("life");
    let calls = wire.apply(platform(&wire, FIRST)).await;
    let creates: Vec<_> = calls.iter().filter(|call| call.starts_with("POST")).collect();
    assert_eq!(
        creates,
        [
            "POST /clusters",
            "POST /clusters/life-main/access-entries",
            "POST /clusters/life-main/access-entries/arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Flife-operator/access-policies",
            "POST /clusters/life-main/addons",
            "POST /clusters/life-main/addons",
            "POST /clusters/life-main/node-groups",
            "POST /clusters/life-main/pod-identity-associations",
        ],
        "each is made by one call"
    );
    let cluster = wire.outputs("eks.cluster/main").await;
    assert!(cluster["oidc_issuer"].as_str().unwrap().starts_with("https://"), "{cluster}");
    for later in ["endpoint", "certificate_authority", "security_group"] {
        assert!(cluster[later].is_string(), "{later} of {cluster}");
    }
    assert_eq!(wire.plan(platform(&wire, FIRST)).await, [""; 0]);
    assert_eq!(wire.apply(platform(&wire, FIRST)).await, [""; 0]);

    wire.destroy().await;
    let aws = wire.clients().await;
    let clusters = aws.eks.list_clusters().send().await.unwrap();
    assert!(!clusters.clusters().contains(&"life-main".to_owned()));
    let roles = aws.iam.list_roles().send().await.unwrap();
    let ours = roles.roles().iter().filter(|role| role.role_name().starts_with("life-"));
    assert_eq!(ours.count(), 0);
}

/// A cluster that is protected, as by default.
fn protected(wire: &Wire) -> Stack {
    let (mut stack, scope) = wire.stack();
    let subnets = network(&mut stack, &scope);
    let policies = ["AmazonEKSClusterPolicy"];
    let (role, after) = service_role(&mut stack, &scope, "control", "eks.amazonaws.com", &policies);
    let cluster = Cluster::new(scope, "1.35", role, subnets);
    stack.add_with("main", cluster, Options { after, ..Options::default() });
    stack
}

#[tokio::test]
async fn a_protected_cluster_goes_only_when_told_so() {
    let wire = Wire::new("protected");
    wire.apply(protected(&wire)).await;
    assert_eq!(wire.plan(protected(&wire)).await, [""; 0]);
    let (fault, hint) = the_fault(&wire.try_destroy().await);
    assert_eq!(
        fault,
        "eks.cluster/main: the cluster `protected-main` is protected from being deleted: its `deletion_protection` is on"
    );
    assert!(hint.contains("--unprotect eks.cluster/main"), "{hint}");
    wire.destroy_unprotected(&["eks.cluster/main"]).await;
}

#[tokio::test]
async fn with_a_cluster_that_is_gone_its_children_are_gone() {
    let wire = Wire::new("gone");
    wire.apply(platform(&wire, FIRST)).await;
    let aws = wire.clients().await;
    let eks = &aws.eks;
    let group = eks.delete_nodegroup().cluster_name("gone-main").nodegroup_name("gone-general");
    group.send().await.unwrap();
    eventually(async || eks.delete_cluster().name("gone-main").send().await).await;
    eventually(async || match eks.describe_cluster().name("gone-main").send().await {
        Ok(still_there) => Err(still_there),
        Err(_) => Ok(()),
    })
    .await;
    let plan = wire.plan(platform(&wire, FIRST)).await;
    for address in [
        "eks.cluster/main",
        "eks.addon/cni",
        "eks.addon/dns",
        "eks.node_group/general",
        "eks.access_entry/operator",
        "eks.access_policy/view",
    ] {
        assert!(plan.contains(&format!("create {address}")), "{address} in {plan:#?}");
    }
    wire.destroy().await;
}
