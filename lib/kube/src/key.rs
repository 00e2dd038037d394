//! Which object of a cluster a manifest is.

use groundplan_core::Json;
use std::{cmp::Ordering, fmt};

/// Kinds that have no namespace, as far as charts use them. Without a cluster nothing else tells.
const CLUSTER_WIDE: [&str; 14] = [
    "APIService",
    "CSIDriver",
    "ClusterIssuer",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingWebhookConfiguration",
];

/// An object. The version of its API does not tell it from others.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) kind: String,
    /// Empty for kinds without.
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) api_version: String,
}

impl Key {
    /// The key of a manifest; none if it names no object. What gives no namespace is in the release's.
    pub(crate) fn of(object: &Json, namespace: &str) -> Option<Self> {
        let kind = object["kind"].as_str()?.to_owned();
        let meta = &object["metadata"];
        let namespace = match meta["namespace"].as_str() {
            _ if CLUSTER_WIDE.contains(&kind.as_str()) => "",
            Some(given) => given,
            None => namespace,
        };
        Some(Self {
            kind,
            namespace: namespace.to_owned(),
            name: meta["name"].as_str()?.to_owned(),
            api_version: object["apiVersion"].as_str()?.to_owned(),
        })
    }

    /// The group of its API.
    pub(crate) fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    fn parts(&self) -> (&str, &str, &str, &str) {
        (&self.kind, &self.namespace, &self.name, self.group())
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

/// As its users name it.
impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, namespace, name, .. } = self;
        if namespace.is_empty() {
            write!(out, "{kind} {name}")
        } else {
            write!(out, "{kind} {namespace}/{name}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::json;

    #[test]
    fn an_object_stays_the_same_in_a_newer_api() {
        let object = |api: &str, kind: &str| json!({ "apiVersion": api, "kind": kind, "metadata": { "name": "x" } });
        let key = |api: &str, kind: &str| Key::of(&object(api, kind), "hub").unwrap();
        assert_eq!(key("policy/v1beta1", "Budget"), key("policy/v1", "Budget"));
        assert_ne!(key("extensions/v1", "Ingress"), key("networking.k8s.io/v1", "Ingress"));
        assert_eq!(key("v1", "Service").to_string(), "Service hub/x");
        assert_eq!(key("rbac.authorization.k8s.io/v1", "ClusterRole").to_string(), "ClusterRole x");
    }
}
