//! What a reviewer must not miss of an object's change.

use crate::{rules::is_public, tree::items};
use groundplan_core::{DangerKind, Json, Risk, Transition, is_known};

pub(super) fn risks(change: Transition<'_>) -> Vec<Risk> {
    let manifest = |object: &'_ Json| -> Json { object["manifest"].clone() };
    let (before, after) = (change.before.map(manifest), change.after.map(manifest));
    let mut risks = of_manifest(Transition {
        before: before.as_ref(),
        after: after.as_ref(),
        replaced: change.replaced,
    });
    let known = change.after.is_some_and(|object| is_known(&object["cluster"]));
    if change.before.is_none() && !known {
        forget_widening(&mut risks);
    }
    risks
}

/// In a cluster that is made in the same run nobody could do anything before.
pub(crate) fn forget_widening(risks: &mut Vec<Risk>) {
    risks.retain(|risk| risk.kind != DangerKind::Widening);
}

/// Of a manifest alone, in a cluster that is there.
pub(crate) fn of_manifest(change: Transition<'_>) -> Vec<Risk> {
    let mut risks: Vec<_> = change.goes().into_iter().filter_map(gone_with).collect();
    let before = change.before.unwrap_or(&Json::Null);
    let Some(after) = change.after else { return risks };
    if (is_public(after) && !is_public(before)) || (faces(after) && !faces(before)) {
        let what = "AWS puts a load balancer on the internet in front of it";
        risks.push(Risk::new(DangerKind::Exposure, what));
    }
    if !change.replaced && restarts(before, after) {
        let what = "its only pod is restarted";
        risks.push(Risk::new(DangerKind::Downtime, what));
    }
    risks.extend(widened(before, after));
    risks
}

/// What goes with an object.
fn gone_with(manifest: &Json) -> Option<Risk> {
    let (kind, what) = match manifest["kind"].as_str()? {
        "Namespace" => (DangerKind::DataLoss, "everything in the namespace goes with it"),
        "PersistentVolumeClaim" => {
            (DangerKind::DataLoss, "its volume goes with it, unless its class retains volumes")
        }
        "CustomResourceDefinition" => {
            (DangerKind::DataLoss, "every object of the kind that it defines goes with it")
        }
        "Deployment" | "StatefulSet" | "DaemonSet" => (DangerKind::Downtime, "its pods stop"),
        "Service" | "Ingress" => (
            DangerKind::Downtime,
            "whoever calls through it is refused, and its load balancer goes",
        ),
        _ => return None,
    };
    Some(Risk::new(kind, what))
}

/// Whether an Ingress asks for a load balancer on the internet.
fn faces(manifest: &Json) -> bool {
    let scheme = &manifest["metadata"]["annotations"]["alb.ingress.kubernetes.io/scheme"];
    manifest["kind"] == "Ingress" && scheme == "internet-facing"
}

/// Whether a workload of one pod gets another one.
fn restarts(before: &Json, after: &Json) -> bool {
    let template = |of: &Json| of.pointer("/spec/template").cloned();
    let one = after["spec"]["replicas"].as_u64().unwrap_or(1) == 1;
    let single = matches!(after["kind"].as_str(), Some("Deployment" | "StatefulSet")) && one;
    single && template(before).is_some() && template(before) != template(after)
}

/// Who may do more in the cluster than before.
fn widened(before: &Json, after: &Json) -> Vec<Risk> {
    let what = match after["kind"].as_str() {
        Some("RoleBinding" | "ClusterRoleBinding") => bound(before, after),
        Some("Role" | "ClusterRole") => allowed(before, after),
        _ => Vec::new(),
    };
    what.into_iter().map(|what| Risk::new(DangerKind::Widening, what)).collect()
}

fn bound(before: &Json, after: &Json) -> Vec<String> {
    let role = after["roleRef"]["name"].as_str().unwrap_or("a role");
    let same = before["roleRef"] == after["roleRef"];
    let had = |subject: &Json| same && items(&before["subjects"]).any(|one| one == subject);
    let name = |subject: &Json| {
        let text = |field: &str| subject[field].as_str().unwrap_or("one that is not known yet");
        format!("{} `{}` gets the rights of `{role}`", text("kind"), text("name"))
    };
    items(&after["subjects"]).filter(|subject| !had(subject)).map(name).collect()
}

/// How many new rights are named.
const NAMED: usize = 3;

fn allowed(before: &Json, after: &Json) -> Vec<String> {
    let had = rights(before);
    let covered = |(group, resource, verb): &Right| {
        let fits = |have: &str, want: &str| have == "*" || have == want;
        had.iter().any(|(g, r, v)| fits(g, group) && fits(r, resource) && fits(v, verb))
    };
    let mut more: Vec<_> = rights(after).into_iter().filter(|right| !covered(right)).collect();
    // The widest first: they must not stand behind "more".
    more.sort_by_key(|(_, resource, verb)| (verb != "*", resource != "*"));
    if more.is_empty() {
        return Vec::new();
    }
    let name = |(_, resource, verb): &Right| format!("`{verb} {resource}`");
    let mut names: Vec<_> = more.iter().take(NAMED).map(name).collect();
    if more.len() > NAMED {
        names.push(format!("{} more", more.len() - NAMED));
    }
    vec![format!("allows newly {}", names.join(", "))]
}

