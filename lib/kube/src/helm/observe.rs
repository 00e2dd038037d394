//! Reads releases: one list of their newest revisions for each namespace, through the API.

use super::{
    Chart, Helm, HelmRelease, HelmReleaseOutputs, mark,
    record::{self, Record},
};
use crate::{
    client::{Cluster, CxKube},
    gone,
    marks::Whose,
};
use groundplan_core::{Cx, Json, Live, Mark, Marked, Near, Result, Seen, Wanted, json, to_json};
use std::collections::{BTreeMap, BTreeSet};

pub(super) async fn observe(
    cx: &Cx,
    wanted: &[Wanted<HelmRelease>],
) -> Result<Vec<Seen<HelmReleaseOutputs>>> {
    let Some(first) = wanted.first() else { return Ok(Vec::new()) };
    let cluster = cx.cluster(first.inputs.cluster.get()).await?;
    let read = read(cx, &cluster, wanted).await;
    gone::seen_unless_cluster_is(&cluster, wanted.len(), read).await
}

async fn read(
    cx: &Cx,
    cluster: &Cluster,
    wanted: &[Wanted<HelmRelease>],
) -> Result<Vec<Seen<HelmReleaseOutputs>>> {
    let mut names = BTreeMap::<&str, Vec<&str>>::new();
    for w in wanted {
        names.entry(w.inputs.namespace.get()).or_default().push(&w.inputs.name);
    }
    let mut found = BTreeMap::new();
    for (namespace, names) in names {
        let which = record::named(&names);
        found.insert(namespace, record::current(cluster, namespace, &which).await?);
    }
    let mut seen = Vec::with_capacity(wanted.len());
    for w in wanted {
        let record = found[w.inputs.namespace.get().as_str()].get(&w.inputs.name);
        seen.push(match record {
            Some(record) if is_ours(w, record) => see(cx.helm(), &w.inputs, record).await.into(),
            _ => Seen::Absent,
        });
    }
    Ok(seen)
}

/// Finds what carries a mark in the namespaces of `near`.
pub(super) async fn marked(
    cx: &Cx,
    near: &Near<HelmRelease>,
    mark: &Mark,
) -> Result<Vec<Marked<HelmReleaseOutputs>>> {
    let Some(first) = near.first() else { return Ok(Vec::new()) };
    let cluster = cx.cluster(first.cluster.get()).await?;
    gone::found_where_asked(find(cx, &cluster, near, mark).await)
}

async fn find(
    cx: &Cx,
    cluster: &Cluster,
    near: &Near<HelmRelease>,
    mark: &Mark,
) -> Result<Vec<Marked<HelmReleaseOutputs>>> {
    let mut found = Vec::new();
    let namespaces: BTreeSet<_> = near.iter().map(|release| release.namespace.get()).collect();
    for namespace in namespaces {
        for (name, record) in record::current(cluster, namespace, &mark::selector(mark)).await? {
            let Some(owner) = record.owner(mark) else { continue };
            let is_it = |r: &&HelmRelease| r.name == name && r.namespace.get() == namespace;
            let mut live = match near.iter().find(is_it) {
                Some(release) => see(cx.helm(), release, &record).await,
                None => see_unknown(&name, namespace, &record),
            };
            // One that is half uninstalled stays so until somebody goes on.
            live.leaving = record.is_uninstalled();
            found.push(Marked { owner, id: format!("{namespace}/{name}"), name: None, live });
        }
    }
    Ok(found)
}

/// A release that no program is known to have: where its chart came from is written nowhere.
fn see_unknown(name: &str, namespace: &str, record: &Record) -> Live<HelmReleaseOutputs> {
    let fields = json!({ "name": name, "namespace": namespace, "values": record.values() });
    let (name, namespace) = (name.to_owned(), namespace.to_owned());
    Live::new(outputs(HelmReleaseOutputs { name, namespace, ..unknown() }, record), fields)
}

fn is_ours(w: &Wanted<HelmRelease>, record: &Record) -> bool {
    match record.whose(&w.owner) {
        Whose::Ours => true,
        // Renamed in the program since it was made.
        Whose::SameState => w.outputs.is_some(),
        Whose::AnotherState | Whose::Unmarked => false,
    }
}

async fn see(helm: &Helm, release: &HelmRelease, record: &Record) -> Live<HelmReleaseOutputs> {
    let mut fields = json!({
        "name": release.name,
        "namespace": release.namespace,
        "chart": chart(helm, release, record).await,
        "values": as_wanted(&release.values, record.values()),
    });
    if record.status != "deployed" {
        // No input says this, so a plan shows it as something that has to go.
        fields["status"] = record.status.clone().into();
    }
    // One that was uninstalled may still have hooks and its history.
    let leaving = record.status == "uninstalling" || record.is_uninstalled();
    Live::new(outputs(named(release), record), fields).leaving(leaving)
}

/// The chart of the release, for a plan to compare.
async fn chart(helm: &Helm, release: &HelmRelease, record: &Record) -> Json {
    let mut chart = release.chart.as_released(&record.chart_version());
    if let Chart::Local { path } = &mut chart
        && let (Ok(Some(now)), Some(then)) =
            (helm.local_digest(&release.chart).await, record.chart_digest())
        && now != then
    {
        *path = format!("{path} as it was ({then})");
    }
    to_json(&chart)
}

/// What a release came to, by its record.
pub(super) fn outputs(named: HelmReleaseOutputs, record: &Record) -> HelmReleaseOutputs {
    HelmReleaseOutputs {
        revision: Some(record.revision),
        status: Some(record.status.clone()),
        chart_version: Some(record.chart_version()),
        app_version: Some(record.app_version()),
        chart_digest: record.chart_digest().map(str::to_owned),
        ..named
    }
}

/// What is known of a release before it is there.
pub(super) fn named(release: &HelmRelease) -> HelmReleaseOutputs {
    let (name, namespace) = (release.name.clone(), release.namespace.get().clone());
    HelmReleaseOutputs { name, namespace, ..unknown() }
}

fn unknown() -> HelmReleaseOutputs {
    HelmReleaseOutputs {
        name: String::new(),
        namespace: String::new(),
        revision: None,
        status: None,
        chart_version: None,
        app_version: None,
        chart_digest: None,
    }
}

/// Live values in the form of the wanted ones: Helm writes `1.0` as `1`.
pub(super) fn as_wanted(wanted: &Json, live: &Json) -> Json {
    match (wanted, live) {
        (Json::Object(wanted), Json::Object(live)) => {
            let none = Json::Null;
            let value = |(key, live): (&String, &Json)| {
                (key.clone(), as_wanted(wanted.get(key).unwrap_or(&none), live))
            };
            Json::Object(live.iter().map(value).collect())
        }
        (Json::Array(wanted), Json::Array(live)) if wanted.len() == live.len() => {
            wanted.iter().zip(live).map(|(wanted, live)| as_wanted(wanted, live)).collect()
        }
        (Json::Number(one), Json::Number(other)) if one.as_f64() == other.as_f64() => {
            wanted.clone()
        }
        _ => live.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_value() {
        let wanted = json!({ "a": 1.0, "b": [{ "c": 2 }], "gone": 1 });
        let live = json!({ "a": 1, "b": [{ "c": 3.0 }], "added": true });
        assert_eq!(
            as_wanted(&wanted, &live),
            json!({ "a": 1.0, "b": [{ "c": 3.0 }], "added": true })
        );
    }
}
