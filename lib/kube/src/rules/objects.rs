//! Rules over Kubernetes objects: who may do what in a cluster, and what its pods may do.

use crate::{KubeObject, tree::items};
use groundplan_core::{Json, Rule, Rules, Severity, View};

const CLUSTER_ADMIN: Rule = Rule {
    id: "kube-cluster-admin",
    severity: Severity::Error,
    field: "manifest.roleRef",
    why: "whoever it is bound to reads every secret and removes everything",
    mend: "bind a role with the verbs and resources that are needed",
};
const ANONYMOUS: Rule = Rule {
    id: "kube-anonymous",
    severity: Severity::Error,
    field: "manifest.subjects",
    why: "whoever reaches the API server has these rights, without being asked who they are",
    mend: "bind named users, groups or service accounts",
};
const WILDCARD_ROLE: Rule = Rule {
    id: "kube-wildcard-role",
    severity: Severity::Warn,
    field: "manifest.rules",
    why: "it allows what nobody thought of, and kinds that do not exist yet",
    mend: "name the verbs and resources",
};
const PRIVILEGED: Rule = Rule {
    id: "kube-privileged",
    severity: Severity::Error,
    field: "manifest.spec",
    why: "a container that breaks out of its pod owns the node and every pod on it",
    mend: "take `privileged` out, and add the one capability that is needed",
};
const HOST: Rule = Rule {
    id: "kube-host-access",
    severity: Severity::Error,
    field: "manifest.spec",
    why: "the pod sees the traffic, processes or files of its node, the credentials of others among them",
    mend: "use a Service, or a volume that is not the node's",
};
const ESCALATION: Rule = Rule {
    id: "kube-run-as-root",
    severity: Severity::Warn,
    field: "manifest.spec",
    why: "a flaw in the program is at once a flaw with every right in its container",
    mend: "set `securityContext.runAsNonRoot` on the pod or the container",
};
const RESOURCES: Rule = Rule {
    id: "kube-resources",
    severity: Severity::Warn,
    field: "manifest.spec",
    why: "without requests a full node is taken for an empty one, without a limit one pod takes its memory",
    mend: "set `resources.requests` of cpu and memory, and `resources.limits.memory`",
};
const LATEST: Rule = Rule {
    id: "kube-image-tag",
    severity: Severity::Warn,
    field: "manifest.spec",
    why: "what runs changes with the next restart, and no plan shows it",
    mend: "name a version or a digest",
};
const PUBLIC_SERVICE: Rule = Rule {
    id: "kube-public-service",
    severity: Severity::Warn,
    field: "manifest.spec.type",
    why: "AWS puts a load balancer on the internet in front of it, and nothing asks who calls",
    mend: "use an Ingress with TLS and login, or annotate the Service: `aws-load-balancer-internal: \"true\"`",
};

pub(super) fn rules() -> Rules {
    Rules::new()
        .on(CLUSTER_ADMIN, |object: &KubeObject, _: &View<'_>| {
            let bound = object.manifest["roleRef"]["name"] == "cluster-admin";
            (is_binding(object) && bound).then_some("it binds `cluster-admin`")
        })
        .on(ANONYMOUS, anonymous)
        .on(WILDCARD_ROLE, wildcard_role)
        .on(PRIVILEGED, |object: &KubeObject, _: &View<'_>| {
            first(object, |_, container| {
                (container["securityContext"]["privileged"] == true).then_some("is privileged")
            })
        })
        .on(HOST, host)
        .on(ESCALATION, |object: &KubeObject, _: &View<'_>| {
            first(object, |pod, container| {
                let sure = |of: &Json| of["securityContext"]["runAsNonRoot"] == true;
                (!sure(pod) && !sure(container)).then_some("may run as root")
            })
        })
        .on(RESOURCES, |object: &KubeObject, _: &View<'_>| first(object, resources))
        .on(LATEST, |object: &KubeObject, _: &View<'_>| {
            first(object, |_, container| {
                let image = container["image"].as_str()?;
                (!is_pinned(image)).then_some("runs whatever its image is at the time")
            })
        })
        .on(PUBLIC_SERVICE, |object: &KubeObject, _: &View<'_>| {
            is_public(&object.manifest).then_some("it asks for a load balancer on the internet")
        })
}

