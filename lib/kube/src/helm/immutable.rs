//! Fields that the API server lets nobody change. An upgrade that tries fails: Helm replaces nothing.

use crate::key::Key;
use groundplan_core::{Json, overlaps};

/// Whether a changed place of an object cannot change. `old` is the object as it was.
pub(super) fn is(kind: &str, path: &str, old: &Json) -> bool {
    let on = |fields: &[&str]| fields.iter().any(|field| overlaps(field, path));
    let within = |fields: &[&str]| {
        let inside = |field: &str| overlaps(field, path) && path.len() >= field.len();
        fields.iter().any(|field| inside(field))
    };
    let frozen = old["immutable"] == true && on(&["data", "binaryData", "stringData", "immutable"]);
    frozen
        || match kind {
            "Deployment" | "ReplicaSet" | "DaemonSet" => on(&["spec.selector"]),
            "StatefulSet" => on(&["spec"]) && !within(&STATEFUL_SET),
            "Job" => on(&["spec.template", "spec.selector", "spec.completionMode"]),
            "PersistentVolumeClaim" => {
                on(&["spec"]) && !within(&["spec.resources", "spec.volumeAttributesClassName"])
            }
            "RoleBinding" | "ClusterRoleBinding" => on(&["roleRef"]),
            "Secret" => on(&["type"]),
            "Service" => on(&["spec.clusterIP"]) && !old["spec"]["clusterIP"].is_null(),
            "StorageClass" => {
                on(&["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"])
            }
            "IngressClass" => on(&["spec.controller"]),
            "PriorityClass" => on(&["value"]),
            _ => false,
        }
}

/// What of a `StatefulSet` can change.
const STATEFUL_SET: [&str; 7] = [
    "spec.minReadySeconds",
    "spec.ordinals",
    "spec.persistentVolumeClaimRetentionPolicy",
    "spec.replicas",
    "spec.revisionHistoryLimit",
    "spec.template",
    "spec.updateStrategy",
];

/// What a reader must do about it.
pub(super) fn note(key: &Key, paths: &[&String]) -> String {
    let paths: Vec<_> = paths.iter().map(|path| format!("`{path}`")).collect();
    let Key { kind, namespace, name, .. } = key;
    let place = if namespace.is_empty() { String::new() } else { format!(" -n {namespace}") };
    // Pods and volumes of a workload live on without it.
    let orphan =
        if kind == "StatefulSet" || kind == "Deployment" { " --cascade=orphan" } else { "" };
    format!(
        "{key}: {} cannot change, and the upgrade will fail; delete the object first: kubectl delete {}{place} {name}{orphan}",
        paths.join(", "),
        kind.to_lowercase(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::json;

    #[test]
    fn what_cannot_change_is_known() {
        let none = json!({});
        for (kind, path, fixed) in [
            ("Deployment", "spec.selector.matchLabels.app", true),
            ("Deployment", "spec.template.spec.containers[x].image", false),
            ("StatefulSet", "spec.volumeClaimTemplates[0].spec.resources", true),
            ("StatefulSet", "spec.serviceName", true),
            ("StatefulSet", "spec.replicas", false),
            ("StatefulSet", "metadata.labels.a", false),
            ("Job", "spec.template.spec.containers[x].image", true),
            ("PersistentVolumeClaim", "spec.resources.requests.storage", false),
            ("PersistentVolumeClaim", "spec.storageClassName", true),
            ("ConfigMap", "data.a", false),
        ] {
            assert_eq!(is(kind, path, &none), fixed, "{kind} {path}");
        }
        assert!(is("ConfigMap", "data.a", &json!({ "immutable": true })));
    }
}
