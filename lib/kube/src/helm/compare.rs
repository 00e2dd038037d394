//! Two pictures of a release, compared object by object, the way a reader of a plan needs it.

use super::{
    immutable,
    unknown::{DRAWN, LATER},
};
use crate::{
    key::Key,
    object::of_manifest,
    tree::{self, Difference},
};
use groundplan_core::{DangerKind, Json, Preview, PreviewObject, Risk, Transition};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What stands for a value of a Secret, followed by what tells it from others.
const SECRET: &str = "(secret)";

/// A release as it is rendered, as far as a plan may show it.
#[derive(Debug, Default)]
pub(super) struct Picture {
    objects: BTreeMap<Key, Json>,
    /// Objects with the places that are drawn at random.
    drawn: Vec<(Key, Vec<String>)>,
    /// What else is to be said.
    notes: Vec<String>,
}

impl Picture {
    pub(super) fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }

    pub(super) fn add(&mut self, key: Key, object: Json, drawn: Vec<String>) {
        if !drawn.is_empty() {
            self.drawn.push((key.clone(), drawn));
        }
        self.objects.insert(key, without_secrets(object));
    }
}

/// A Secret with something in place of each value that tells only whether two are the same.
fn without_secrets(mut object: Json) -> Json {
    if object["kind"] == "Secret" {
        for field in ["data", "stringData"] {
            let values = object.get_mut(field).and_then(Json::as_object_mut).into_iter().flatten();
            for (_, value) in values.filter(|(_, value)| *value != DRAWN && *value != LATER) {
                let digest = super::files::short(Sha256::digest(value.to_string().as_bytes()));
                *value = format!("{SECRET}{digest}").into();
            }
        }
    }
    object
}

/// What an upgrade, or an install, does to the objects.
pub(super) fn compare(old: &Picture, new: &Picture, upgrades: bool) -> Preview {
    let mut said = Said { upgrades, ..Said::default() };
    for (key, object) in &old.objects {
        // Helm leaves hooks alone once they ran.
        let stays = is_kept(object) || Hook::of(object, upgrades).is_some() || is_hook(object);
        if !new.objects.contains_key(key) && !stays {
            let risks = risks(Some(object), None, false);
            said.plain.push(item("delete", key.to_string(), Vec::new(), risks));
        }
    }
    for (key, object) in &new.objects {
        said.object(key, old.objects.get(key), object);
    }
    let mut preview = said.finish();
    preview.notes.extend(new.drawn.iter().map(|(key, paths)| {
        let paths: Vec<_> = paths.iter().map(|path| format!("`{path}`")).collect();
        format!(
            "{key}: the chart draws {} anew at every render; give the values yourself to keep them",
            paths.join(", ")
        )
    }));
    preview.notes.extend(new.notes.iter().cloned());
    preview
}

/// What is said of objects so far.
#[derive(Default)]
struct Said {
    upgrades: bool,
    plain: Vec<PreviewObject>,
    hooks: Vec<(Hook, PreviewObject)>,
    /// Objects of which only the labels change that name the chart.
    relabelled: usize,
    notes: Vec<String>,
}

impl Said {
    fn object(&mut self, key: &Key, old: Option<&Json>, new: &Json) {
        let found = old.map(|old| Changes::of(old, new));
        let risked = |replaced| risks(old, Some(new), replaced);
        if is_hook(new) {
            let Some(hook) = Hook::of(new, self.upgrades) else { return };
            let changes = found.map(|found| found.rows).unwrap_or_default();
            let label = format!("{key} ({})", hook.words());
            self.hooks.push((hook, item("run", label, changes, risked(false))));
            return;
        }
        let Some(found) = found else {
            self.plain.push(item("create", key.to_string(), Vec::new(), risked(false)));
            return;
        };
        let there = old.unwrap_or(&Json::Null);
        let fixed: Vec<_> =
            found.paths.iter().filter(|path| immutable::is(&key.kind, path, there)).collect();
        if !fixed.is_empty() {
            self.notes.push(immutable::note(key, &fixed));
            self.plain.push(item("replace", key.to_string(), found.rows, risked(true)));
        } else if !found.rows.is_empty() {
            self.plain.push(item("update", key.to_string(), found.rows, risked(false)));
        } else if found.relabelled {
            self.relabelled += 1;
        }
    }

