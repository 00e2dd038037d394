//! When an object does what it is for, and what it lacks until then.

use crate::{client::Cluster, pods};
use groundplan_core::Json;

/// What an object's status comes to.
#[derive(Debug, PartialEq)]
pub(crate) enum State {
    Ready,
    NotYet(String),
    /// It will not get there by waiting.
    Failed(String),
}

/// What is said of a workload together with what its pods say.
pub(crate) async fn with_pods(
    cluster: &Cluster,
    namespace: &str,
    live: &Json,
    says: String,
) -> String {
    let Some(selector) = selector(live) else { return says };
    // Pods are only asked for the sake of the text; without the right to see them it is shorter.
    match pods::troubles(cluster, namespace, &selector).await {
        Ok(Some(troubles)) => format!("{says}; {troubles}"),
        _ => says,
    }
}

/// The labels by which a workload picks its pods.
fn selector(live: &Json) -> Option<String> {
    let labels = live["spec"]["selector"]["matchLabels"].as_object()?;
    let pairs = labels.iter().filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)));
    Some(pairs.collect::<Vec<_>>().join(",")).filter(|selector| !selector.is_empty())
}

/// What the status of a live object of an API group comes to.
pub(crate) fn state(group: &str, live: &Json) -> State {
    match (group, live["kind"].as_str().unwrap_or_default()) {
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet") if unseen(live) => {
            State::NotYet("the change is not seen yet".to_owned())
        }
        ("apps", "Deployment") => deployment(live),
        ("apps", "StatefulSet") => stateful_set(live),
        ("apps", "DaemonSet") => {
            let status = &live["status"];
            let wanted = count(&status["desiredNumberScheduled"]);
            replicas(wanted, &status["updatedNumberScheduled"], &status["numberAvailable"])
        }
        ("batch", "Job") => job(live),
        ("", "Pod") => pod(live),
        ("", "PersistentVolumeClaim") => phase(live, "Bound"),
        ("", "Namespace") => phase(live, "Active"),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            match condition(live, "Established") {
                Some(established) if established["status"] == "True" => State::Ready,
                Some(established) => State::NotYet(words(established)),
                None => State::NotYet("not established yet".to_owned()),
            }
        }
        _ => State::Ready,
    }
}

/// Whether the controller has not looked at the newest change.
fn unseen(live: &Json) -> bool {
    count(&live["status"]["observedGeneration"]) < count(&live["metadata"]["generation"])
}

fn pod(live: &Json) -> State {
    match pods::trouble(live) {
        None => State::Ready,
        Some(trouble) if live["status"]["phase"] == "Failed" => State::Failed(trouble),
        Some(trouble) => State::NotYet(trouble),
    }
}

fn deployment(live: &Json) -> State {
    let (spec, status) = (&live["spec"], &live["status"]);
    if let Some(stuck) = condition(live, "Progressing")
        && stuck["reason"] == "ProgressDeadlineExceeded"
    {
        return State::Failed(words(stuck));
    }
    if let Some(refused) = condition(live, "ReplicaFailure").filter(|c| c["status"] == "True") {
        return State::NotYet(words(refused));
    }
    let wanted = spec["replicas"].as_u64().unwrap_or(1);
    let old = count(&status["replicas"]).saturating_sub(count(&status["updatedReplicas"]));
    match replicas(wanted, &status["updatedReplicas"], &status["availableReplicas"]) {
        State::Ready if old > 0 => State::NotYet(format!("{old} old replicas still run")),
        state => state,
    }
}

fn stateful_set(live: &Json) -> State {
    let (spec, status) = (&live["spec"], &live["status"]);
    let wanted = spec["replicas"].as_u64().unwrap_or(1);
    let strategy = &spec["updateStrategy"];
    let kept_back = count(&strategy["rollingUpdate"]["partition"]);
    let by_hand = strategy["type"] == "OnDelete";
    let updated =
        if by_hand || kept_back > 0 { &status["replicas"] } else { &status["updatedReplicas"] };
    replicas(wanted, updated, &status["readyReplicas"])
}

