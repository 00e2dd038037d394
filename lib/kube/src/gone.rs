//! Removes an object and waits until it is gone.

use crate::{client::Cluster, fault::absent};
use groundplan_core::{Class, Json, Patience, Probe, Result, Seen, StepCx, to_json};
use k8s_openapi::api::core::v1::PersistentVolume;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Preconditions};

/// Deletes a live object with all that depends on it. Another object of that name is left alone.
pub(crate) async fn delete(
    cx: &StepCx,
    cluster: &Cluster,
    api: &Api<DynamicObject>,
    label: &str,
    live: &Json,
) -> Result<()> {
    let name = live["metadata"]["name"].as_str().unwrap_or_default();
    let uid = live["metadata"]["uid"].as_str().unwrap_or_default();
    let only_it = Preconditions { uid: Some(uid.to_owned()), ..Preconditions::default() };
    let how = DeleteParams::foreground().preconditions(only_it);
    let call = || async {
        let sent = api.delete(name, &how).await;
        absent(sent.map(drop).map_err(cluster.fault(format!("delete {label}"))))
    };
    match cx.retry(Patience::SECONDS, |_| false, call).await {
        // The precondition: what has that name now is another object.
        Err(fault) if fault.class == Class::NotOurs => return Ok(()),
        sent => sent?,
    };
    cx.wait(Patience::MINUTES, &format!("{label} to be gone"), || async {
        let found = api.get_opt(name).await.map_err(cluster.fault(format!("read {label}")));
        Ok(match absent(found)?.flatten().map(|found| to_json(&found)) {
            Some(found) if found["metadata"]["uid"] == *uid => Probe::NotYet(stays(&found)),
            _ => Probe::Ready(()),
        })
    })
    .await
}

/// Waits until the volumes of a namespace that is gone are gone too, as far as they are to go with their
/// claims: with the cluster nobody would be left to remove the disks behind them.
pub(crate) async fn volumes(cx: &StepCx, cluster: &Cluster, namespace: &str) -> Result<()> {
    let api: Api<PersistentVolume> = Api::all(cluster.client());
    let what = format!("the volumes of namespace {namespace} to be gone");
    cx.wait(Patience::MINUTES, &what, || async {
        let listed = api.list(&ListParams::default()).await;
        let listed = match listed.map_err(cluster.fault("list persistentvolumes")) {
            // Who may not see volumes may have a namespace all the same.
            Err(fault) if fault.class == Class::Denied => return Ok(Probe::Ready(())),
            listed => listed?,
        };
        let left = volumes_left(listed.items.iter().map(to_json), namespace);
        Ok(if left.is_empty() { Probe::Ready(()) } else { Probe::NotYet(left.join("; ")) })
    })
    .await
}

/// What is still there of the volumes that are to go with a namespace.
fn volumes_left(volumes: impl Iterator<Item = Json>, namespace: &str) -> Vec<String> {
    let goes = |volume: &Json| {
        volume["spec"]["claimRef"]["namespace"] == *namespace
            && volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
    };
    volumes.filter(goes).map(|volume| volume_stays(&volume)).collect()
}

fn volume_stays(volume: &Json) -> String {
    let (name, status) = (&volume["metadata"]["name"], &volume["status"]);
    let name = name.as_str().unwrap_or_default();
    match (status["message"].as_str(), status["phase"].as_str()) {
        (Some(message), _) if !message.is_empty() => format!("{name}: {message}"),
        (_, phase) => format!("{name}: {}", phase.unwrap_or("no status yet")),
    }
}

