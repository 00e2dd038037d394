//! Kubernetes objects, Helm releases, DataHub.

use super::{Case, Edge, access};
use groundplan::{
    Json, Stack, json,
    kube::{Chart, HelmRelease, KubeObject},
};
use std::collections::BTreeMap;

pub(super) const CASES: &[Case] = &[
    ("kube-cluster-admin", |s| binding(s, "cluster-admin", "ops"), |s| binding(s, "view", "ops")),
    ("kube-anonymous", |s| binding(s, "view", "system:anonymous"), |s| binding(s, "view", "ops")),
    ("kube-wildcard-role", |s| role(s, &["*"]), |s| role(s, &["get", "list"])),
    (
        "kube-privileged",
        |s| pod(s, |p| p["containers"][0]["securityContext"] = json!({ "privileged": true })),
        |s| pod(s, |_| {}),
    ),
    (
        "kube-host-access",
        |s| pod(s, |p| p["volumes"] = json!([{ "name": "h", "hostPath": { "path": "/" } }])),
        |s| pod(s, |_| {}),
    ),
    ("kube-run-as-root", |s| pod(s, |p| p["securityContext"] = json!({})), |s| pod(s, |_| {})),
    (
        "kube-resources",
        |s| pod(s, |p| p["containers"][0]["resources"]["limits"] = json!({})),
        |s| pod(s, |_| {}),
    ),
    (
        "kube-image-tag",
        |s| pod(s, |p| p["containers"][0]["image"] = json!("registry:5000/app")),
        |s| pod(s, |_| {}),
    ),
    (
        "kube-public-service",
        |s| service(s, &[("scheme", "internet-facing")]),
        |s| service(s, &[("internal", "true")]),
    ),
    (
        "helm-plain-secret",
        |s| release(s, &json!({ "auth": { "rootPassword": "x" } })),
        |s| release(s, &json!({ "auth": { "existingPassword": "name", "secretKey": "key" } })),
    ),
    (
        "helm-image-tag",
        |s| release(s, &json!({ "image": { "tag": "latest" } })),
        |s| release(s, &json!({ "image": { "tag": "v1" } })),
    ),
    (
        "helm-public-service",
        |s| release(s, &json!({ "ui": [{ "service": { "type": "LoadBalancer" } }] })),
        |s| release(s, &json!({ "service": { "type": "ClusterIP" } })),
    ),
    (
        "helm-plain-http",
        |s| chart(s, "http://charts.example.com/"),
        |s| chart(s, "https://charts.example.com/"),
    ),
    ("datahub-passwords", |s| datahub(s, |v| v["extraEnvs"] = json!([])), |s| datahub(s, |_| {})),
    (
        "datahub-no-login",
        |s| datahub(s, |v| v["oidcAuthentication"]["enabled"] = json!(false)),
        |s| datahub(s, |_| {}),
    ),
    (
        "datahub-cookies",
        |s| datahub(s, |v| v["authCookies"]["secure"] = json!("false")),
        |s| datahub(s, |_| {}),
    ),
    ("datahub-token-authentication", |s| whole(s, &json!({})), |s| datahub(s, |_| {})),
    (
        "datahub-kafka-copies",
        |s| whole(s, &json!({ "global": { "kafka": { "replicationFactor": 1 } } })),
        |s| datahub(s, |_| {}),
    ),
];

pub(super) const EDGES: &[Edge] = &[
    ("kube-public-service", |s| service(s, &[]), true),
    ("kube-public-service", |s| service(s, &[("internal", "0.0.0.0/0")]), false),
    ("kube-public-service", |s| service(s, &[("internal", "false")]), true),
    ("kube-public-service", |s| service(s, &[("scheme", "internal")]), true),
    ("kube-public-service", |s| service(s, &[("type", "nlb")]), true),
    ("kube-public-service", |s| service(s, &[("type", "external")]), false),
    ("kube-public-service", |s| service(s, &[("type", "nlb-ip")]), false),
    (
        "kube-public-service",
        |s| service(s, &[("type", "external"), ("scheme", "internet-facing")]),
        true,
    ),
    ("kube-public-service", |s| classed(s, "service.k8s.aws/nlb"), false),
    ("helm-public-service", |s| balanced(s, &json!({})), true),
    ("helm-public-service", |s| balanced(s, &json!({ (annotation("internal")): "true" })), false),
    ("helm-public-service", |s| balanced(s, &json!({ (annotation("type")): "external" })), false),
    ("helm-plain-secret", |s| auth(s, &[("passwordSecretKey", "mysql-password")]), false),
    ("helm-plain-secret", |s| auth(s, &[("tokenKey", "a"), ("tokenName", "b")]), false),
    ("helm-plain-secret", |s| auth(s, &[("passwordSecretRef", "a")]), false),
    ("helm-plain-secret", |s| auth(s, &[("userSecretKey", "a"), ("existingSecret", "b")]), false),
    ("helm-plain-secret", |s| auth(s, &[("userSecretKey", "a"), ("secretRef", "b")]), false),
    ("helm-plain-secret", |s| auth(s, &[("webserverSecretKey", "a")]), true),
    ("helm-plain-secret", |s| auth(s, &[("password", "a"), ("existingSecret", "b")]), true),
    ("helm-plain-secret", |s| auth(s, &[("apiKey", "a")]), true),
];

