//! Reads objects: one list for each kind and namespace, by the label that all of ours carry.

use super::{KubeObject, KubeObjectOutputs, project::project, secret};
use crate::{
    client::{Cluster, CxKube, Kind},
    fault::absent,
    gone,
    marks::{self, MANAGED_BY, MANAGER, Whose},
};
use groundplan_core::{Cx, Json, Live, Mark, Marked, Near, Result, Seen, Wanted, json, to_json};
use kube::api::{DynamicObject, ListParams};
use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

/// Objects in one page of a list.
const PAGE: u32 = 500;

pub(super) async fn observe(
    cx: &Cx,
    wanted: &[Wanted<KubeObject>],
) -> Result<Vec<Seen<KubeObjectOutputs>>> {
    let Some(first) = wanted.first() else { return Ok(Vec::new()) };
    let cluster = cx.cluster(first.inputs.cluster.get()).await?;
    let read = read(cx, &cluster, wanted).await;
    gone::seen_unless_cluster_is(&cluster, wanted.len(), read).await
}

async fn read(
    cx: &Cx,
    cluster: &Cluster,
    wanted: &[Wanted<KubeObject>],
) -> Result<Vec<Seen<KubeObjectOutputs>>> {
    let mut lists = BTreeMap::new();
    let mut seen = Vec::with_capacity(wanted.len());
    for w in wanted {
        let object = &w.inputs;
        let Some(kind) = cluster.kind(object.api_version(), object.kind()).await? else {
            // Without its kind there can be no object.
            seen.push(Seen::Absent);
            continue;
        };
        let key = (object.api_version(), object.kind(), object.namespace_name());
        let list = match lists.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(list(cluster, &kind, object).await?),
        };
        let listed = list.iter().find(|it| it["metadata"]["name"] == object.name());
        seen.push(match listed {
            Some(listed) => see(cx, w, listed).await?,
            // One that was made by us may have lost its label since.
            None if w.outputs.is_some() => match get(cluster, &kind, object).await? {
                Some(found) => see(cx, w, &found).await?,
                None => Seen::Absent,
            },
            None => Seen::Absent,
        });
    }
    Ok(seen)
}

/// Finds what carries a mark: of the kinds, and in the namespaces, of `near`.
pub(super) async fn marked(
    cx: &Cx,
    near: &Near<KubeObject>,
    mark: &Mark,
) -> Result<Vec<Marked<KubeObjectOutputs>>> {
    let Some(first) = near.first() else { return Ok(Vec::new()) };
    let cluster = cx.cluster(first.cluster.get()).await?;
    gone::found_where_asked(find(cx, &cluster, near, mark).await)
}

async fn find(
    cx: &Cx,
    cluster: &Cluster,
    near: &Near<KubeObject>,
    mark: &Mark,
) -> Result<Vec<Marked<KubeObjectOutputs>>> {
    let (mut listed, mut found) = (BTreeSet::new(), Vec::new());
    for like in near {
        let Some(kind) = cluster.kind(like.api_version(), like.kind()).await? else { continue };
        let namespace = if kind.namespaced { like.namespace_name() } else { "" };
        if !listed.insert((kind.resource.group.clone(), like.kind(), namespace)) {
            continue;
        }
        for live in list(cluster, &kind, like).await? {
            let Some(owner) = marks::read(&live, mark) else { continue };
            let itself = identity(like, &live);
            // In the form of the program's, where it has one.
            let object = near.iter().find(|object| object.is(&itself)).unwrap_or(&itself);
            let (id, live) = (object.label(), live_as(cx, object, &live).await?);
            found.push(Marked { owner, id, name: None, live });
        }
    }
    Ok(found)
}

