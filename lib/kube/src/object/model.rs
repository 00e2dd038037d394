//! The fields of a Kubernetes object, and short ways to write the common ones.

use crate::{ClusterAccess, marks};
use groundplan_core::{Json, Problems, SecretSource, Val, json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Any object of a cluster, by server-side apply.
///
/// Only the fields in the manifest are managed. What others set beside them is left alone, and a
/// field that another tool holds is never taken without being shown in a plan.
///
/// ```
/// use groundplan_core::{Stack, Val, json};
/// use groundplan_kube::{ClusterAccess, KubeObject};
///
/// # fn platform(stack: &mut Stack, cluster: Val<ClusterAccess>) {
/// let namespace = stack.add("datahub", KubeObject::namespace(cluster.clone(), "datahub"));
/// stack.add("quota", KubeObject::new(cluster, json!({
///     "apiVersion": "v1",
///     "kind": "ResourceQuota",
///     "metadata": { "name": "quota", "namespace": namespace.name() },
///     "spec": { "hard": { "pods": "50" } },
/// })));
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KubeObject {
    /// The cluster it is in.
    pub cluster: Val<ClusterAccess>,
    /// The object: `apiVersion`, `kind`, `metadata` and all else that is to be managed. A `Val` may
    /// sit anywhere in it.
    pub manifest: Json,
    /// The data of a Secret, by key. The values are fetched when they are applied and kept nowhere;
    /// a new version at the source is a change in the plan.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secret_data: BTreeMap<String, SecretSource>,
    /// What counts as done.
    #[serde(default)]
    pub wait: Wait,
}

/// What counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// The object does what it is for: a workload is rolled out, a Job complete, a claim bound, a
    /// namespace active, a resource definition established. Other objects are ready at once.
    #[default]
    Ready,
    /// The API server took it.
    None,
}

impl KubeObject {
    /// An object that is waited for.
    pub fn new(cluster: Val<ClusterAccess>, manifest: Json) -> Self {
        Self { cluster, manifest, secret_data: BTreeMap::new(), wait: Wait::Ready }
    }

    /// A namespace.
    pub fn namespace(cluster: Val<ClusterAccess>, name: &str) -> Self {
        let manifest =
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        Self::new(cluster, manifest)
    }

