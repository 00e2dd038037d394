//! Why pods do not run, in the words of the cluster.

use crate::client::Cluster;
use groundplan_core::{Json, Result, json, to_json};
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::api::{Api, ListParams};

/// How many pods are named.
const NAMED: usize = 3;

/// The pods of a namespace that a selector picks and that do not run, each with its reason.
pub(crate) async fn troubles(
    cluster: &Cluster,
    namespace: &str,
    selector: &str,
) -> Result<Option<String>> {
    let api: Api<Pod> = Api::namespaced(cluster.client(), namespace);
    let listed = api
        .list(&ListParams::default().labels(selector))
        .await
        .map_err(cluster.fault(format!("list pods {namespace}")))?;
    let pods: Vec<_> = listed.items.iter().map(to_json).collect();
    Ok(summary(&with_warnings(cluster, namespace, pods).await))
}

/// Pods of which only events say why they do not run, such as those without a volume, with the last
/// such event as their reason.
async fn with_warnings(cluster: &Cluster, namespace: &str, mut pods: Vec<Json>) -> Vec<Json> {
    let silent =
        |pod: &&mut Json| trouble(pod).is_some_and(|trouble| SILENT.contains(&trouble.as_str()));
    for pod in pods.iter_mut().filter(silent).take(NAMED) {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        if let Ok(Some(warning)) = last_warning(cluster, namespace, "Pod", name).await {
            pod["status"] = json!({ "phase": "Pending", "reason": warning });
        }
    }
    pods
}

/// What a pod says of itself while the kubelet cannot start it.
const SILENT: [&str; 2] = ["ContainerCreating", "no status yet"];

/// The newest event that warns of an object.
pub(crate) async fn last_warning(
    cluster: &Cluster,
    namespace: &str,
    kind: &str,
    name: &str,
) -> Result<Option<String>> {
    let api: Api<Event> = Api::namespaced(cluster.client(), namespace);
    let which = format!("type=Warning,involvedObject.kind={kind},involvedObject.name={name}");
    let listed = api
        .list(&ListParams::default().fields(&which))
        .await
        .map_err(cluster.fault(format!("list events {namespace}")))?;
    let when = |event: &&Event| event.last_timestamp.clone().map(|time| time.0);
    let newest = listed.items.iter().max_by_key(when);
    Ok(newest.map(|event| {
        with_message(
            event.reason.as_deref().unwrap_or("warning"),
            &json!({ "message": event.message }),
        )
    }))
}

fn summary(pods: &[Json]) -> Option<String> {
    let mut found: Vec<_> = pods
        .iter()
        .filter_map(|pod| {
            let name = pod["metadata"]["name"].as_str()?;
            Some(format!("pod {name}: {}", trouble(pod)?))
        })
        .collect();
    let more = found.len().saturating_sub(NAMED);
    found.truncate(NAMED);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    (!found.is_empty()).then(|| found.join("; "))
}

/// Why a pod does not run; none if it does or is done.
pub(crate) fn trouble(pod: &Json) -> Option<String> {
    let status = &pod["status"];
    let conditions = || status["conditions"].as_array().into_iter().flatten();
    let is =
        |kind: &str, value: &str| conditions().find(|c| c["type"] == kind && c["status"] == value);
    if status["phase"] == "Succeeded" || is("Ready", "True").is_some() {
        return None;
    }
    let containers = ["initContainerStatuses", "containerStatuses"]
        .into_iter()
        .flat_map(|list| status[list].as_array().into_iter().flatten());
    for container in containers {
        let last = &container["lastState"]["terminated"];
        for state in [&container["state"]["waiting"], &container["state"]["terminated"]] {
            let Some(reason) = state["reason"].as_str() else { continue };
            if reason == "Completed" || reason == "PodInitializing" {
                continue;
            }
            let mut text = with_message(reason, state);
            if let Some(code) = state["exitCode"].as_i64().or(last["exitCode"].as_i64()) {
                text = format!("{text}, exit code {code}");
            }
            return Some(text);
        }
    }
    if let Some(unscheduled) = is("PodScheduled", "False") {
        return Some(with_message(
            unscheduled["reason"].as_str().unwrap_or("Pending"),
            unscheduled,
        ));
    }
    if let Some(reason) = status["reason"].as_str() {
        return Some(with_message(reason, status));
    }
    Some(match is("Ready", "False") {
        Some(unready) => with_message(unready["reason"].as_str().unwrap_or("not ready"), unready),
        None => status["phase"].as_str().unwrap_or("no status yet").to_owned(),
    })
}

fn with_message(reason: &str, of: &Json) -> String {
    match of["message"].as_str().filter(|message| !message.is_empty()) {
        Some(message) => format!("{reason} ({message})"),
        None => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::json;

    fn pod(name: &str, status: Json) -> Json {
        json!({ "metadata": { "name": name }, "status": status })
    }

    #[test]
    fn a_pod_says_why_it_does_not_run() {
        let missing = json!({ "phase": "Pending", "containerStatuses": [{ "state": { "waiting": {
            "reason": "CreateContainerConfigError", "message": "secret \"mysql\" not found" } } }] });
        let crashing = json!({ "phase": "Running", "containerStatuses": [{
            "state": { "waiting": { "reason": "CrashLoopBackOff" } },
            "lastState": { "terminated": { "exitCode": 3 } } }] });
        let unscheduled = json!({ "phase": "Pending", "conditions": [{ "type": "PodScheduled",
            "status": "False", "reason": "Unschedulable", "message": "0/2 nodes are available" }] });
        let running =
            json!({ "phase": "Running", "conditions": [{ "type": "Ready", "status": "True" }] });
        let pods =
            [pod("a", missing), pod("b", crashing), pod("c", unscheduled), pod("d", running)];
        assert_eq!(
            summary(&pods).unwrap(),
            "pod a: CreateContainerConfigError (secret \"mysql\" not found); \
             pod b: CrashLoopBackOff, exit code 3; pod c: Unschedulable (0/2 nodes are available)"
        );
        assert_eq!(summary(&pods[3..]), None);
    }

    #[test]
    fn many_pods_are_counted() {
        let pods: Vec<_> =
            (0..5).map(|i| pod(&i.to_string(), json!({ "phase": "Pending" }))).collect();
        assert_eq!(
            summary(&pods).unwrap(),
            "pod 0: Pending; pod 1: Pending; pod 2: Pending; and 2 more"
        );
    }
}
