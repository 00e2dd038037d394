//! What interrupted and failed operations leave behind, and how it goes away.
//!
//! A release that Helm was at work on when it ended stays `pending-…`, and Helm refuses to touch it.
//! Nobody else is at work on it: helm dies with the run that started it, and the stack's lease lets one
//! run in at a time. So its revision is marked `failed`, which is what it is. Nothing is uninstalled,
//! and the record with its objects stays until the release is there as a whole; then what the failed
//! revisions made and nothing needs any more is removed.

//!
//! An upgrade compares the new revision with the last that was there as a whole. Fields that only failed
//! revisions in between had would stay, so where there are such the release first goes back.

use super::{
    HelmRelease,
    record::{self, Record},
};
use crate::{
    client::Cluster,
    fault::absent,
    gone,
    key::Key,
    tree::{Difference, differences, is_empty},
};
use groundplan_core::{Json, Result, StepCx, to_json};
use std::collections::BTreeMap;

/// Takes up what was interrupted: the last revision is marked as failed if an operation on it did not
/// end. Broken ways back are taken out of the history, so that the way back is gone from the revision
/// that needs it.
pub(super) async fn interrupted(
    cluster: &Cluster,
    namespace: &str,
    history: &mut Vec<Record>,
) -> Result<()> {
    let kept = history.iter().rposition(|record| !record.is_broken_rollback());
    let broken = history.split_off(kept.map_or(0, |last| last + 1));
    record::purge(cluster, namespace, &broken).await?;
    let Some(last) = history.last().filter(|last| last.is_pending()) else { return Ok(()) };
    tracing::info!(
        revision = last.revision,
        status = last.status,
        "taking up an interrupted release"
    );
    record::mark_failed(cluster, namespace, last, "interrupted, and taken up by the next run").await
}

/// The revision to go back to before the next upgrade, if fields of failed ones after it could stay.
pub(super) fn way_back(release: &HelmRelease, history: &[Record]) -> Result<Option<u32>> {
    let after = history.iter().rposition(|record| !is_broken(record)).map_or(0, |whole| whole + 1);
    let (before, failed) = history.split_at(after);
    let Some(whole) = before.last().filter(|whole| whole.was_deployed()) else { return Ok(None) };
    let there = keyed(whole.objects()?, release);
    for record in failed.iter().filter(|record| !record.is_applied_by_server()) {
        for (key, object) in keyed(record.objects()?, release) {
            if there.get(&key).is_some_and(|there| may_stay(there, &object)) {
                return Ok(Some(whole.revision));
            }
        }
    }
    Ok(None)
}

/// Whether an object has fields or items of lists that it did not have before. What it had it gets back
/// from the next revision.
fn may_stay(before: &Json, after: &Json) -> bool {
    // An item without a name may go by another key, which is not known here.
    let nameless = |path: &str| {
        path.split('[').skip(1).any(|item| item.starts_with(|c: char| c.is_ascii_digit()))
    };
    let new = |d: &Difference<'_>| d.before.is_none_or(is_empty) || nameless(&d.path);
    differences(before, after).iter().any(new)
}

/// Removes what failed revisions made and the release that is there now does not have. Helm itself
/// looks no further back than to the last revision that was there as a whole.
pub(super) async fn leftovers(
    cx: &StepCx,
    cluster: &Cluster,
    release: &HelmRelease,
    history: &[Record],
) -> Result<()> {
    let Some((now, before)) = history.split_last() else { return Ok(()) };
    let mut left = BTreeMap::new();
    for failed in before.iter().rev().take_while(|record| is_broken(record)) {
        left.extend(keyed(failed.objects()?, release));
    }
    for key in keyed(now.objects()?, release).into_keys() {
        left.remove(&key);
    }
    let (name, namespace) = (release.name.as_str(), release.namespace.get().as_str());
    let is_its = |live: &Json| {
        let annotations = &live["metadata"]["annotations"];
        annotations["meta.helm.sh/release-name"] == name
            && annotations["meta.helm.sh/release-namespace"] == namespace
    };
    remove(cx, cluster, left.into_keys(), is_its).await
}

/// Whether a revision never came to be there as a whole, and was not taken away since.
fn is_broken(record: &Record) -> bool {
    !record.was_deployed() && !record.is_uninstalled()
}

/// Removes the hooks of all revisions that are still there. Helm leaves them behind.
pub(super) async fn hooks(
    cx: &StepCx,
    cluster: &Cluster,
    release: &HelmRelease,
    history: &[Record],
) -> Result<()> {
    let mut left = BTreeMap::new();
    for record in history {
        left.extend(keyed(record.hooks()?.into_iter().map(|hook| hook.object), release));
    }
    // Helm puts no mark of its own on hooks. Where the chart labels them, the label must be right.
    let is_its = |live: &Json| {
        let meta = &live["metadata"];
        let label = |key: &str| meta["labels"][key].as_str().unwrap_or(&release.name);
        !meta["annotations"]["helm.sh/hook"].is_null()
            && [label("app.kubernetes.io/instance"), label("release")] == [release.name.as_str(); 2]
    };
    remove(cx, cluster, left.into_keys(), is_its).await
}

fn keyed(objects: impl IntoIterator<Item = Json>, release: &HelmRelease) -> BTreeMap<Key, Json> {
    let namespace = release.namespace.get();
    objects.into_iter().filter_map(|object| Some((Key::of(&object, namespace)?, object))).collect()
}

async fn remove(
    cx: &StepCx,
    cluster: &Cluster,
    keys: impl Iterator<Item = Key>,
    is_its: impl Fn(&Json) -> bool,
) -> Result<()> {
    for key in keys {
        let Some(kind) = cluster.kind(&key.api_version, &key.kind).await? else { continue };
        let api = cluster.api(&kind, &key.namespace);
        let read = api.get_opt(&key.name).await.map_err(cluster.fault(format!("read {key}")));
        let Some(live) = absent(read)?.flatten().map(|live| to_json(&live)) else { continue };
        let keep = live["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep";
        if is_its(&live) && !keep {
            gone::delete(cx, cluster, &api, &key.to_string(), &live).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::json;

    #[test]
    fn only_what_is_new_in_a_failed_revision_can_stay() {
        let object = |spec: Json| json!({ "kind": "Deployment", "spec": spec });
        let stays = |before: Json, after: Json| may_stay(&object(before), &object(after));
        let env = |name: &str, value: &str| json!({ "env": [{ "name": name, "value": value }] });
        assert!(!stays(json!({ "image": "a:1" }), json!({ "image": "a:2" })));
        assert!(!stays(json!({ "image": "a:1", "replicas": 2 }), json!({ "image": "a:2" })));
        assert!(!stays(env("A", "1"), env("A", "2")));
        assert!(stays(env("A", "1"), env("B", "1")));
        assert!(stays(json!({}), json!({ "paused": true })));
        let port = |port: u16| json!({ "ports": [{ "containerPort": port }] });
        assert!(stays(port(80), port(81)), "ports go by their number");
    }
}