    /// Hooks that run before, then what goes, changes and comes, then hooks that run after.
    fn finish(mut self) -> Preview {
        self.hooks.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.object.cmp(&y.object)));
        let (before, after): (Vec<_>, Vec<_>) = self.hooks.into_iter().partition(|(h, _)| !h.after);
        let order = |action: &str| {
            ["delete", "replace", "update", "create"].iter().position(|a| *a == action)
        };
        self.plain.sort_by_key(|object| order(&object.action));
        let hooks = |hooks: Vec<(Hook, PreviewObject)>| hooks.into_iter().map(|(_, object)| object);
        let objects = hooks(before).chain(self.plain).chain(hooks(after)).collect();
        if self.relabelled > 0 {
            let objects = if self.relabelled == 1 { "object changes" } else { "objects change" };
            self.notes.push(format!(
                "{} more {objects} only in labels that name the chart",
                self.relabelled
            ));
        }
        Preview { objects, notes: self.notes }
    }
}

fn item(
    action: &str,
    object: String,
    changes: Vec<(String, String, String)>,
    risks: Vec<Risk>,
) -> PreviewObject {
    PreviewObject { action: action.to_owned(), object, changes, risks }
}

/// What is lost, opened and allowed by a change. That pods restart is among the changes already, and is
/// what a release does.
fn risks(before: Option<&Json>, after: Option<&Json>, replaced: bool) -> Vec<Risk> {
    let mut risks = of_manifest(Transition { before, after, replaced });
    risks.retain(|risk| risk.kind != DangerKind::Downtime);
    risks
}

fn annotation<'a>(object: &'a Json, name: &str) -> &'a str {
    object["metadata"]["annotations"][name].as_str().unwrap_or_default()
}

fn is_kept(object: &Json) -> bool {
    annotation(object, "helm.sh/resource-policy") == "keep"
}

fn is_hook(object: &Json) -> bool {
    !annotation(object, "helm.sh/hook").is_empty()
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Hook {
    after: bool,
    weight: i64,
}

impl Hook {
    /// The hook that an object is; none if it does not run now.
    fn of(object: &Json, upgrades: bool) -> Option<Self> {
        let now = if upgrades {
            ["pre-upgrade", "post-upgrade"]
        } else {
            ["pre-install", "post-install"]
        };
        let phases: Vec<_> = annotation(object, "helm.sh/hook").split(',').map(str::trim).collect();
        let after = match now.map(|phase| phases.contains(&phase)) {
            [true, _] => false,
            [false, true] => true,
            [false, false] => return None,
        };
        Some(Self {
            after,
            weight: annotation(object, "helm.sh/hook-weight").parse().unwrap_or_default(),
        })
    }

    fn words(self) -> String {
        let when = if self.after { "after" } else { "before" };
        format!("{when} the rest, weight {}", self.weight)
    }
}

/// The places in which an object changes.
struct Changes {
    /// As a plan shows them.
    rows: Vec<(String, String, String)>,
    paths: Vec<String>,
    /// Only labels that name the chart change.
    relabelled: bool,
}

impl Changes {
    fn of(old: &Json, new: &Json) -> Self {
        let found = tree::differences(old, new);
        let paths: Vec<_> = found.iter().map(|change| change.path.clone()).collect();
        let (dull, told): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|change| is_dull(&change.path));
        let in_pods = |path: &str| path.starts_with(PODS);
        let mut rows: Vec<_> = told.iter().map(row).collect();
        // New pods for no other reason than these is worth one word, not a pair of digests.
        let dull_pods: Vec<_> = dull.iter().filter(|change| in_pods(&change.path)).collect();
        if !dull_pods.is_empty() && !told.iter().any(|change| in_pods(&change.path)) {
            let configured = dull_pods.iter().any(|change| is_checksum(&change.path));
            let why = if configured {
                "what it is configured by changed"
            } else {
                "its pods' labels name the chart"
            };
            rows.push(("restarts".to_owned(), String::new(), why.to_owned()));
        }
        Self { relabelled: rows.is_empty() && !paths.is_empty(), rows, paths }
    }
}

const PODS: &str = "spec.template.";

/// Whether a place changes only because something else does.
fn is_dull(path: &str) -> bool {
    let labels = ["metadata.labels.helm.sh/chart", "metadata.labels.app.kubernetes.io/version"];
    let place = path.strip_prefix(PODS).unwrap_or(path);
    labels.contains(&place) || is_checksum(path)
}

fn is_checksum(path: &str) -> bool {
    path.strip_prefix("spec.template.metadata.annotations.")
        .is_some_and(|name| name.contains("checksum"))
}

fn row(change: &Difference<'_>) -> (String, String, String) {
    let (before, after) = (said(change.before), said(change.after));
    if before == SECRET && after == SECRET {
        return (change.path.clone(), before, "(secret, changed)".to_owned());
    }
    (change.path.clone(), before, after)
}

/// A value as text: what reads as JSON is that, all else is a text.
fn said(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) if text.starts_with(SECRET) => SECRET.to_owned(),
        Some(Json::String(text)) => {
            let ambiguous = text.is_empty() || serde_json::from_str::<Json>(text).is_ok();
            if ambiguous { Json::from(text.as_str()).to_string() } else { text.clone() }
        }
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