fn is_binding(object: &KubeObject) -> bool {
    matches!(object.manifest["kind"].as_str(), Some("ClusterRoleBinding" | "RoleBinding"))
}

fn anonymous(object: &KubeObject, _: &View<'_>) -> Option<String> {
    let subjects = items(&object.manifest["subjects"]).filter_map(|s| s["name"].as_str());
    let open = |name: &&str| matches!(*name, "system:anonymous" | "system:unauthenticated");
    let found = subjects.filter(|_| is_binding(object)).find(open)?;
    Some(format!("it binds `{found}`"))
}

fn wildcard_role(object: &KubeObject, _: &View<'_>) -> Option<&'static str> {
    let is_role = matches!(object.manifest["kind"].as_str(), Some("ClusterRole" | "Role"));
    let any = |list: &Json| items(list).any(|item| item == "*");
    let wide = items(&object.manifest["rules"]).any(|r| any(&r["verbs"]) && any(&r["resources"]));
    (is_role && wide).then_some("it allows every verb on every resource of a group")
}

/// The pods that an object makes.
fn pod(manifest: &Json) -> Option<&Json> {
    let spec = manifest.get("spec")?;
    match manifest["kind"].as_str()? {
        "Pod" => Some(spec),
        "CronJob" => spec.pointer("/jobTemplate/spec/template/spec"),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => {
            spec.pointer("/template/spec")
        }
        _ => None,
    }
}

/// What is found first of the containers.
fn first<'a>(
    object: &'a KubeObject,
    find: impl Fn(&'a Json, &'a Json) -> Option<&'static str>,
) -> Option<String> {
    let pod = pod(&object.manifest)?;
    items(&pod["initContainers"]).chain(items(&pod["containers"])).find_map(|container| {
        let name = container["name"].as_str().unwrap_or("without a name");
        find(pod, container).map(|what| format!("container `{name}` {what}"))
    })
}

fn host(object: &KubeObject, _: &View<'_>) -> Option<String> {
    let pod = pod(&object.manifest)?;
    let shared =
        ["hostNetwork", "hostPID", "hostIPC"].into_iter().find(|field| pod[*field] == true);
    let path = items(&pod["volumes"]).find_map(|v| v["hostPath"]["path"].as_str());
    match (shared, path) {
        (Some(field), _) => Some(format!("its pods have `{field}`")),
        (None, Some(path)) => Some(format!("its pods mount `{path}` of the node")),
        (None, None) => None,
    }
}

fn resources(_: &Json, container: &Json) -> Option<&'static str> {
    let has = |path: &str| container["resources"].pointer(path).is_some();
    if !has("/requests/cpu") || !has("/requests/memory") {
        return Some("does not say what it needs");
    }
    (!has("/limits/memory")).then_some("may take all memory of its node")
}

/// Whether an image's name says which one it is.
pub(super) fn is_pinned(image: &str) -> bool {
    let tag = image.rsplit('/').next().and_then(|last| last.split_once(':')).map(|(_, tag)| tag);
    image.contains('@') || tag.is_some_and(|tag| tag != "latest")
}

/// Whether a Service asks for a load balancer on the internet.
pub(crate) fn is_public(manifest: &Json) -> bool {
    let spec = &manifest["spec"];
    let balanced = manifest["kind"] == "Service" && spec["type"] == "LoadBalancer";
    balanced && faces_internet(&manifest["metadata"]["annotations"], &spec["loadBalancerClass"])
}

/// Whether a load balancer for a Service with these annotations and this class is on the internet. The
/// controller that is part of Kubernetes makes an internal one only where it is told so; the AWS Load
/// Balancer Controller, which makes those of its types and class, and EKS Auto Mode one on the internet
/// only where they are.
pub(super) fn faces_internet(annotations: &Json, class: &Json) -> bool {
    const PREFIX: &str = "service.beta.kubernetes.io/aws-load-balancer-";
    let annotation = |name: &str| annotations[format!("{PREFIX}{name}")].as_str();
    let internal = annotation("internal");
    let later = matches!(annotation("type"), Some("external" | "nlb-ip"))
        || matches!(class.as_str(), Some("service.k8s.aws/nlb" | "eks.amazonaws.com/nlb"));
    match annotation("scheme").filter(|_| later) {
        Some(scheme) => scheme == "internet-facing",
        None if later => internal == Some("false"),
        None => matches!(internal, None | Some("" | "false")),
    }
}