/// Why an object that is being deleted is still there.
fn stays(live: &Json) -> String {
    let conditions = live["status"]["conditions"].as_array().into_iter().flatten();
    let remaining: Vec<_> = conditions
        .filter(|c| c["status"] == "True")
        .filter(|c| {
            c["type"] == "NamespaceContentRemaining" || c["type"] == "NamespaceFinalizersRemaining"
        })
        .filter_map(|c| c["message"].as_str())
        .collect();
    if !remaining.is_empty() {
        return remaining.join("; ");
    }
    let finalizers = live["metadata"]["finalizers"].as_array().into_iter().flatten();
    let finalizers: Vec<_> = finalizers.filter_map(Json::as_str).collect();
    match finalizers[..] {
        [] => "being deleted".to_owned(),
        _ => format!("waiting for {}", finalizers.join(", ")),
    }
}

/// Takes a removal that got no answer for done if the cluster itself is known to be gone.
pub(crate) async fn unless_cluster_is(cluster: &Cluster, removed: Result<()>) -> Result<()> {
    match removed {
        Err(fault) if fault.class == Class::Unreachable => {
            if cluster.is_gone().await? {
                Ok(())
            } else {
                Err(fault)
            }
        }
        removed => removed,
    }
}

/// Answers for objects that could not be asked about. If their cluster gave no answer they are gone with
/// it, or as recorded. If it does not know the caller, or does not let it read, they are as recorded: what is
/// wrong with the access is a resource of its own, which the same plan shows and its apply mends.
pub(crate) async fn seen_unless_cluster_is<O>(
    cluster: &Cluster,
    count: usize,
    read: Result<Vec<Seen<O>>>,
) -> Result<Vec<Seen<O>>> {
    match read {
        Err(fault) if fault.class == Class::Unreachable => {
            let gone = cluster.is_gone().await?;
            let seen = || if gone { Seen::Absent } else { Seen::Unverified(fault.to_string()) };
            Ok((0..count).map(|_| seen()).collect())
        }
        Err(fault) if fault.class == Class::Denied => {
            Ok((0..count).map(|_| Seen::Unverified(fault.to_string())).collect())
        }
        read => read,
    }
}

/// Answers a search in a cluster that could not be asked, or that did not let it be: it finds nothing. What
/// is recorded of the cluster tells the reader of a plan that it was not asked, and the next plan searches
/// again. Where nothing is, a destroy may have been cut off when it had given its rights back.
pub(crate) fn found_where_asked<T>(found: Result<Vec<T>>) -> Result<Vec<T>> {
    match found {
        Err(fault) if matches!(fault.class, Class::Unreachable | Class::Denied) => Ok(Vec::new()),
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{Fault, json};

    #[test]
    fn a_search_that_was_not_let_in_finds_nothing_and_one_that_failed_fails() {
        let fault = |class| Err(Fault::new(class, "could not list"));
        for class in [Class::Unreachable, Class::Denied] {
            assert_eq!(found_where_asked::<()>(fault(class)).unwrap(), []);
        }
        assert!(found_where_asked::<()>(fault(Class::Other)).is_err());
    }

    #[test]
    fn what_stays_says_why() {
        let held = json!({ "metadata": { "finalizers": ["service.k8s.aws/resources"] } });
        assert_eq!(stays(&held), "waiting for service.k8s.aws/resources");
        let namespace = json!({ "status": { "conditions": [{ "type": "NamespaceContentRemaining",
            "status": "True", "message": "pods. has 1 resource instances" }] } });
        assert_eq!(stays(&namespace), "pods. has 1 resource instances");
    }

    #[test]
    fn volumes_that_go_with_their_claims_are_waited_for() {
        let volume = |name: &str, namespace: &str, policy: &str, message: &str| {
            json!({
                "metadata": { "name": name },
                "spec": { "claimRef": { "namespace": namespace }, "persistentVolumeReclaimPolicy": policy },
                "status": { "phase": "Released", "message": message },
            })
        };
        let volumes = [
            volume("a", "hub", "Delete", ""),
            volume("b", "hub", "Delete", "still attached"),
            volume("c", "hub", "Retain", ""),
            volume("d", "other", "Delete", ""),
        ];
        assert_eq!(volumes_left(volumes.into_iter(), "hub"), ["a: Released", "b: still attached"]);
    }
}
