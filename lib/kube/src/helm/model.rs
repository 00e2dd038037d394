//! The fields of a Helm release.

use super::Chart;
use crate::{ClusterAccess, tree};
use groundplan_core::{Json, Problems, Val};
use serde::{Deserialize, Serialize};
use serde_json::Map;

/// How long a release may take unless it says otherwise. The Jobs of an upgrade of
/// `DataHub` alone can take more than Helm's five minutes.
const TIMEOUT_MINUTES: u32 = 30;

/// A release of a Helm chart.
///
/// ```
/// use groundplan_core::{Stack, Val, json};
/// use groundplan_kube::{Chart, ClusterAccess, HelmRelease, KubeObject};
///
/// # fn platform(stack: &mut Stack, cluster: Val<ClusterAccess>) {
/// let namespace = stack.add("datahub", KubeObject::namespace(cluster.clone(), "datahub"));
/// let chart = Chart::repository("https://helm.datahubproject.io/", "datahub", "1.1.0");
/// stack.add("datahub", HelmRelease {
///     values: json!({ "global": { "datahub": { "version": "v1.7.0" } } }),
///     ..HelmRelease::new(cluster, "datahub", namespace.name(), chart)
/// });
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HelmRelease {
    /// The cluster it is in.
    pub cluster: Val<ClusterAccess>,
    /// The release's name.
    pub name: String,
    /// Its namespace, which must be there already: see [`KubeObject::namespace`](crate::KubeObject::namespace).
    pub namespace: Val<String>,
    /// What is released.
    pub chart: Chart,
    /// The values that differ from the chart's own. A `Val` may sit anywhere in them. Helm keeps them
    /// in the release, so a secret has no place here: put it into a Secret and give that one's name.
    #[serde(default, skip_serializing_if = "tree::is_empty")]
    pub values: Json,
    /// How long Helm may take, hooks and all.
    pub timeout_minutes: u32,
    /// Whether the release counts as done when its workloads are ready and its Jobs complete, or as
    /// soon as the API server took everything and the hooks have run.
    pub wait: bool,
}

impl HelmRelease {
    /// A release with the chart's own values, which is waited for.
    pub fn new(
        cluster: impl Into<Val<ClusterAccess>>,
        name: &str,
        namespace: impl Into<Val<String>>,
        chart: Chart,
    ) -> Self {
        Self {
            cluster: cluster.into(),
            name: name.to_owned(),
            namespace: namespace.into(),
            chart,
            values: Json::Object(Map::new()),
            timeout_minutes: TIMEOUT_MINUTES,
            wait: true,
        }
    }

    /// As its users name it: `datahub/prerequisites`.
    pub(super) fn label(&self) -> String {
        format!("{}/{}", self.namespace.get(), self.name)
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        let sound = !self.name.is_empty()
            && self.name.len() <= 53
            && self.name.chars().all(plain)
            && !self.name.starts_with(['-', '.'])
            && !self.name.ends_with(['-', '.']);
        let what = format!(
            "`{}` is no release name; it takes up to 53 lower-case letters, digits, `-` and `.`",
            self.name
        );
        problems.require(sound, "name", what);
        self.chart.check(problems);
        let map = self.values.is_object() || self.values.is_null();
        problems.require(map, "values", "must be a map, as in a values file");
        problems.require(self.timeout_minutes > 0, "timeout_minutes", "must be at least 1");
        refuse_secrets(&self.values, "values", problems);
    }
}

/// Finds sources of secrets among values: Helm would keep what they hold in the release.
fn refuse_secrets(values: &Json, at: &str, problems: &mut Problems) {
    match values {
        Json::Object(map) => {
            if is_secret_source(map) {
                problems.add(at, "is a secret, and Helm keeps values in the release; make a Secret with `KubeObject::secret` and give the chart its name");
                return;
            }
            for (key, value) in map {
                refuse_secrets(value, &tree::join(at, key), problems);
            }
        }
        Json::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                refuse_secrets(item, &format!("{at}[{i}]"), problems);
            }
        }
        _ => {}
    }
}

/// Whether a map is a [`SecretSource`](groundplan_core::SecretSource), whose parts may not be known yet.
fn is_secret_source(map: &Map<String, Json>) -> bool {
    let field = match map.get("from").and_then(Json::as_str) {
        Some("secrets_manager") => "arn",
        Some("env") => "name",
        Some("file") => "path",
        _ => return false,
    };
    map.contains_key(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{Address, SecretSource, json};

    fn problems(change: impl FnOnce(&mut HelmRelease)) -> Vec<String> {
        let cluster = Val::output(&Address::new("eks.access", "main").unwrap(), "access");
        let mut release = HelmRelease::new(cluster, "datahub", "datahub", Chart::local("chart"));
        change(&mut release);
        let mut problems = Problems::default();
        release.check(&mut problems);
        problems.into_vec().into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn secrets_stay_out_of_values() {
        let arn = Val::output(&Address::new("secretsmanager.secret", "x").unwrap(), "arn");
        let sources = [
            SecretSource::Env { name: "PASSWORD".into() },
            SecretSource::File { path: "password".into() },
            SecretSource::SecretsManager { arn, key: Some("password".into()) },
        ];
        for source in sources {
            let found =
                problems(|r| r.values = json!({ "a": [{ "from": "here" }, { "b": source }] }));
            assert_eq!(found, ["values.a[1].b"]);
        }
    }

    #[test]
    fn every_mistake_is_named() {
        let found = problems(|r| {
            r.name = "Data_Hub".into();
            r.chart = Chart::repository("https://x", "y", "latest");
            r.values = json!([1]);
            r.timeout_minutes = 0;
        });
        assert_eq!(found, ["name", "chart", "values", "timeout_minutes"]);
        assert_eq!(problems(|_| {}), Vec::<String>::new());
    }
}