    /// A service account; with the annotation `eks.amazonaws.com/role-arn` its pods take that role.
    pub fn service_account<K: Into<String>>(
        cluster: Val<ClusterAccess>,
        namespace: impl Into<Val<String>>,
        name: &str,
        annotations: impl IntoIterator<Item = (K, Val<String>)>,
    ) -> Self {
        let annotations: BTreeMap<String, _> =
            annotations.into_iter().map(|(k, v)| (k.into(), v)).collect();
        let mut metadata = json!({ "name": name, "namespace": namespace.into() });
        if !annotations.is_empty() {
            metadata["annotations"] = json!(annotations);
        }
        let manifest =
            json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata });
        Self::new(cluster, manifest)
    }

    /// A Secret whose values come from where they are kept.
    pub fn secret<K: Into<String>>(
        cluster: Val<ClusterAccess>,
        namespace: impl Into<Val<String>>,
        name: &str,
        data: impl IntoIterator<Item = (K, SecretSource)>,
    ) -> Self {
        let manifest = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": name, "namespace": namespace.into() },
            "type": "Opaque",
        });
        let secret_data = data.into_iter().map(|(k, v)| (k.into(), v)).collect();
        Self { secret_data, ..Self::new(cluster, manifest) }
    }

    fn text(&self, pointer: &str) -> &str {
        self.manifest.pointer(pointer).and_then(Json::as_str).unwrap_or_default()
    }

    pub(super) fn api_version(&self) -> &str {
        self.text("/apiVersion")
    }

    pub(super) fn kind(&self) -> &str {
        self.text("/kind")
    }

    pub(super) fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// Its namespace, if its kind has them; `default` where none is given, as with kubectl.
    pub(super) fn namespace_name(&self) -> &str {
        match self.text("/metadata/namespace") {
            "" => "default",
            given => given,
        }
    }

    /// Whether it is the object of this kind, namespace and name, whatever the version of its API.
    pub(super) fn is(&self, other: &Self) -> bool {
        let group = |of: &Self| of.api_version().rsplit_once('/').map(|(g, _)| g.to_owned());
        group(self) == group(other)
            && self.kind() == other.kind()
            && self.namespace_name() == other.namespace_name()
            && self.name() == other.name()
    }

    pub(super) fn is_secret(&self) -> bool {
        self.api_version() == "v1" && self.kind() == "Secret"
    }

    /// As its users name it: `Deployment datahub/gms`.
    pub(super) fn label(&self) -> String {
        match self.text("/metadata/namespace") {
            "" => format!("{} {}", self.kind(), self.name()),
            namespace => format!("{} {namespace}/{}", self.kind(), self.name()),
        }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        for (pointer, path) in [("/apiVersion", "apiVersion"), ("/kind", "kind")] {
            let known = !self.text(pointer).is_empty();
            problems.require(known, &format!("manifest.{path}"), "is missing; it must be a text");
        }
        let named = self.manifest.pointer("/metadata/name").is_some_and(|name| !name.is_null());
        problems.require(named, "manifest.metadata.name", "is missing; every object has a name");
        let has = |field: &str| self.manifest.get(field).is_some();
        problems.require(
            !has("status"),
            "manifest.status",
            "is the cluster's to write; leave it out",
        );
        if self.is_secret() {
            for field in ["data", "stringData"] {
                let what = "would put secrets into the state; give their sources in `secret_data`";
                problems.require(!has(field), &format!("manifest.{field}"), what);
            }
        } else {
            let none = self.secret_data.is_empty();
            problems.require(
                none,
                "secret_data",
                format!("is for a Secret, not a {}", self.kind()),
            );
        }
        for group in ["labels", "annotations"] {
            let keys = self.manifest["metadata"][group].as_object().into_iter().flatten();
            for (key, _) in keys.filter(|(key, _)| {
                key.starts_with(marks::PREFIX) || (group == "labels" && *key == marks::MANAGED_BY)
            }) {
                problems.add(
                    format!("manifest.metadata.{group}.{key}"),
                    "is set by Groundplan; leave it out",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::Address;

    fn cluster() -> Val<ClusterAccess> {
        Val::output(&Address::new("eks.access", "main").unwrap(), "access")
    }

    fn problems(object: &KubeObject) -> Vec<String> {
        let mut problems = Problems::default();
        object.check(&mut problems);
        problems.into_vec().into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn constructors_are_sound() {
        let role = Val::output(&Address::new("iam.role", "gms").unwrap(), "arn");
        for object in [
            KubeObject::namespace(cluster(), "datahub"),
            KubeObject::service_account(
                cluster(),
                "datahub",
                "gms",
                [("eks.amazonaws.com/role-arn", role)],
            ),
            KubeObject::secret(
                cluster(),
                "datahub",
                "mysql",
                [("password", SecretSource::Env { name: "P".into() })],
            ),
        ] {
            assert_eq!(problems(&object), Vec::<String>::new(), "{object:?}");
        }
    }

    #[test]
    fn secrets_stay_out_of_the_manifest() {
        let manifest = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "x" }, "stringData": { "a": "b" } });
        assert_eq!(problems(&KubeObject::new(cluster(), manifest)), ["manifest.stringData"]);
    }

    #[test]
    fn mistakes_are_named() {
        let manifest = json!({
            "kind": "Service", "status": {},
            "metadata": { "labels": { "app.kubernetes.io/managed-by": "me" } },
        });
        let mut object = KubeObject::new(cluster(), manifest);
        object.secret_data.insert("a".into(), SecretSource::Env { name: "A".into() });
        assert_eq!(
            problems(&object),
            [
                "manifest.apiVersion",
                "manifest.metadata.name",
                "manifest.status",
                "secret_data",
                "manifest.metadata.labels.app.kubernetes.io/managed-by",
            ]
        );
    }
}
