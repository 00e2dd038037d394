//! Marks: whose an object in a cluster is, as a label and annotations on the object itself.

use groundplan_core::{Json, Mark, Owner};

/// The field manager of everything that is applied.
pub(crate) const MANAGER: &str = "groundplan";
/// The label that says which tool manages an object. Helm and kustomize use it too.
pub(crate) const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// What labels and annotations of our own begin with.
pub(crate) const PREFIX: &str = "groundplan.dev/";
pub(crate) const LINEAGE: &str = "groundplan.dev/lineage";
pub(crate) const ADDRESS: &str = "groundplan.dev/address";
pub(crate) const GENERATION: &str = "groundplan.dev/generation";
pub(crate) const SECRET_VERSIONS: &str = "groundplan.dev/secret-versions";
pub(crate) const STACK: &str = "groundplan.dev/stack";

/// Puts the owner's marks on a manifest.
pub(crate) fn put(manifest: &mut Json, owner: &Owner) {
    set(manifest, "labels", MANAGED_BY, MANAGER);
    set(manifest, "annotations", LINEAGE, &owner.lineage);
    set(manifest, "annotations", STACK, &owner.stack);
    set(manifest, "annotations", ADDRESS, &owner.address.to_string());
    set(manifest, "annotations", GENERATION, &owner.generation.to_string());
}

/// Sets a label or annotation of a manifest.
pub(crate) fn set(manifest: &mut Json, group: &str, key: &str, value: &str) {
    // Indexing makes an object out of null, and of null only.
    for at in ["/metadata".to_owned(), format!("/metadata/{group}")] {
        if let Some(place) = manifest.pointer_mut(&at).filter(|place| !place.is_object()) {
            *place = Json::Null;
        }
    }
    manifest["metadata"][group][key] = value.into();
}

/// Whose a live object is, next to an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The owner's.
    Ours,
    /// The same state's, under another name or generation: renamed, or not yet replaced.
    SameState,
    /// Another state's.
    AnotherState,
    /// Nobody's mark is on it.
    Unmarked,
}

/// Reads the marks of an object.
pub(crate) fn whose(object: &Json, owner: &Owner) -> Whose {
    let mark = |key: &str| object["metadata"]["annotations"][key].as_str();
    match mark(LINEAGE) {
        None => Whose::Unmarked,
        Some(lineage) if lineage != owner.lineage => Whose::AnotherState,
        Some(_)
            if mark(ADDRESS) == Some(&owner.address.to_string())
                && mark(GENERATION) == Some(&owner.generation.to_string()) =>
        {
            Whose::Ours
        }
        Some(_) => Whose::SameState,
    }
}

/// Whose a live object is, if it carries the mark that is looked for and we applied it. Controllers and
/// people copy annotations to other objects, as a Deployment's to its `ReplicaSet`s.
pub(crate) fn read(object: &Json, mark: &Mark) -> Option<Owner> {
    let meta = &object["metadata"];
    let mut managers = meta["managedFields"].as_array().into_iter().flatten();
    let applied = |entry: &Json| entry["manager"] == MANAGER && entry["operation"] == "Apply";
    if !managers.any(applied) || meta["labels"][MANAGED_BY] != MANAGER {
        return None;
    }
    mark.read(|tag| meta["annotations"][key(tag)].as_str())
}

/// How an ownership tag of AWS is called in a cluster.
pub(crate) fn key(tag: &str) -> String {
    tag.replacen("groundplan:", PREFIX, 1)
}

/// Who manages an object, in words.
pub(crate) fn manager(object: &Json) -> String {
    let meta = &object["metadata"];
    let annotation = |key: &str| meta["annotations"][key].as_str();
    if let Some(address) = annotation(ADDRESS) {
        let stack = annotation(STACK).unwrap_or("?");
        return format!("it is `{address}` of stack `{stack}`");
    }
    if let Some(release) = annotation("meta.helm.sh/release-name") {
        return format!("the Helm release `{release}` manages it");
    }
    if let Some(tool) = meta["labels"][MANAGED_BY].as_str().filter(|tool| *tool != MANAGER) {
        return format!("`{tool}` manages it");
    }
    let mut managers: Vec<_> = meta["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["manager"].as_str())
        .collect();
    managers.sort_unstable();
    managers.dedup();
    match managers[..] {
        [] => "it carries no mark of this stack".to_owned(),
        _ => format!("it was made by {}", managers.join(", ")),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use groundplan_core::json;

    pub(crate) fn owner(name: &str, generation: u32) -> Owner {
        Owner {
            stack: "test".into(),
            lineage: "11111111-1111".into(),
            address: format!("kube.object/{name}").parse().unwrap(),
            generation,
        }
    }

    #[test]
    fn marks_tell_the_owner() {
        let mut object = json!({ "metadata": { "name": "x", "labels": { "a": "b" } } });
        assert_eq!(whose(&object, &owner("x", 0)), Whose::Unmarked);
        put(&mut object, &owner("x", 0));
        assert_eq!(object["metadata"]["labels"]["a"], "b", "other labels stay");
        assert_eq!(whose(&object, &owner("x", 0)), Whose::Ours);
        assert_eq!(whose(&object, &owner("x", 1)), Whose::SameState);
        assert_eq!(whose(&object, &owner("y", 0)), Whose::SameState);
        let other = Owner { lineage: "2".into(), ..owner("x", 0) };
        assert_eq!(whose(&object, &other), Whose::AnotherState);
        assert_eq!(manager(&object), "it is `kube.object/x` of stack `test`");
    }

    #[test]
    fn only_what_was_applied_with_a_whole_mark_is_found_by_it() {
        let mut object = json!({ "metadata": { "name": "x" } });
        put(&mut object, &owner("x", 2));
        let mark = |lineage: Option<&str>| Mark {
            stack: "test".into(),
            lineage: lineage.map(str::to_owned),
        };
        assert_eq!(read(&object, &mark(None)), None, "somebody copied it");
        object["metadata"]["managedFields"] = json!([{ "manager": MANAGER, "operation": "Apply" }]);
        assert_eq!(read(&object, &mark(None)), Some(owner("x", 2)));
        assert_eq!(read(&object, &mark(Some("11111111-1111"))), Some(owner("x", 2)));
        assert_eq!(read(&object, &mark(Some("2"))), None);
        object["metadata"]["annotations"][GENERATION] = Json::Null;
        assert_eq!(read(&object, &mark(None)), None, "half a mark is none");
    }
}
