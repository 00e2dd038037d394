//! Installs, upgrades and uninstalls releases.

use super::{
    Chart, HelmRelease, HelmReleaseOutputs,
    cli::{HelmCall, HelmOutput},
    files, heal,
    kubeconfig::Kubeconfig,
    mark,
    observe::{as_wanted, named, outputs},
    progress,
    record::{self, Record},
    words,
};
use crate::{
    client::{Cluster, CxKube},
    gone,
    marks::Whose,
    settle::settle,
    tree,
};
use groundplan_core::{Class, Fault, Fields, Json, Patience, Probe, Result, StepCx, to_json};
use std::{convert::Infallible, path::Path, pin::pin, time::Duration};

/// Revisions that are kept, as Helm's own default is.
const HISTORY: &str = "10";
/// How much longer than it was told Helm may take before it is stopped.
const GRACE: Duration = Duration::from_secs(30);
/// How long Helm may take to see a release go.
const GONE_MINUTES: u32 = 15;

pub(super) async fn create(release: &HelmRelease, cx: &StepCx) -> Result<HelmReleaseOutputs> {
    let cluster = cx.cluster(release.cluster.get()).await?;
    let history = settle(cx, || record::history(&cluster, release)).await?;
    match there(&history) {
        Some(last) if last.whose(cx.owner()) == Whose::Ours => Ok(outputs(named(release), last)),
        Some(last) => Err(not_ours(release, last)),
        None => Ok(named(release)),
    }
}

pub(super) async fn converge(
    release: &HelmRelease,
    cx: &StepCx,
    approved: &Fields,
) -> Result<HelmReleaseOutputs> {
    let cluster = cx.cluster(release.cluster.get()).await?;
    let mut history = settle(cx, || record::history(&cluster, release)).await?;
    let last = there(&history);
    if let Some(last) = last.filter(|last| !is_ours(last, cx)) {
        return Err(not_ours(release, last));
    }
    let version = last.map(Record::chart_version).unwrap_or_default();
    let there = last.map(|last| (version.as_str(), last.values()));
    let (wanted, values) = target(release, there, approved);
    let chart_path = cx.helm().chart(&wanted, cx.cancelled()).await?;
    let digest = files::contents(chart_path.clone()).await?.digest;
    if let Some(last) = last.filter(|last| is_done(last, &wanted, &digest, &values)) {
        return Ok(outputs(named(release), last));
    }
    let is_there = last.is_some();
    heal::interrupted(&cluster, release.namespace.get(), &mut history).await?;
    // Until a release has been there as a whole, only an install runs all of its hooks.
    let installs = !is_there || !history.iter().any(Record::was_deployed);
    if let Some(revision) = heal::way_back(release, &history)?.filter(|_| !installs) {
        go_back(release, cx, &cluster, revision).await?;
    }
    let call = call(release, cx, installs, &chart_path, &digest, &values);
    let output = run(release, cx, &cluster, release.timeout_minutes, call).await?;
    let history = record::history(&cluster, release).await?;
    if !output.success {
        let verb = if installs { "install" } else { "upgrade" };
        return Err(failed(release, &cluster, verb, &output, history.last()).await);
    }
    heal::leftovers(cx, &cluster, release, &history).await?;
    let last = history.last().ok_or_else(|| {
        Fault::new(Class::NotFound, format!("release {} is gone", release.label()))
            .why("somebody uninstalled it just now")
            .hint("plan again")
    })?;
    Ok(outputs(named(release), last))
}

/// Goes back to a revision, without its hooks and without waiting: the next upgrade does both.
async fn go_back(
    release: &HelmRelease,
    cx: &StepCx,
    cluster: &Cluster,
    revision: u32,
) -> Result<()> {
    cx.recovered(format!(
        "a failed upgrade left fields behind: helm goes back to revision {revision} first"
    ));
    let call = HelmCall::new(["rollback", &release.name])
        .arg(revision.to_string())
        .flag("--namespace", release.namespace.get())
        .flag("--timeout", format!("{}m", release.timeout_minutes))
        .flag("--history-max", HISTORY)
        .switch("--no-hooks", true);
    let output = run(release, cx, cluster, release.timeout_minutes, call).await?;
    if output.success {
        return Ok(());
    }
    let history = record::history(cluster, release).await?;
    Err(failed(release, cluster, "rollback", &output, history.last()).await)
}

pub(super) async fn delete(release: &HelmRelease, cx: &StepCx) -> Result<()> {
    let cluster = cx.cluster(release.cluster.get()).await?;
    let removed = async {
        let history = record::history(&cluster, release).await?;
        // What was ours is gone, and this is something else that has its name.
        let Some(last) = history.last().filter(|last| is_ours(last, cx)) else { return Ok(()) };
        if !last.is_uninstalled() {
            // The history tells the next run which hooks are left, should this one end before them.
            let call = HelmCall::new(["uninstall", &release.name])
                .flag("--namespace", release.namespace.get())
                .flag("--timeout", format!("{GONE_MINUTES}m"))
                .flag("--cascade", "foreground")
                .switch("--keep-history", true)
                .switch("--wait", true);
            let output = run(release, cx, &cluster, GONE_MINUTES, call).await?;
            if !output.success && !output.stderr.contains("release: not found") {
                return Err(failed(release, &cluster, "uninstall", &output, Some(last)).await);
            }
        }
        heal::hooks(cx, &cluster, release, &history).await?;
        record::purge(&cluster, release.namespace.get(), &history).await
    };
    gone::unless_cluster_is(&cluster, removed.await).await
}

