//! Each change takes exactly the calls that it needs.

use super::{FIRST, Version, platform, the_fault};
use crate::harness::Wire;
use groundplan::aws::eks::{Scaling, SupportType};

const CONFIG: &str = "POST /clusters/change-main/update-config";
const GROUP: &str = "POST /clusters/change-main/node-groups/change-general/update-config";

#[tokio::test]
async fn each_change_takes_its_call() {
    let wire = Wire::new("change");
    wire.apply(platform(&wire, FIRST)).await;
    let entry = "/clusters/change-main/access-entries/arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fchange-operator";
    let (groups, policies) = (format!("POST {entry}"), format!("POST {entry}/access-policies"));
    let changes: [(Version, &str, &[&str]); 9] = [
        (
            Version { public: Some("203.0.113.0/24"), ..FIRST },
            "update eks.cluster/main endpoint.public: false → true",
            &[CONFIG],
        ),
        (
            Version { scheduler: true, ..FIRST },
            r#"update eks.cluster/main logging: ["api","audit"] → ["api","audit","scheduler"]"#,
            &[CONFIG],
        ),
        (
            Version { support: SupportType::Standard, ..FIRST },
            r#"update eks.cluster/main support: "EXTENDED" → "STANDARD""#,
            &[CONFIG],
        ),
        (
            Version { scheduler: true, public: Some("203.0.113.0/24"), ..FIRST },
            "update eks.cluster/main endpoint.public: false → true",
            &[CONFIG, CONFIG],
        ),
        (
            Version { scaling: Scaling { min: 1, desired: 2, max: 3 }, ..FIRST },
            "update eks.node_group/general scaling.desired: 1 → 2",
            &[GROUP],
        ),
        (
            Version { pool: "big", ..FIRST },
            r#"update eks.node_group/general labels.pool: "general" → "big""#,
            &[GROUP],
        ),
        (
            Version { replicas: 2, ..FIRST },
            r#"update eks.addon/dns configuration: "{\"replicaCount\":1}" → "{\"replicaCount\":2}""#,
            &["POST /clusters/change-main/addons/coredns/update"],
        ),
        (
            Version { group: "admins", ..FIRST },
            r#"update eks.access_entry/operator groups: ["operators"] → ["admins"]"#,
            &[&groups],
        ),
        (
            Version { namespaces: &[], ..FIRST },
            r#"update eks.access_policy/view access: {"namespaces":["airbyte","datahub"]} → "cluster""#,
            &[&policies],
        ),
    ];
    for (next, line, expected) in changes {
        let plan = wire.plan(platform(&wire, next)).await;
        assert!(plan.contains(&line.to_owned()), "{line} in {plan:#?}");
        assert_eq!(wire.apply(platform(&wire, next)).await, expected, "{line}");
        assert_eq!(wire.plan(platform(&wire, next)).await, [""; 0], "after {line}");
        wire.apply(platform(&wire, FIRST)).await;
    }
    wire.destroy().await;
}

#[tokio::test]
async fn a_tag_changes_on_everything() {
    let wire = Wire::new("tag");
    wire.apply(platform(&wire, FIRST)).await;
    let next = Version { team: "platform", ..FIRST };
    let calls = wire.apply(platform(&wire, next)).await;
    // The cluster, two add-ons, a node group, an access entry; and the OIDC provider.
    let tagged = calls.iter().filter(|call| call.starts_with("POST /tags/")).count();
    assert_eq!(tagged, 5, "{calls:#?}");
    assert!(calls.contains(&"TagOpenIDConnectProvider".to_owned()), "{calls:#?}");
    assert_eq!(calls.len(), 6, "{calls:#?}");
    assert_eq!(wire.plan(platform(&wire, next)).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_version_is_raised_minor_by_minor_and_never_lowered() {
    let wire = Wire::new("raise");
    wire.apply(platform(&wire, FIRST)).await;
    let next = Version { kubernetes: "1.35", ..FIRST };
    let plan = wire.plan(platform(&wire, next)).await;
    let line = r#"update eks.cluster/main version: "1.33" → "1.35""#.to_owned();
    assert!(plan.contains(&line), "{plan:#?}");
    let calls = wire.apply(platform(&wire, next)).await;
    let raises = calls.iter().filter(|call| *call == "POST /clusters/raise-main/updates").count();
    assert_eq!(raises, 2, "{calls:#?}");
    let aws = wire.clients().await;
    let found = aws.eks.describe_cluster().name("raise-main").send().await.unwrap();
    assert_eq!(found.cluster().unwrap().version(), Some("1.35"));
    assert_eq!(wire.plan(platform(&wire, next)).await, [""; 0]);

    let (report, calls) = wire.try_apply(platform(&wire, FIRST)).await;
    let cluster = report.failed.iter().find(|(a, _)| a.to_string() == "eks.cluster/main");
    let (_, fault) = cluster.expect("the cluster's step fails");
    let hint = fault.hint.as_deref().unwrap_or_default();
    assert!(hint.starts_with("set `version` to `1.35`"), "{hint}");
    assert!(!calls.iter().any(|call| call.ends_with("/updates")), "{calls:#?}");
    wire.destroy().await;
}

#[tokio::test]
async fn an_autoscaler_is_left_in_peace() {
    let wire = Wire::new("autoscaled");
    let program = |max| {
        let scaling = Scaling { min: 1, desired: 1, max };
        platform(&wire, Version { scaling, autoscaled: true, ..FIRST })
    };
    wire.apply(program(3)).await;
    let aws = wire.clients().await;
    let scaling = aws_sdk_eks::types::NodegroupScalingConfig::builder().desired_size(2).build();
    let group = || {
        let call = aws.eks.describe_nodegroup().cluster_name("autoscaled-main");
        call.nodegroup_name("autoscaled-general").send()
    };
    let call = aws.eks.update_nodegroup_config().cluster_name("autoscaled-main");
    call.nodegroup_name("autoscaled-general").scaling_config(scaling).send().await.unwrap();
    assert_eq!(wire.plan(program(3)).await, [""; 0]);
    wire.apply(program(4)).await;
    let found = group().await.unwrap();
    let scaling = found.nodegroup().unwrap().scaling_config().unwrap().clone();
    assert_eq!((scaling.desired_size(), scaling.max_size()), (Some(2), Some(4)));
    wire.destroy().await;
}

#[tokio::test]
async fn a_key_for_secrets_is_refused_to_go() {
    // Covered without a server as well; here EKS itself holds the key.
    let wire = Wire::new("key");
    let program = |key: bool| super::encrypted(&wire, key);
    wire.apply(program(false)).await;
    assert_eq!(
        wire.apply(program(true)).await,
        ["POST /clusters/key-main/encryption-config/associate"]
    );
    assert_eq!(wire.plan(program(true)).await, [""; 0]);
    let (report, calls) = wire.try_apply(program(false)).await;
    let (fault, _) = the_fault(&report);
    assert!(fault.contains("stay encrypted with"), "{fault}");
    assert_eq!(calls, [""; 0]);
    wire.destroy().await;
}
