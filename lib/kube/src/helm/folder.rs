//! Releases as files, where no cluster is: what the chart renders, and a file that says of what.

use super::{
    Chart, HelmRelease, HelmReleaseOutputs, change,
    cli::HelmCall,
    files,
    observe::{as_wanted, named},
    render::Source,
    words,
};
use crate::{
    client::CxKube,
    folder::Folder,
    key::Key,
    marks::{self, Whose},
    yaml,
};
use groundplan_core::{Class, Cx, Fault, Fields, Json, Live, Result, Seen, StepCx, Wanted, json};
use serde::Deserialize;
use std::path::Path;

/// What stands for Helm's word in the status of a release.
const RENDERED: &str = "rendered";

pub(super) async fn observe(
    cx: &Cx,
    folder: &Folder,
    wanted: &[Wanted<HelmRelease>],
) -> Result<Vec<Seen<HelmReleaseOutputs>>> {
    let mut seen = Vec::with_capacity(wanted.len());
    for w in wanted {
        let release = &w.inputs;
        let found = folder.read(cluster(release), &key(release))?;
        let found = found
            .filter(|found| is_ours(found, marks::whose(found, &w.owner), w.outputs.is_some()));
        seen.push(match found {
            Some(found) => {
                let mut chart = found["chart"].clone();
                if let Some(digest) =
                    cx.helm().local_digest(&release.chart).await.unwrap_or_default()
                    && found["chartDigest"] != *digest
                {
                    chart = json!({ "local": { "path": format!("{} as it was", release.name) } });
                }
                let values = as_wanted(&release.values, &found["values"]);
                let fields = json!({ "chart": chart, "values": values });
                Live::new(outputs(release, &found), fields).into()
            }
            None => Seen::Absent,
        });
    }
    Ok(seen)
}

pub(super) fn create(
    release: &HelmRelease,
    cx: &StepCx,
    folder: &Folder,
) -> Result<HelmReleaseOutputs> {
    match folder.read(cluster(release), &key(release))? {
        Some(found) if !is_ours(&found, marks::whose(&found, cx.owner()), false) => {
            Err(not_ours(release, &found))
        }
        _ => Ok(named(release)),
    }
}

pub(super) async fn converge(
    release: &HelmRelease,
    cx: &StepCx,
    folder: &Folder,
    approved: &Fields,
) -> Result<HelmReleaseOutputs> {
    let (cluster, key, helm) = (cluster(release), key(release), cx.helm());
    let last = folder.read(cluster, &key)?;
    if let Some(last) = last.as_ref().filter(|l| !is_ours(l, marks::whose(l, cx.owner()), true)) {
        return Err(not_ours(release, last));
    }
    let there = last
        .as_ref()
        .map(|last| (last["chartVersion"].as_str().unwrap_or_default(), &last["values"]));
    let (wanted, values) = change::target(release, there, approved);
    let path = helm.chart(&wanted, cx.cancelled()).await?;
    let digest = files::contents(path.clone()).await?.digest;
    let metadata = metadata(cx, &path).await?;
    let source = Source {
        name: release.name.clone(),
        namespace: release.namespace.get().clone(),
        chart: path,
        chart_digest: digest.clone(),
        values: values.clone(),
        upgrade: last.is_some(),
        checked: true,
    };
    let mut keys = Vec::new();
    for object in helm.render(&source, 1, cx.cancelled()).await?.objects()? {
        let Some(key) = Key::of(&object, release.namespace.get()) else { continue };
        folder.write(cluster, &key, &object)?;
        keys.push(key);
    }
    for old in last.iter().flat_map(objects).filter(|old| !keys.contains(old)) {
        folder.remove(cluster, &old)?;
    }
    let revision = last.as_ref().and_then(|last| last["revision"].as_u64()).unwrap_or_default() + 1;
    let mut record = json!({
        "apiVersion": "groundplan.dev/v1",
        "kind": "Release",
        "metadata": { "name": release.name, "namespace": release.namespace },
        "revision": revision,
        "chart": wanted,
        "chartDigest": digest,
        "chartVersion": metadata["version"],
        "appVersion": metadata["appVersion"],
        "values": values,
        "objects": keys.iter().map(reference).collect::<Vec<_>>(),
    });
    marks::put(&mut record, cx.owner());
    folder.write(cluster, &key, &record)?;
    Ok(outputs(release, &record))
}

pub(super) fn delete(release: &HelmRelease, cx: &StepCx, folder: &Folder) -> Result<()> {
    let (cluster, key) = (cluster(release), key(release));
    let Some(found) = folder.read(cluster, &key)? else { return Ok(()) };
    if !is_ours(&found, marks::whose(&found, cx.owner()), true) {
        return Ok(());
    }
    for object in objects(&found) {
        folder.remove(cluster, &object)?;
    }
    folder.remove(cluster, &key)
}

fn cluster(release: &HelmRelease) -> &str {
    &release.cluster.get().name
}

/// The file that says what was rendered.
fn key(release: &HelmRelease) -> Key {
    Key {
        kind: "Release".to_owned(),
        namespace: release.namespace.get().clone(),
        name: release.name.clone(),
        api_version: String::new(),
    }
}

/// An object that was rendered, as its release's file names it.
fn reference(key: &Key) -> Json {
    json!({ "apiVersion": key.api_version, "kind": key.kind, "metadata": { "namespace": key.namespace, "name": key.name } })
}

fn objects(record: &Json) -> Vec<Key> {
    let references = record["objects"].as_array().into_iter().flatten();
    references.filter_map(|reference| Key::of(reference, "")).collect()
}

/// Whether a file is this resource's; one that was renamed in the program is if it is `recorded`. Its
/// chart must be readable, or it is no such file.
fn is_ours(found: &Json, whose: Whose, recorded: bool) -> bool {
    let ours = whose == Whose::Ours || recorded && whose == Whose::SameState;
    ours && Chart::deserialize(&found["chart"]).is_ok()
}

fn not_ours(release: &HelmRelease, found: &Json) -> Fault {
    let what = format!("release {} was rendered by something else already", release.label());
    Fault::new(Class::NotOurs, what)
        .why(marks::manager(found))
        .hint("choose another name or folder")
}

/// What the chart says of itself.
async fn metadata(cx: &Cx, chart: &Path) -> Result<Json> {
    let call =
        HelmCall { stop: cx.cancelled().clone(), ..HelmCall::new(["show", "chart"]).arg(chart) };
    let output = cx.helm().run(call).await?;
    if !output.success {
        let what = format!("the chart at {} cannot be read", chart.display());
        return Err(Fault::new(Class::Invalid, what).why(words(&output.stderr)));
    }
    Ok(yaml::documents(&output.stdout)?.into_iter().next().unwrap_or_default())
}

fn outputs(release: &HelmRelease, record: &Json) -> HelmReleaseOutputs {
    let text = |field: &str| match &record[field] {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    HelmReleaseOutputs {
        revision: record["revision"].as_u64().and_then(|revision| revision.try_into().ok()),
        status: Some(RENDERED.to_owned()),
        chart_version: Some(text("chartVersion")),
        app_version: Some(text("appVersion")),
        chart_digest: Some(text("chartDigest")),
        ..named(release)
    }
}
