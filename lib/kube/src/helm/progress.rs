//! What a release waits for, while Helm waits and when it has given up.

use super::{
    HelmRelease,
    record::{self, Record},
};
use crate::{
    client::Cluster,
    fault::absent,
    health::{self, State},
    key::Key,
    pods,
};
use groundplan_core::{Result, to_json};

/// How many objects are named while Helm waits.
const NAMED: usize = 2;
/// Kinds that take time to do what they are for.
const WORKLOADS: [&str; 6] =
    ["DaemonSet", "Deployment", "Job", "PersistentVolumeClaim", "Pod", "StatefulSet"];

/// An object that does not do what it is for.
#[derive(Debug)]
pub(super) struct Late {
    key: Key,
    /// As its users name it.
    pub(super) label: String,
    /// What it lacks.
    pub(super) says: String,
    failed: bool,
}

impl Late {
    /// The command that shows more.
    pub(super) fn command(&self, namespace: &str) -> String {
        let Key { kind, name, .. } = &self.key;
        if kind == "Job" || kind == "Pod" {
            return format!("kubectl logs -n {namespace} {}/{name}", kind.to_lowercase());
        }
        format!("kubectl describe -n {namespace} {} {name}", kind.to_lowercase())
    }
}

/// One line on what the release waits for. Only text: what cannot be read makes it shorter.
pub(super) async fn says(cluster: &Cluster, release: &HelmRelease) -> String {
    let at_work = || "helm is at work".to_owned();
    let found =
        record::current(cluster, release.namespace.get(), &record::named(&[&release.name])).await;
    let Some(record) = found.ok().and_then(|mut found| found.remove(&release.name)) else {
        return at_work();
    };
    match late(cluster, release, &record).await {
        Ok(late) if !late.is_empty() => summary(&late),
        _ => at_work(),
    }
}

fn summary(late: &[Late]) -> String {
    let mut parts: Vec<_> =
        late.iter().take(NAMED).map(|late| format!("{}: {}", late.label, late.says)).collect();
    if late.len() > NAMED {
        parts.push(format!("and {} more", late.len() - NAMED));
    }
    parts.join("; ")
}

/// What is not ready: the hooks that run or failed, else the workloads. What failed comes first.
pub(super) async fn late(
    cluster: &Cluster,
    release: &HelmRelease,
    record: &Record,
) -> Result<Vec<Late>> {
    let namespace = release.namespace.get();
    let mut found = Vec::new();
    for hook in record.hooks()?.iter().filter(|h| h.phase == "Running" || h.phase == "Failed") {
        let Some(key) = Key::of(&hook.object, namespace) else { continue };
        let (says, failed) = match state(cluster, &key).await? {
            Some(State::NotYet(says)) => (says, false),
            Some(State::Failed(says)) => (says, true),
            Some(State::Ready) | None if hook.phase == "Failed" => ("it failed".to_owned(), true),
            // Helm records that a hook ended only with what it does next.
            Some(State::Ready) | None => continue,
        };
        found.push(Late { label: format!("hook {key}"), says, failed, key });
    }
    if found.is_empty() {
        let objects = record.objects()?;
        let keys = objects.iter().filter_map(|object| Key::of(object, namespace));
        for key in keys.filter(|key| WORKLOADS.contains(&key.kind.as_str())) {
            let (says, failed) = match state(cluster, &key).await? {
                Some(State::NotYet(says)) => (says, false),
                Some(State::Failed(says)) => (says, true),
                Some(State::Ready) => continue,
                None => ("not there yet".to_owned(), false),
            };
            found.push(Late { label: key.to_string(), says, failed, key });
        }
    }
    found.sort_by_key(|late| !late.failed);
    Ok(found)
}

/// What an object's status comes to, with what its pods say; none if it is not there.
async fn state(cluster: &Cluster, key: &Key) -> Result<Option<State>> {
    let Some(kind) = cluster.kind(&key.api_version, &key.kind).await? else { return Ok(None) };
    let api = cluster.api(&kind, &key.namespace);
    let read = api.get_opt(&key.name).await.map_err(cluster.fault(format!("read {key}")));
    let Some(live) = absent(read)?.flatten().map(|live| to_json(&live)) else { return Ok(None) };
    let reasons = async |says| {
        let says = health::with_pods(cluster, &key.namespace, &live, says).await;
        match pods::last_warning(cluster, &key.namespace, &key.kind, &key.name).await {
            Ok(Some(warning)) => format!("{says}; {warning}"),
            _ => says,
        }
    };
    Ok(Some(match health::state(key.group(), &live) {
        State::Ready => State::Ready,
        State::NotYet(says) => State::NotYet(reasons(says).await),
        State::Failed(says) => State::Failed(reasons(says).await),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::json;

    #[test]
    fn a_few_are_named_and_the_rest_counted() {
        let late = |name: &str| {
            let object =
                json!({ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": name } });
            let key = Key::of(&object, "hub").unwrap();
            Late {
                label: key.to_string(),
                says: "1 pods at work, 0 failed".into(),
                failed: false,
                key,
            }
        };
        let all = [late("a"), late("b"), late("c")];
        assert_eq!(
            summary(&all),
            "Job hub/a: 1 pods at work, 0 failed; Job hub/b: 1 pods at work, 0 failed; and 1 more"
        );
        assert_eq!(all[0].command("hub"), "kubectl logs -n hub job/a");
    }
}
