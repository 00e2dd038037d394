//! What holds of every kind's declaration.

use groundplan::{Registry, aws::policy::actions};
use std::collections::BTreeMap;

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
        // IAM, Organizations, what RAM does for one, and Route 53 are the same in all regions.
        let identity = ["scope.account", "scope.region"];
        let global = ["iam.", "organizations.", "ram.organization_sharing", "route53."]
            .iter()
            .any(|of| kind.starts_with(of));
        let identity = if global { &identity[..1] } else { &identity[..] };
        for path in identity {
            assert!(meta.immutable.contains(path), "{kind}: {path} is part of its identity");
        }
        assert!(meta.place.contains(&"scope"), "{kind}: reads are batched by scope");
        assert!(meta.reach.contains(&"scope.role"), "{kind}: a role only says how to reach it");
        for (verb, actions) in [("observe", meta.iam.observe), ("create", meta.iam.create)] {
            assert!(!actions.is_empty(), "{kind}: {verb} needs some permission");
        }
    }
}

#[test]
fn what_kinds_declare_is_in_the_table_with_all_that_aws_wants_besides() {
    let registry = registry();
    let table: BTreeMap<_, _> = actions().collect();
    for kind in registry.kinds() {
        let iam = registry.iam(kind).expect("a kind");
        let verbs = [iam.search, iam.observe, iam.create, iam.converge, iam.delete];
        for verb in verbs {
            for action in verb {
                let also = table.get(*action);
                let also = also.unwrap_or_else(|| panic!("{kind}: `{action}` is in no table"));
                for wanted in also {
                    assert!(verb.contains(wanted), "{kind}: `{action}` needs `{wanted}` too");
                }
            }
        }
        for (action, _) in iam.only {
            let declared = iam.actions().any(|declared| declared == *action);
            assert!(declared, "{kind}: a case of `{action}`, which it does not declare");
        }
    }
}
