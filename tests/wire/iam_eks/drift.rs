//! What somebody changes behind the stack's back is shown field by field, and put back.

use super::{FIRST, platform};
use crate::harness::{Wire, eventually};
use aws_sdk_eks::types::{
    AccessScope, AccessScopeType, ClusterStatus, NodegroupScalingConfig, UpdateLabelsPayload,
    UpgradePolicyRequest,
};

#[tokio::test]
async fn drift_is_shown_by_field_and_put_back() {
    let wire = Wire::new("drift");
    wire.apply(platform(&wire, FIRST)).await;
    let aws = wire.clients().await;
    let eks = &aws.eks;
    let policy = UpgradePolicyRequest::builder().support_type("STANDARD".into()).build();
    let config = eks.update_cluster_config().name("drift-main").upgrade_policy(policy);
    config.send().await.unwrap();
    let labels = UpdateLabelsPayload::builder().add_or_update_labels("by-hand", "yes").build();
    let scaling = NodegroupScalingConfig::builder().desired_size(2).build();
    let group = eks.update_nodegroup_config().cluster_name("drift-main").labels(labels);
    let group = group.nodegroup_name("drift-general").scaling_config(scaling);
    group.send().await.unwrap();
    let principal = "arn:aws:iam::123456789012:role/drift-operator";
    let entry = eks.update_access_entry().cluster_name("drift-main").principal_arn(principal);
    entry.kubernetes_groups("intruders").send().await.unwrap();
    let scope = AccessScope::builder().r#type(AccessScopeType::Cluster).build();
    let policy = eks.associate_access_policy().cluster_name("drift-main").access_scope(scope);
    let policy = policy.principal_arn(principal);
    let view = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
    policy.policy_arn(view).send().await.unwrap();
    let dns = eks.update_addon().cluster_name("drift-main").addon_name("coredns");
    dns.configuration_values(r#"{"replicaCount": 3}"#).send().await.unwrap();
    let role = aws.iam.update_role().role_name("drift-operator").max_session_duration(7200);
    role.send().await.unwrap();
    let network = aws.iam.put_role_policy().role_name("drift-cni").policy_name("network");
    let all =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    network.policy_document(all).send().await.unwrap();
    let arn = wire.outputs("iam.oidc_provider/main").await["arn"].as_str().unwrap().to_owned();
    let tag = aws_sdk_iam::types::Tag::builder().key("team").value("other").build().unwrap();
    let tags = aws.iam.tag_open_id_connect_provider().open_id_connect_provider_arn(arn).tags(tag);
    tags.send().await.unwrap();
    eventually(async || {
        let found = eks.describe_cluster().name("drift-main").send().await.unwrap();
        let status = found.cluster().unwrap().status().unwrap().clone();
        if status == ClusterStatus::Active { Ok(()) } else { Err(status) }
    })
    .await;

    let plan = wire.plan(platform(&wire, FIRST)).await;
    for expected in [
        r#"update eks.cluster/main support: "STANDARD" → "EXTENDED" (drift)"#,
        r#"update eks.node_group/general labels.by-hand: "yes" → null (drift)"#,
        "update eks.node_group/general scaling.desired: 2 → 1 (drift)",
        r#"update eks.access_entry/operator groups: ["intruders"] → ["operators"] (drift)"#,
        r#"update eks.access_policy/view access: "cluster" → {"namespaces":["datahub","airbyte"]} (drift)"#,
        r#"update eks.addon/dns configuration: "{\"replicaCount\": 3}" → "{\"replicaCount\":1}" (drift)"#,
        "update iam.role/operator max_session_seconds: 7200 → 3600 (drift)",
        r#"update iam.oidc_provider/main tags.team: "other" → "data" (drift)"#,
    ] {
        assert!(plan.contains(&expected.to_owned()), "{expected} in {plan:#?}");
    }
    let document = "update iam.role_policy/cni document: ";
    assert!(plan.iter().any(|line| line.starts_with(document)), "{plan:#?}");
    assert_eq!(plan.len(), 9, "{plan:#?}");
    wire.apply(platform(&wire, FIRST)).await;
    assert_eq!(wire.plan(platform(&wire, FIRST)).await, [""; 0]);
    wire.destroy().await;
}
