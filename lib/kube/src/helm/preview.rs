//! What a change of a release does to its objects: two offline renders, compared object by object.

use super::{
    Chart, HelmRelease,
    compare::{self, Picture},
    files,
    render::Source,
    unknown::{FIRST, SECOND, StandIns},
};
use crate::{client::CxKube, key::Key, object::forget_widening};
use groundplan_core::{Class, Cx, Fault, Json, Preview, Result, is_known};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) async fn preview(
    cx: &Cx,
    before: Option<&HelmRelease>,
    draft: &Json,
) -> Result<Preview> {
    // One that is replaced goes first, and the other is installed.
    let upgrades = before.is_some_and(|before| is_same(before, draft));
    let after = draft_picture(cx, draft, upgrades).await?;
    let none = Picture::default();
    let made = || {
        let mut made = compare::compare(&none, &after, false);
        if !is_known(&draft["cluster"]) {
            made.objects.iter_mut().for_each(|object| forget_widening(&mut object.risks));
        }
        made
    };
    let Some(before) = before else { return Ok(made()) };
    let old = release_picture(cx, before).await?;
    if !upgrades {
        let mut both = compare::compare(&old, &none, true);
        let made = made();
        both.objects.extend(made.objects);
        both.notes.extend(made.notes);
        return Ok(both);
    }
    let mut preview = compare::compare(&old, &after, true);
    if draft["chart"].get("local").is_some() {
        preview.notes.push(
            "the chart is a local one: both sides are rendered with its files as they are now"
                .to_owned(),
        );
    }
    Ok(preview)
}

/// Whether a draft is of the same release.
fn is_same(before: &HelmRelease, draft: &Json) -> bool {
    let cluster = before.cluster.get();
    let unchanged = |field: &Json, value: &str| field.as_str().is_none_or(|field| field == value);
    unchanged(&draft["name"], &before.name)
        && unchanged(&draft["namespace"], before.namespace.get())
        && unchanged(&draft["cluster"]["name"], &cluster.name)
        && unchanged(&draft["cluster"]["account"], &cluster.account)
        && unchanged(&draft["cluster"]["region"], &cluster.region)
}

/// The release as it was applied last, rendered for an upgrade as what it is compared with.
async fn release_picture(cx: &Cx, release: &HelmRelease) -> Result<Picture> {
    let helm = cx.helm();
    let path = helm.chart(&release.chart, cx.cancelled()).await?;
    let source = Source {
        name: release.name.clone(),
        namespace: release.namespace.get().clone(),
        chart_digest: files::contents(path.clone()).await?.digest,
        chart: path,
        values: release.values.clone(),
        upgrade: true,
        checked: false,
    };
    draw(cx, &source, None, &StandIns::from(FIRST)).await
}

/// The release as it is to be, in which values may not be known.
async fn draft_picture(cx: &Cx, draft: &Json, upgrade: bool) -> Result<Picture> {
    let wanted = Chart::deserialize(&draft["chart"])
        .map_err(|e| Fault::new(Class::Invalid, "the chart cannot be read").why(e.to_string()))?;
    let path = cx.helm().chart(&wanted, cx.cancelled()).await?;
    let contents = files::contents(path.clone()).await?;
    let source = |stand_ins: &mut StandIns| Source {
        name: draft["name"].as_str().unwrap_or_default().to_owned(),
        namespace: stand_ins.fill(&draft["namespace"]).as_str().unwrap_or_default().to_owned(),
        chart: path.clone(),
        chart_digest: contents.digest.clone(),
        values: stand_ins.fill(draft.get("values").unwrap_or(&Json::Null)),
        upgrade,
        checked: true,
    };
    let (mut one, mut two) = (StandIns::from(FIRST), StandIns::from(SECOND));
    let (first, second) = (source(&mut one), source(&mut two));
    let mut picture = if one.is_empty() {
        draw(cx, &first, None, &one).await?
    } else {
        draw_unknown(cx, (first, &one), (second, &two)).await?
    };
    if upgrade && contents.counts_revisions {
        picture.note(COUNTS);
    }
    Ok(picture)
}

/// What is said of charts that use the number of the revision.
const COUNTS: &str = "the chart puts the number of the revision into its objects, so any upgrade changes, and may restart, more than is shown here";

async fn draw_unknown(
    cx: &Cx,
    (first, one): (Source, &StandIns),
    (second, two): (Source, &StandIns),
) -> Result<Picture> {
    match draw(cx, &first, Some((&second, two)), one).await {
        // A stand-in may be of the wrong type. The values themselves are checked when they are known.
        Err(fault) if speaks_of_schema(&fault) => {
            let first = Source { checked: false, ..first };
            let second = Source { checked: false, ..second };
            draw(cx, &first, Some((&second, two)), one).await
        }
        drawn => drawn,
    }
}

/// Warnings of helm that are told.
const WARNINGS: usize = 5;

/// Helm's words where values do not have the types that a chart's schema asks for.
fn speaks_of_schema(fault: &Fault) -> bool {
    fault.class == Class::Invalid && fault.why.as_ref().is_some_and(|why| why.contains("schema"))
}

/// Renders twice with the same values, for what is random, and once with others, for what is unknown.
async fn draw(
    cx: &Cx,
    source: &Source,
    other: Option<(&Source, &StandIns)>,
    stand_ins: &StandIns,
) -> Result<Picture> {
    let (helm, stop) = (cx.helm(), cx.cancelled());
    let other = async {
        let Some((source, numbers)) = other else { return Ok(None) };
        let objects = helm.render(source, 1, stop).await?.objects()?;
        let translated = objects.iter().map(|o| stand_ins.translated(numbers, &o.to_string()));
        Ok(Some(translated.filter_map(|text| serde_json::from_str(&text).ok()).collect::<Vec<_>>()))
    };
    let (one, again, other) =
        futures::try_join!(helm.render(source, 1, stop), helm.render(source, 2, stop), other)?;
    let again = keyed(again.objects()?, &source.namespace);
    let other = other.map(|objects| keyed(objects, &source.namespace)).unwrap_or_default();
    let mut picture = Picture::default();
    for text in one.warnings.iter().take(WARNINGS) {
        picture.note(&format!("helm warns: {text}"));
    }
    for (key, object) in keyed(one.objects()?, &source.namespace) {
        let mut drawn = Vec::new();
        let shown = stand_ins.shown(&object, again.get(&key), other.get(&key), "", &mut drawn);
        let namespace = stand_ins.named(&key.namespace);
        // A namespace that has no name yet would be longer than all the rest.
        let namespace = if namespace == key.namespace { namespace } else { String::new() };
        let key = Key { name: stand_ins.named(&key.name), namespace, ..key };
        picture.add(key, shown, drawn);
    }
    Ok(picture)
}

fn keyed(objects: Vec<Json>, namespace: &str) -> BTreeMap<Key, Json> {
    objects.into_iter().filter_map(|object| Some((Key::of(&object, namespace)?, object))).collect()
}
