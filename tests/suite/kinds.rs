//! What holds of every kind's declaration.

use groundplan::Registry;

fn registry() -> Registry {
    groundplan::registry()
}

/// A kind's name is in every state, so it never changes; this list only grows.
#[test]
fn kinds_are_known_by_these_names() {
    let kinds: Vec<_> = registry().kinds().collect();
    insta::assert_snapshot!(kinds.join("\n"));
}

#[test]
fn aws_kinds_say_where_they_are_and_what_they_need() {
    let registry = registry();
    for kind in registry.kinds() {
        let Some(meta) = registry.meta(kind) else { continue };
        if kind.starts_with("kube.") || kind.starts_with("helm.") {
            continue;
        }
        // IAM is the same in all regions.
        let identity = ["scope.account", "scope.region"];
        let identity = if kind.starts_with("iam.") { &identity[..1] } else { &identity[..] };
        for path in identity {
            assert!(meta.immutable.contains(path), "{kind}: {path} is part of its identity");
        }
        assert!(meta.place.contains(&"scope"), "{kind}: reads are batched by scope");
        assert!(meta.reach.contains(&"scope.role"), "{kind}: a role only says how to reach it");
        for (verb, actions) in [
            ("observe", meta.iam.observe),
            ("create", meta.iam.create),
            ("delete", meta.iam.delete),
        ] {
            assert!(
                !actions.is_empty() || verb == "delete",
                "{kind}: {verb} needs some permission"
            );
            for action in actions {
                let shaped = action.split_once(':').is_some_and(|(service, name)| {
                    service
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                        && name.starts_with(|c: char| c.is_ascii_uppercase())
                });
                assert!(shaped, "{kind}: `{action}` is no IAM action");
            }
        }
    }
}