/// Only which object it is, which is enough to remove it.
fn identity(like: &KubeObject, found: &Json) -> KubeObject {
    let mut manifest = json!({
        "apiVersion": like.api_version(),
        "kind": like.kind(),
        "metadata": { "name": found["metadata"]["name"] },
    });
    if let Some(namespace) = found["metadata"].get("namespace") {
        manifest["metadata"]["namespace"] = namespace.clone();
    }
    KubeObject::new(like.cluster.clone(), manifest)
}

async fn list(cluster: &Cluster, kind: &Kind, like: &KubeObject) -> Result<Vec<Json>> {
    let api = cluster.api(kind, like.namespace_name());
    let mut page = ListParams::default().labels(&format!("{MANAGED_BY}={MANAGER}")).limit(PAGE);
    let mut found = Vec::new();
    loop {
        let place = if kind.namespaced { like.namespace_name() } else { "" };
        let fault = cluster.fault(format!("list {} {place}", kind.resource.plural));
        // The values of Secrets stay where they are: their versions tell enough.
        let next = if like.is_secret() {
            let listed = api.list_metadata(&page).await.map_err(fault)?;
            found.extend(listed.items.iter().map(to_json));
            listed.metadata.continue_
        } else {
            let listed = api.list(&page).await.map_err(fault)?;
            found.extend(listed.items.iter().map(|item| typed(kind, item)));
            listed.metadata.continue_
        };
        match next.filter(|token| !token.is_empty()) {
            Some(token) => page = page.continue_token(&token),
            None => return Ok(found),
        }
    }
}

/// An item of a list, which leaves out what all items have.
fn typed(kind: &Kind, item: &DynamicObject) -> Json {
    let mut object = to_json(item);
    object["apiVersion"] = kind.resource.api_version.clone().into();
    object["kind"] = kind.resource.kind.clone().into();
    object
}

/// One object, of a Secret only what a list shows.
async fn get(cluster: &Cluster, kind: &Kind, object: &KubeObject) -> Result<Option<Json>> {
    let api = cluster.api(kind, object.namespace_name());
    let fault = cluster.fault(format!("read {}", object.label()));
    if object.is_secret() {
        let found = api.get_metadata_opt(object.name()).await.map_err(fault);
        return Ok(absent(found)?.flatten().map(|found| to_json(&found)));
    }
    let found = api.get_opt(object.name()).await.map_err(fault);
    Ok(absent(found)?.flatten().map(|found| to_json(&found)))
}

async fn see(cx: &Cx, w: &Wanted<KubeObject>, live: &Json) -> Result<Seen<KubeObjectOutputs>> {
    let same = w.outputs.as_ref().is_some_and(|o| live["metadata"]["uid"] == *o.uid);
    let ours = match marks::whose(live, &w.owner) {
        Whose::Ours => true,
        Whose::SameState | Whose::Unmarked => same,
        Whose::AnotherState => false,
    };
    if !ours {
        return Ok(Seen::Absent);
    }
    Ok(live_as(cx, &w.inputs, live).await?.into())
}

/// A live object, in the form of `object`.
async fn live_as(cx: &Cx, object: &KubeObject, live: &Json) -> Result<Live<KubeObjectOutputs>> {
    let mut manifest = project(&object.manifest, live);
    if object.is_secret() {
        // A list of Secrets shows nothing beside their metadata.
        let unread = object.manifest.as_object().into_iter().flatten();
        for (field, value) in unread.filter(|(field, _)| *field != "metadata") {
            manifest[field] = value.clone();
        }
    }
    let mut fields = json!({ "manifest": manifest });
    if let Some(data) = secret::live_fields(cx, object, live).await? {
        fields["secret_data"] = data;
    }
    let leaving = !live["metadata"]["deletionTimestamp"].is_null();
    Ok(Live::new(outputs(live), fields).leaving(leaving))
}

pub(super) fn outputs(live: &Json) -> KubeObjectOutputs {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    KubeObjectOutputs {
        name: text(&live["metadata"]["name"]),
        uid: text(&live["metadata"]["uid"]),
        secret_versions: Some(secret::applied(live)),
    }
}