/// The last revision, unless nothing but history is left of the release.
fn there(history: &[Record]) -> Option<&Record> {
    history.last().filter(|last| !last.is_uninstalled())
}

fn is_ours(record: &Record, cx: &StepCx) -> bool {
    matches!(record.whose(cx.owner()), Whose::Ours | Whose::SameState)
}

fn not_ours(release: &HelmRelease, found: &Record) -> Fault {
    let what = format!("release {} exists already and is not this stack's", release.label());
    Fault::new(Class::NotOurs, what).why(found.manager()).hint(format!(
        "choose another name; or, if nothing needs it: helm uninstall -n {} {}",
        release.namespace.get(),
        release.name
    ))
}

/// What the release is to be: what is approved of the wish, and for the rest what is there, by the
/// version of its chart and its values.
pub(super) fn target(
    release: &HelmRelease,
    last: Option<(&str, &Json)>,
    approved: &Fields,
) -> (Chart, Json) {
    let (Some((version, values)), Fields::Only(_)) = (last, approved) else {
        return (release.chart.clone(), release.values.clone());
    };
    let chart = if approved.has("chart") {
        release.chart.clone()
    } else {
        release.chart.as_released(version)
    };
    let live = as_wanted(&release.values, values);
    (chart, tree::approved(&release.values, &live, "values", approved))
}

/// Whether the release is as it is to be, hooks and all: Helm calls it `deployed` only then.
fn is_done(last: &Record, chart: &Chart, digest: &str, values: &Json) -> bool {
    let same_chart = match chart {
        Chart::Local { .. } => last.chart_digest() == Some(digest),
        _ => to_json(&chart.as_released(&last.chart_version())) == to_json(chart),
    };
    let live = as_wanted(values, last.values());
    let same_values = live == *values || tree::is_empty(&live) && tree::is_empty(values);
    last.status == "deployed" && same_chart && same_values
}

fn call(
    release: &HelmRelease,
    cx: &StepCx,
    installs: bool,
    chart: &Path,
    digest: &str,
    values: &Json,
) -> HelmCall {
    let call = if installs {
        // `--replace`: also over what a failed install left of its record.
        HelmCall::new(["install", &release.name]).arg(chart).switch("--replace", true)
    } else {
        // Without `--reset-values` an upgrade without values takes those of the revision before.
        HelmCall::new(["upgrade", &release.name])
            .arg(chart)
            .switch("--reset-values", true)
            .flag("--history-max", HISTORY)
    };
    let call = call
        .flag("--namespace", release.namespace.get())
        .flag("--timeout", format!("{}m", release.timeout_minutes))
        .flag("--labels", mark::labels(cx.owner(), digest))
        .flag("--values", "-")
        .switch("--wait", release.wait)
        .switch("--wait-for-jobs", release.wait);
    HelmCall { stdin: values.to_string().into_bytes(), ..call }
}

/// Runs helm against the cluster and tells meanwhile what the release waits for.
async fn run(
    release: &HelmRelease,
    cx: &StepCx,
    cluster: &Cluster,
    minutes: u32,
    call: HelmCall,
) -> Result<HelmOutput> {
    let config = Kubeconfig::write(cluster, &cx.helm().settings().home).await?;
    let stop = cx.cancelled().child_token();
    let call = HelmCall { stop: stop.clone(), ..call.flag("--kubeconfig", config.path()) };
    let mut helm = pin!(cx.helm().run(call));
    let limit = Duration::from_secs(u64::from(minutes) * 60) + GRACE;
    let patience = Patience { limit, ..Patience::new(1000, 5, 0) };
    let what = format!("release {}", release.label());
    let progress = cx.wait(patience, &what, || async {
        Ok(Probe::<Infallible>::NotYet(progress::says(cluster, release).await))
    });
    let gave_up = tokio::select! {
        ended = &mut helm => return ended,
        Err(fault) = progress => fault,
        fault = config.keep_fresh(cluster) => fault,
    };
    // Told to stop, Helm marks the release as failed, which is worth a moment.
    stop.cancel();
    match helm.await {
        Ok(output) => Ok(output),
        Err(_) => Err(gave_up),
    }
}

/// What helm said, and why the release is not ready.
async fn failed(
    release: &HelmRelease,
    cluster: &Cluster,
    verb: &str,
    output: &HelmOutput,
    last: Option<&Record>,
) -> Fault {
    let said = words(&output.stderr);
    let what = format!("helm {verb} of release {} failed", release.label());
    let class = if said.contains("another operation") { Class::InUse } else { Class::Other };
    let (namespace, name) = (release.namespace.get(), &release.name);
    let history = format!("helm history -n {namespace} {name}");
    let Some(last) = last else { return Fault::new(class, what).why(said).hint(history) };
    let late = progress::late(cluster, release, last).await.unwrap_or_default();
    let reasons: Vec<_> =
        late.iter().map(|late| format!("{}: {}", late.label, late.says)).collect();
    let why = [vec![said], reasons].concat().join("\n");
    let hint = late.first().map_or(history, |late| late.command(namespace));
    Fault::new(class, what).why(why).hint(hint)
}
