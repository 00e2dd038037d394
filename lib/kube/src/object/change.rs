//! Makes, changes and removes objects.

use super::{
    KubeObject, KubeObjectOutputs, Wait, observe::outputs, project::project, ready, secret::Data,
};
use crate::{
    client::{Cluster, CxKube, Kind},
    fault::absent,
    gone,
    marks::{self, MANAGER, Whose},
    settle::settle,
    tree,
};
use groundplan_core::{Class, Fault, Fields, Json, Result, StepCx, json, to_json};
use kube::api::{Api, DynamicObject, Patch, PatchParams};

pub(super) async fn create(object: &KubeObject, cx: &StepCx) -> Result<KubeObjectOutputs> {
    let cluster = cx.cluster(object.cluster.get()).await?;
    let (kind, found) = settle(cx, || async {
        let kind = served(&cluster, object).await?;
        let found = get(&cluster.api(&kind, object.namespace_name()), &cluster, object).await?;
        Ok((kind, found))
    })
    .await?;
    // Apply would take over an object of that name, so it is looked for first.
    if let Some(found) = found {
        return match marks::whose(&found, cx.owner()) {
            Whose::Ours => Ok(outputs(&found)),
            _ => Err(exists(object, &found)),
        };
    }
    let data = Data::fetch(cx, object, &Json::Null, &Fields::All).await?;
    let api = cluster.api(&kind, object.namespace_name());
    let apply = || send(&cluster, &api, cx, object, object.manifest.clone(), &data, false);
    Ok(outputs(&settle(cx, apply).await?))
}

pub(super) async fn converge(
    object: &KubeObject,
    cx: &StepCx,
    live: KubeObjectOutputs,
    approved: &Fields,
) -> Result<KubeObjectOutputs> {
    let cluster = cx.cluster(object.cluster.get()).await?;
    let kind = settle(cx, || served(&cluster, object)).await?;
    let api = cluster.api(&kind, object.namespace_name());
    let Some(found) = get(&api, &cluster, object).await? else {
        return Err(Fault::new(Class::NotFound, format!("{} is gone", object.label()))
            .why("somebody deleted it since the plan was made")
            .hint("plan again"));
    };
    if !is_ours(&found, cx, &live) {
        return Err(exists(object, &found));
    }
    let there = project(&object.manifest, &found);
    let now = if *approved == Fields::All && there == object.manifest {
        // Just made, by the very same request.
        outputs(&found)
    } else {
        let manifest = tree::approved(&object.manifest, &there, "manifest", approved);
        let data = Data::fetch(cx, object, &found, approved).await?;
        outputs(&apply(&cluster, &api, cx, object, manifest, &data, approved).await?)
    };
    if object.wait == Wait::Ready {
        ready::wait(cx, &cluster, &kind, object).await?;
    }
    Ok(now)
}

pub(super) async fn delete(
    object: &KubeObject,
    cx: &StepCx,
    live: &KubeObjectOutputs,
) -> Result<()> {
    let cluster = cx.cluster(object.cluster.get()).await?;
    let removed = async {
        let kind = cluster.kind(object.api_version(), object.kind()).await?;
        // Without its kind there is no object.
        let Some(kind) = kind else { return Ok(()) };
        let api = cluster.api(&kind, object.namespace_name());
        let Some(found) = get(&api, &cluster, object).await? else { return Ok(()) };
        if !is_ours(&found, cx, live) {
            // What was ours is gone, and this is something else that has its name.
            if found["metadata"]["uid"] != *live.uid {
                return Ok(());
            }
            return Err(Fault::new(Class::NotOurs, format!("{} is not deleted", object.label()))
                .why(marks::manager(&found))
                .hint("`apply state forget` it here, and delete it where it belongs now"));
        }
        gone::delete(cx, &cluster, &api, &object.label(), &found).await?;
        if object.kind() == "Namespace" {
            gone::volumes(cx, &cluster, object.name()).await?;
        }
        Ok(())
    };
    gone::unless_cluster_is(&cluster, removed.await).await
}

/// Whether an object is this resource's: it carries its marks; or it is the recorded object itself,
/// and no other state's.
fn is_ours(found: &Json, cx: &StepCx, recorded: &KubeObjectOutputs) -> bool {
    match marks::whose(found, cx.owner()) {
        Whose::Ours => true,
        Whose::SameState | Whose::Unmarked => found["metadata"]["uid"] == *recorded.uid,
        Whose::AnotherState => false,
    }
}

pub(super) fn exists(object: &KubeObject, found: &Json) -> Fault {
    let what = format!("{} exists already and is not this stack's", object.label());
    Fault::new(Class::NotOurs, what).why(marks::manager(found)).hint(format!(
        "choose another name; or, if nothing needs it: kubectl delete {} -n {} {}",
        object.kind(),
        object.namespace_name(),
        object.name()
    ))
}

/// How the cluster serves the object's kind.
async fn served(cluster: &Cluster, object: &KubeObject) -> Result<Kind> {
    let (version, kind) = (object.api_version(), object.kind());
    cluster.kind(version, kind).await?.ok_or_else(|| {
        let name = &cluster.access().name;
        Fault::new(Class::NotFound, format!("cluster `{name}` knows no {kind} of {version}"))
            .hint("install what brings its CustomResourceDefinition first; kubectl api-resources lists what there is")
    })
}