/// An API group, a resource and a verb.
type Right = (String, String, String);

fn rights(role: &Json) -> Vec<Right> {
    let texts = |list: &Json| -> Vec<String> {
        items(list).filter_map(Json::as_str).map(str::to_owned).collect()
    };
    let mut rights = Vec::new();
    for rule in items(&role["rules"]) {
        for group in texts(&rule["apiGroups"]) {
            for resource in texts(&rule["resources"]) {
                for verb in texts(&rule["verbs"]) {
                    rights.push((group.clone(), resource.clone(), verb));
                }
            }
        }
    }
    rights
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{json, testing};

    fn object(manifest: Json) -> Json {
        json!({ "cluster": { "name": "main" }, "manifest": manifest })
    }

    fn said(before: Option<&Json>, after: Option<&Json>) -> Vec<(DangerKind, String)> {
        testing::risks(risks, before, after)
    }

    #[test]
    fn what_goes_with_an_object_is_said() {
        for (kind, danger) in [
            ("Namespace", Some(DangerKind::DataLoss)),
            ("PersistentVolumeClaim", Some(DangerKind::DataLoss)),
            ("StatefulSet", Some(DangerKind::Downtime)),
            ("ConfigMap", None),
        ] {
            let gone = object(json!({ "kind": kind }));
            let found = said(Some(&gone), None).first().map(|(kind, _)| *kind);
            assert_eq!(found, danger, "{kind}");
            assert_eq!(said(None, Some(&gone)), [], "{kind}: nothing goes with a new one");
        }
    }

    #[test]
    fn what_opens_to_the_internet_is_said_once() {
        let inside = object(json!({ "kind": "Service", "spec": { "type": "ClusterIP" } }));
        let outside = object(json!({ "kind": "Service", "spec": { "type": "LoadBalancer" } }));
        assert_eq!(said(Some(&inside), Some(&outside))[0].0, DangerKind::Exposure);
        assert_eq!(said(Some(&outside), Some(&outside)), []);
        let annotations = json!({ "alb.ingress.kubernetes.io/scheme": "internet-facing" });
        let ingress =
            object(json!({ "kind": "Ingress", "metadata": { "annotations": annotations } }));
        assert_eq!(said(None, Some(&ingress)).len(), 1);
    }

    #[test]
    fn a_single_pod_that_is_restarted_is_said() {
        let of = |image: &str, replicas: u32| {
            let template = json!({ "spec": { "containers": [{ "image": image }] } });
            object(
                json!({ "kind": "Deployment", "spec": { "replicas": replicas, "template": template } }),
            )
        };
        assert_eq!(said(Some(&of("a", 1)), Some(&of("b", 1)))[0].1, "its only pod is restarted");
        assert_eq!(said(Some(&of("a", 2)), Some(&of("b", 2))), [], "one after the other");
        assert_eq!(said(Some(&of("a", 1)), Some(&of("a", 1))), []);
    }

    #[test]
    fn more_rights_in_a_cluster_that_is_there_are_a_widening() {
        let role = |verbs: &[&str]| {
            let rule = json!({ "apiGroups": [""], "resources": ["pods"], "verbs": verbs });
            object(json!({ "kind": "Role", "rules": [rule] }))
        };
        let (some, all) = (role(&["get"]), role(&["*"]));
        assert_eq!(said(Some(&some), Some(&all))[0].1, "allows newly `* pods`");
        assert_eq!(said(Some(&all), Some(&some)), []);
        let many = role(&["get", "list", "watch", "create", "*"]);
        assert_eq!(
            said(Some(&some), Some(&many))[0].1,
            "allows newly `* pods`, `list pods`, `watch pods`, 1 more"
        );
        let binding = |who: &[&str]| {
            let subjects: Vec<_> =
                who.iter().map(|w| json!({ "kind": "Group", "name": w })).collect();
            object(
                json!({ "kind": "RoleBinding", "roleRef": { "name": "edit" }, "subjects": subjects }),
            )
        };
        assert_eq!(
            said(Some(&binding(&["a"])), Some(&binding(&["a", "b"])))[0].1,
            "Group `b` gets the rights of `edit`"
        );
        let mut made_now = binding(&["a"]);
        made_now["cluster"] = json!({ "$gp": { "ref": "eks.access/main#access" } });
        assert_eq!(said(None, Some(&made_now)), []);
        let mut replaced = binding(&["a", "b"]);
        replaced["cluster"] = made_now["cluster"].clone();
        assert_eq!(said(Some(&binding(&["a"])), Some(&replaced)).len(), 1);
    }
}
