//! What is dangerous about a release's objects.

use super::*;
use groundplan_core::json;

fn picture(objects: &[Json]) -> Picture {
    let mut picture = Picture::default();
    for object in objects {
        picture.add(Key::of(object, "hub").unwrap(), object.clone(), Vec::new());
    }
    picture
}

fn risky(old: &[Json], new: &[Json]) -> Vec<(String, DangerKind)> {
    let preview = compare(&picture(old), &picture(new), true);
    let objects = preview.objects.into_iter();
    objects.flat_map(|o| o.risks.into_iter().map(move |r| (o.object.clone(), r.kind))).collect()
}

fn object(kind: &str, annotations: &Json) -> Json {
    let metadata = json!({ "name": "it", "annotations": annotations });
    json!({ "apiVersion": "v1", "kind": kind, "metadata": metadata })
}

fn service(class: &str) -> Json {
    let mut service = object("Service", &json!({}));
    service["spec"] = json!({ "type": class });
    service
}

fn binding(annotations: &Json) -> Json {
    let mut binding = object("ClusterRoleBinding", annotations);
    binding["roleRef"] = json!({ "kind": "ClusterRole", "name": "admin" });
    binding["subjects"] = json!([{ "kind": "ServiceAccount", "name": "it" }]);
    binding
}

#[test]
fn what_an_upgrade_loses_opens_and_allows_is_said_of_its_object() {
    let volume = object("PersistentVolumeClaim", &json!({}));
    let lost = ("PersistentVolumeClaim hub/it".to_owned(), DangerKind::DataLoss);
    assert_eq!(risky(std::slice::from_ref(&volume), &[]), [lost]);
    let kept = object("PersistentVolumeClaim", &json!({ "helm.sh/resource-policy": "keep" }));
    assert_eq!(risky(&[kept], &[]), []);

    let opened = [("Service hub/it".to_owned(), DangerKind::Exposure)];
    assert_eq!(risky(&[service("ClusterIP")], &[service("LoadBalancer")]), opened);
    assert_eq!(risky(&[service("LoadBalancer")], &[service("LoadBalancer")]), []);

    let allowed = risky(&[], &[binding(&json!({}))]);
    assert_eq!(allowed, [("ClusterRoleBinding it".to_owned(), DangerKind::Widening)]);
    let hook = risky(&[], &[binding(&json!({ "helm.sh/hook": "pre-upgrade" }))]);
    assert_eq!(hook.len(), 1, "hooks bind as well");
    assert!(hook[0].0.starts_with("ClusterRoleBinding it (before the rest"), "{hook:?}");
}

#[test]
fn pods_that_restart_are_no_danger_of_a_release() {
    let of = |image: &str| {
        let mut deployment = object("Deployment", &json!({}));
        deployment["spec"] =
            json!({ "template": { "spec": { "containers": [{ "image": image }] } } });
        deployment
    };
    assert_eq!(risky(&[of("a")], &[of("b")]), []);
    assert_eq!(risky(&[of("a")], &[]), []);
}