fn replicas(wanted: u64, updated: &Json, available: &Json) -> State {
    let (updated, available) = (count(updated), count(available));
    if updated < wanted {
        State::NotYet(format!("{updated} of {wanted} replicas updated"))
    } else if available < wanted {
        State::NotYet(format!("{available} of {wanted} replicas available"))
    } else {
        State::Ready
    }
}

fn job(live: &Json) -> State {
    let is = |kind| condition(live, kind).filter(|c| c["status"] == "True");
    if let Some(failed) = is("Failed") {
        return State::Failed(words(failed));
    }
    // A suspended Job waits for somebody, not for us.
    if is("Complete").is_some() || live["spec"]["suspend"] == true {
        return State::Ready;
    }
    let status = &live["status"];
    let (active, failed) = (count(&status["active"]), count(&status["failed"]));
    State::NotYet(format!("{active} pods at work, {failed} failed"))
}

fn phase(live: &Json, wanted: &str) -> State {
    match live["status"]["phase"].as_str() {
        Some(phase) if phase == wanted => State::Ready,
        Some(phase) => State::NotYet(phase.to_owned()),
        None => State::NotYet("no status yet".to_owned()),
    }
}

fn condition<'a>(live: &'a Json, kind: &str) -> Option<&'a Json> {
    live["status"]["conditions"].as_array()?.iter().find(|c| c["type"] == kind)
}

fn words(condition: &Json) -> String {
    let text = |field: &str| condition[field].as_str().unwrap_or_default();
    match (text("reason"), text("message")) {
        ("", message) => message.to_owned(),
        (reason, "") => reason.to_owned(),
        (reason, message) => format!("{reason} ({message})"),
    }
}

fn count(value: &Json) -> u64 {
    value.as_u64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::json;

    #[test]
    fn a_deployment_is_ready_when_its_newest_pods_are() {
        let mut live = json!({ "kind": "Deployment", "metadata": { "generation": 2 },
            "spec": { "replicas": 2 }, "status": { "observedGeneration": 1 } });
        let says = |live: &Json| match state("apps", live) {
            State::Ready => "ready".to_owned(),
            State::NotYet(says) => says,
            State::Failed(says) => format!("failed: {says}"),
        };
        assert_eq!(says(&live), "the change is not seen yet");
        live["status"] = json!({ "observedGeneration": 2, "replicas": 3, "updatedReplicas": 1 });
        assert_eq!(says(&live), "1 of 2 replicas updated");
        live["status"]["updatedReplicas"] = 2.into();
        live["status"]["availableReplicas"] = 1.into();
        assert_eq!(says(&live), "1 of 2 replicas available");
        live["status"]["availableReplicas"] = 3.into();
        assert_eq!(says(&live), "1 old replicas still run");
        live["status"]["replicas"] = 2.into();
        assert_eq!(says(&live), "ready");
        live["status"]["conditions"] = json!([{ "type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "late" }]);
        assert_eq!(says(&live), "failed: ProgressDeadlineExceeded (late)");
    }

    #[test]
    fn a_job_is_ready_when_complete_and_fails_when_failed() {
        let job =
            |status: Json| state("batch", &json!({ "kind": "Job", "spec": {}, "status": status }));
        assert_eq!(job(json!({ "active": 1 })), State::NotYet("1 pods at work, 0 failed".into()));
        let condition =
            |kind| json!({ "conditions": [{ "type": kind, "status": "True", "reason": "R" }] });
        assert_eq!(job(condition("Complete")), State::Ready);
        assert_eq!(job(condition("Failed")), State::Failed("R".into()));
    }

    #[test]
    fn what_has_no_state_is_ready_at_once() {
        assert_eq!(state("", &json!({ "kind": "ConfigMap" })), State::Ready);
        let gone = json!({ "kind": "Namespace", "status": { "phase": "Terminating" } });
        assert_eq!(state("", &gone), State::NotYet("Terminating".into()));
    }
}
