//! What is not ours is neither taken nor deleted.

use super::{FIRST, platform, the_fault, trust_of_account};
use crate::harness::Wire;
use groundplan::aws::{
    Arn,
    eks::{AccessEntry, AccessPolicy, AccessPolicyName, Addon, Cluster, NodeGroup},
    iam::{OidcProvider, Role, RolePolicy, RolePolicyAttachment},
};
use groundplan::{Class, Stack};

/// The fault of a program of one resource, with what it would have changed.
async fn refused(wire: &Wire, stack: Stack) -> (String, String) {
    let (report, calls) = wire.try_apply(stack).await;
    let [(_, fault)] = &report.failed[..] else { panic!("{report:#?}") };
    assert_eq!(fault.class, Class::NotOurs, "{fault}");
    assert!(calls.len() <= 1, "only the create that was refused: {calls:#?}");
    assert_eq!(wire.snapshot().await.entries.len(), 1, "only the account stays on record");
    the_fault(&report)
}

#[tokio::test]
async fn what_another_stack_made_is_not_taken() {
    let host = Wire::new("host");
    host.apply(platform(&host, FIRST)).await;
    let outputs = |address: &'static str| {
        let host = &host;
        async move { host.outputs(address).await }
    };
    let issuer = outputs("eks.cluster/main").await["oidc_issuer"].as_str().unwrap().to_owned();
    let role = |name: &str| Arn::from(format!("arn:aws:iam::123456789012:role/{name}"));
    let subnet = |outputs: serde_json::Value| {
        groundplan::aws::SubnetId::from(outputs["id"].as_str().unwrap()).into()
    };
    let subnets = [subnet(outputs("ec2.subnet/a").await), subnet(outputs("ec2.subnet/b").await)];
    let wire = Wire::new("guest");
    let (mut stack, scope) = wire.stack();
    let same_name =
        Role { name: Some("host-operator".into()), ..Role::new(scope, trust_of_account()) };
    stack.add("taken", same_name);
    let (fault, hint) = refused(&wire, stack).await;
    let whose = "iam.role/taken: a role `host-operator` exists already and is not this resource's: its tags say that it is iam.role/operator (generation 0) of the stack `host`";
    assert!(fault.starts_with(whose), "{fault}");
    assert!(hint.contains("another `name`"), "{hint}");

    let (mut stack, scope) = wire.stack();
    stack.add("taken", OidcProvider::new(scope, issuer.into()));
    let (fault, _) = refused(&wire, stack).await;
    assert!(fault.contains("iam.oidc_provider/main (generation 0) of the stack `host`"), "{fault}");

    let (mut stack, scope) = wire.stack();
    let policy = Arn::from("arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy");
    stack.add("taken", RolePolicyAttachment::new(scope, "host-node".into(), policy.into()));
    let (fault, _) = refused(&wire, stack).await;
    assert!(fault.contains("has the policy arn:aws:iam::aws:policy/AmazonEKSWorker"), "{fault}");

    let (mut stack, scope) = wire.stack();
    let policy = RolePolicy::new(scope, "host-cni".into(), "network", trust_of_account());
    stack.add("taken", policy);
    let (fault, _) = refused(&wire, stack).await;
    assert!(fault.contains("`host-cni` has a policy `network`"), "{fault}");

    let (mut stack, scope) = wire.stack();
    let control = role("host-control").into();
    let cluster = Cluster::new(scope, "1.35", control, subnets.clone());
    stack.add("taken", Cluster { name: Some("host-main".into()), ..cluster });
    let (fault, _) = refused(&wire, stack).await;
    assert!(fault.contains("a cluster `host-main` exists already"), "{fault}");

    let (mut stack, scope) = wire.stack();
    let node = role("host-node").into();
    let group = NodeGroup::new(scope, "host-main".into(), node, subnets);
    stack.add("taken", NodeGroup { name: Some("host-general".into()), ..group });
    let (fault, _) = refused(&wire, stack).await;
    assert!(fault.contains("a node group `host-general` exists already"), "{fault}");

    let (mut stack, scope) = wire.stack();
    stack.add("taken", Addon::new(scope, "host-main".into(), "coredns"));
    let (fault, _) = refused(&wire, stack).await;
    assert!(fault.contains("eks.addon/dns (generation 0) of the stack `host`"), "{fault}");

    let (mut stack, scope) = wire.stack();
    stack.add("taken", AccessEntry::new(scope, "host-main".into(), role("host-operator").into()));
    let (fault, _) = refused(&wire, stack).await;
    assert!(fault.contains("the access entry of arn:aws:iam::123456789012:role/host"), "{fault}");

    let (mut stack, scope) = wire.stack();
    let (principal, view) = (role("host-operator").into(), AccessPolicyName::View);
    stack.add("taken", AccessPolicy::new(scope, "host-main".into(), principal, view));
    let (fault, _) = refused(&wire, stack).await;
    assert!(fault.contains("AmazonEKSViewPolicy already"), "{fault}");
    assert!(fault.contains(r#"{"namespaces":["airbyte","datahub"]}"#), "{fault}");
    host.destroy().await;
}

#[tokio::test]
async fn what_somebody_else_marked_is_not_deleted() {
    let wire = Wire::new("marked");
    let (mut stack, scope) = wire.stack();
    stack.add("mine", Role::new(scope, trust_of_account()));
    wire.apply(stack).await;
    let aws = wire.clients().await;
    let untag = aws.iam.untag_role().role_name("marked-mine").tag_keys("groundplan:lineage");
    untag.send().await.unwrap();
    let (fault, hint) = the_fault(&wire.try_destroy().await);
    assert!(fault.contains("the role `marked-mine` is not this resource's"), "{fault}");
    assert_eq!(hint, "to leave it be: `apply state forget iam.role/mine`");
    aws.iam.delete_role().role_name("marked-mine").send().await.unwrap();
    wire.destroy().await;
}

#[tokio::test]
async fn what_holds_a_role_is_named() {
    let wire = Wire::new("held");
    let (mut stack, scope) = wire.stack();
    stack.add("mine", Role::new(scope, trust_of_account()));
    wire.apply(stack).await;
    let aws = wire.clients().await;
    let policy = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy";
    let attach = || aws.iam.attach_role_policy().role_name("held-mine").policy_arn(policy);
    attach().send().await.unwrap();
    let profile = aws.iam.create_instance_profile().instance_profile_name("eks-made-this");
    profile.send().await.unwrap();
    let add = aws.iam.add_role_to_instance_profile().instance_profile_name("eks-made-this");
    add.role_name("held-mine").send().await.unwrap();

    let (fault, hint) = the_fault(&wire.try_destroy().await);
    assert!(fault.contains("DeleteConflict"), "{fault}");
    assert!(hint.contains(policy) && hint.contains("the instance profile eks-made-this"), "{hint}");

    let remove = aws.iam.remove_role_from_instance_profile().role_name("held-mine");
    remove.instance_profile_name("eks-made-this").send().await.unwrap();
    let profile = aws.iam.delete_instance_profile().instance_profile_name("eks-made-this");
    profile.send().await.unwrap();
    let detach = aws.iam.detach_role_policy().role_name("held-mine").policy_arn(policy);
    detach.send().await.unwrap();
    wire.destroy().await;
}

#[tokio::test]
async fn a_node_group_of_others_keeps_the_cluster() {
    let wire = Wire::new("shared");
    wire.apply(platform(&wire, FIRST)).await;
    let aws = wire.clients().await;
    let subnet = wire.outputs("ec2.subnet/a").await["id"].as_str().unwrap().to_owned();
    let call = aws.eks.create_nodegroup().cluster_name("shared-main").nodegroup_name("theirs");
    let call = call.node_role("arn:aws:iam::123456789012:role/shared-node").subnets(subnet);
    call.send().await.unwrap();

    let report = wire.try_destroy().await;
    let cluster = report.failed.iter().find(|(a, _)| a.to_string() == "eks.cluster/main");
    let (_, fault) = cluster.unwrap_or_else(|| panic!("{report:#?}"));
    assert_eq!(
        fault.hint.as_deref(),
        Some("still in it: the node group theirs; delete them, then run again")
    );
    let delete = aws.eks.delete_nodegroup().cluster_name("shared-main").nodegroup_name("theirs");
    delete.send().await.unwrap();
    let gone = || aws.eks.describe_nodegroup().cluster_name("shared-main").nodegroup_name("theirs");
    while gone().send().await.is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    wire.destroy().await;
}