fn object(stack: &mut Stack, manifest: Json) {
    stack.add("it", KubeObject::new(access(), manifest));
}

fn binding(stack: &mut Stack, role: &str, subject: &str) {
    object(
        stack,
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": { "name": "it" },
            "roleRef": { "kind": "ClusterRole", "name": role },
            "subjects": [{ "kind": "Group", "name": subject }],
        }),
    );
}

fn role(stack: &mut Stack, verbs: &[&str]) {
    object(
        stack,
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": { "name": "it" },
            "rules": [{ "apiGroups": [""], "resources": ["*"], "verbs": verbs }],
        }),
    );
}

/// A Deployment whose pods are as they should be but for one thing.
fn pod(stack: &mut Stack, change: fn(&mut Json)) {
    let mut pod = json!({
        "securityContext": { "runAsNonRoot": true },
        "containers": [{
            "name": "app",
            "image": "registry:5000/app@sha256:0",
            "resources": {
                "requests": { "cpu": "1", "memory": "1Gi" },
                "limits": { "memory": "1Gi" },
            },
        }],
    });
    change(&mut pod);
    object(
        stack,
        json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": { "name": "it" },
            "spec": { "template": { "spec": pod } },
        }),
    );
}

fn annotation(name: &str) -> String {
    format!("service.beta.kubernetes.io/aws-load-balancer-{name}")
}

fn service(stack: &mut Stack, annotations: &[(&str, &str)]) {
    let annotations: BTreeMap<_, _> =
        annotations.iter().map(|(name, value)| (annotation(name), *value)).collect();
    let metadata = json!({ "name": "it", "annotations": annotations });
    let spec = json!({ "type": "LoadBalancer" });
    object(
        stack,
        json!({ "apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec }),
    );
}

fn classed(stack: &mut Stack, class: &str) {
    let spec = json!({ "type": "LoadBalancer", "loadBalancerClass": class });
    let metadata = json!({ "name": "it" });
    object(
        stack,
        json!({ "apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec }),
    );
}

fn balanced(stack: &mut Stack, annotations: &Json) {
    let service = json!({ "type": "LoadBalancer", "annotations": annotations });
    release(stack, &json!({ "ui": { "service": service } }));
}

fn auth(stack: &mut Stack, values: &[(&str, &str)]) {
    let values: BTreeMap<_, _> = values.iter().copied().collect();
    release(stack, &json!({ "auth": values }));
}

fn add(stack: &mut Stack, chart: Chart, values: &Json) {
    let values = values.clone();
    stack.add("it", HelmRelease { values, ..HelmRelease::new(access(), "it", "default", chart) });
}

fn release(stack: &mut Stack, values: &Json) {
    add(stack, Chart::local("chart"), values);
}

fn chart(stack: &mut Stack, repository: &str) {
    add(stack, Chart::repository(repository, "app", "1.0.0"), &json!({}));
}

fn datahub(stack: &mut Stack, change: fn(&mut Json)) {
    let off = |name: &str| json!({ "name": name, "value": "false" });
    let mut frontend = json!({
        "oidcAuthentication": { "enabled": true },
        "authCookies": { "secure": "true" },
        "extraEnvs": [off("AUTH_JAAS_ENABLED"), off("AUTH_NATIVE_ENABLED")],
    });
    change(&mut frontend);
    whole(
        stack,
        &json!({
            "global": {
                "datahub": { "metadata_service_authentication": { "enabled": true } },
                "kafka": { "replicationFactor": 3 },
            },
            "datahub-frontend": frontend,
        }),
    );
}

fn whole(stack: &mut Stack, values: &Json) {
    add(stack, Chart::repository("https://helm.datahubproject.io/", "datahub", "1.1.0"), values);
}
