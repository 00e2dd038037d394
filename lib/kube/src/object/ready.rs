//! Waits until an object does what it is for.

use super::KubeObject;
use crate::{
    client::{Cluster, Kind},
    health::{self, State},
};
use groundplan_core::{Class, Fault, Json, Patience, Probe, Result, StepCx, to_json};
use k8s_openapi::api::storage::v1::StorageClass;
use kube::api::Api;

/// Waits until the object is ready.
pub(super) async fn wait(
    cx: &StepCx,
    cluster: &Cluster,
    kind: &Kind,
    object: &KubeObject,
) -> Result<()> {
    let api = cluster.api(kind, object.namespace_name());
    let label = object.label();
    let probe = || async {
        let found = api.get(object.name()).await;
        let live = to_json(&found.map_err(cluster.fault(format!("read {label}")))?);
        let says = match health::state(kind.resource.group.as_str(), &live) {
            State::Ready => return Ok(Probe::Ready(())),
            State::NotYet(says) if waits_for_its_first_pod(cluster, object, &live).await? => {
                tracing::debug!(says, "the claim is bound when a pod uses it");
                return Ok(Probe::Ready(()));
            }
            State::NotYet(says) => says,
            State::Failed(says) => {
                let why = health::with_pods(cluster, object.namespace_name(), &live, says).await;
                return Err(Fault::new(Class::Other, format!("{label} failed")).why(why).hint(
                    format!(
                        "kubectl describe {} -n {} {}",
                        object.kind(),
                        object.namespace_name(),
                        object.name()
                    ),
                ));
            }
        };
        Ok(Probe::NotYet(health::with_pods(cluster, object.namespace_name(), &live, says).await))
    };
    cx.wait(Patience::MINUTES, &format!("{label} to be ready"), probe).await
}

/// Whether a claim is not bound because its class waits for a pod that uses it.
async fn waits_for_its_first_pod(
    cluster: &Cluster,
    object: &KubeObject,
    live: &Json,
) -> Result<bool> {
    let class = live["spec"]["storageClassName"].as_str().filter(|name| !name.is_empty());
    let (Some(class), "PersistentVolumeClaim") = (class, object.kind()) else { return Ok(false) };
    let classes: Api<StorageClass> = Api::all(cluster.client());
    let found = classes.get_opt(class).await;
    let found = found.map_err(cluster.fault(format!("read StorageClass {class}")))?;
    Ok(found
        .is_some_and(|class| class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer")))
}