async fn get(
    api: &Api<DynamicObject>,
    cluster: &Cluster,
    object: &KubeObject,
) -> Result<Option<Json>> {
    let fault = cluster.fault(format!("read {}", object.label()));
    let found = absent(api.get_opt(object.name()).await.map_err(fault))?;
    Ok(found.flatten().map(|found| to_json(&found)))
}

/// Applies; takes from other managers only what the plan showed that it would.
async fn apply(
    cluster: &Cluster,
    api: &Api<DynamicObject>,
    cx: &StepCx,
    object: &KubeObject,
    manifest: Json,
    data: &Data,
    approved: &Fields,
) -> Result<Json> {
    let send = |force| send(cluster, api, cx, object, manifest.clone(), data, force);
    match settle(cx, || send(false)).await {
        Err(fault) if fault.is(CONFLICT) => {
            let fields = conflicts(fault.why.as_deref().unwrap_or_default());
            let shown = |field: &String| approved.has(field);
            if *approved != Fields::All && !fields.is_empty() && fields.iter().all(shown) {
                return send(true).await;
            }
            Err(fault)
        }
        applied => applied,
    }
}

/// One server-side apply, with marks and data.
async fn send(
    cluster: &Cluster,
    api: &Api<DynamicObject>,
    cx: &StepCx,
    object: &KubeObject,
    mut manifest: Json,
    data: &Data,
    force: bool,
) -> Result<Json> {
    marks::put(&mut manifest, cx.owner());
    if object.is_secret() {
        let versions = json!(data.versions).to_string();
        marks::set(&mut manifest, "annotations", marks::SECRET_VERSIONS, &versions);
        manifest["data"] = Json::Object(data.encoded.clone());
    }
    let mut how = PatchParams::apply(MANAGER);
    how.force = force;
    let sent = api.patch(object.name(), &how, &Patch::Apply(manifest)).await;
    let action = format!("apply {}", object.label());
    match sent {
        Ok(applied) => Ok(to_json(&applied)),
        Err(kube::Error::Api(status)) if status.code == 409 && status.reason == "Conflict" => {
            Err(conflict(object, &status))
        }
        Err(error) => Err(data.redact(cluster.fault(action)(error))),
    }
}

/// The code of a fault that says that other managers hold fields.
const CONFLICT: &str = "Conflict";

/// Names who holds which field. [`conflicts`] reads the fields back.
fn conflict(object: &KubeObject, status: &kube::core::Status) -> Fault {
    let causes = status.details.as_ref().map(|d| d.causes.as_slice()).unwrap_or_default();
    let held: Vec<_> = causes
        .iter()
        .map(|cause| {
            let by = cause.message.split('"').nth(1).unwrap_or("another manager");
            format!("`manifest{}` is held by {by}", cause.field)
        })
        .collect();
    let what = format!("{} could not be applied: others manage some of its fields", object.label());
    let why = if held.is_empty() { status.message.clone() } else { held.join("; ") };
    Fault::new(Class::NotOurs, what).why(why).code(CONFLICT).hint(
        "leave those fields out of the manifest, or list them under `ignore`, or stop the other manager",
    )
}

/// The paths in a [`conflict`]'s text, in the form of the resource's inputs.
fn conflicts(why: &str) -> Vec<String> {
    why.split('`').filter(|part| part.starts_with("manifest.")).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{SecretSource, Val};
    use kube::core::{Status, response::StatusCause};
    use std::collections::BTreeSet;

    #[test]
    fn a_conflict_names_manager_and_field() {
        let cluster = Val::output(&"eks.access/main".parse().unwrap(), "access");
        let source = [("a", SecretSource::Env { name: "A".into() })];
        let object = KubeObject::secret(cluster, "datahub", "mysql", source);
        let cause = |field: &str, manager: &str| StatusCause {
            reason: "FieldManagerConflict".into(),
            message: format!("conflict with \"{manager}\" using apps/v1"),
            field: field.into(),
        };
        let causes = [
            cause(".spec.replicas", "kubectl-scale"),
            cause(".spec.template.spec.containers[name=\"gms\"].image", "helm"),
        ];
        let details = serde_json::from_value(json!({ "causes": causes })).unwrap();
        let status = Status::failure("conflicts", "Conflict").with_details(details);
        let fault = conflict(&object, &status);
        assert!(fault.to_string().contains("`manifest.spec.replicas` is held by kubectl-scale"));
        let fields = conflicts(fault.why.as_deref().unwrap());
        let approved = |paths: &[&str]| {
            let paths: BTreeSet<_> = paths.iter().map(|p| (*p).to_owned()).collect();
            fields.iter().all(|field| Fields::Only(paths.clone()).has(field))
        };
        assert!(approved(&["manifest.spec.replicas", "manifest.spec.template.spec.containers"]));
        assert!(!approved(&["manifest.spec.replicas"]));
    }
}
