//! Objects as files, where no cluster is.

use super::{KubeObject, KubeObjectOutputs, change::exists, project::project};
use crate::{
    folder::Folder,
    key::Key,
    marks::{self, Whose},
    tree,
};
use groundplan_core::{Fields, Json, Live, Result, Seen, StepCx, Wanted, json, to_json};
use std::collections::BTreeMap;

/// What a file has in place of the id that a cluster would give.
const UID: &str = "rendered";

pub(super) fn observe(
    folder: &Folder,
    wanted: &[Wanted<KubeObject>],
) -> Result<Vec<Seen<KubeObjectOutputs>>> {
    let see = |w: &Wanted<KubeObject>| {
        let object = &w.inputs;
        Ok(match folder.read(&object.cluster.get().name, &key(object))? {
            Some(found) if is_ours(marks::whose(&found, &w.owner), w.outputs.is_some()) => {
                let mut fields = json!({ "manifest": project(&object.manifest, &found) });
                if !object.secret_data.is_empty() {
                    fields["secret_data"] = to_json(&object.secret_data);
                }
                Live::new(outputs(object), fields).into()
            }
            _ => Seen::Absent,
        })
    };
    wanted.iter().map(see).collect()
}

pub(super) fn create(
    object: &KubeObject,
    cx: &StepCx,
    folder: &Folder,
) -> Result<KubeObjectOutputs> {
    write(object, cx, folder, &object.manifest, false)
}

pub(super) fn converge(
    object: &KubeObject,
    cx: &StepCx,
    folder: &Folder,
    approved: &Fields,
) -> Result<KubeObjectOutputs> {
    let found = folder.read(&object.cluster.get().name, &key(object))?.unwrap_or_default();
    let there = project(&object.manifest, &found);
    let manifest = tree::approved(&object.manifest, &there, "manifest", approved);
    write(object, cx, folder, &manifest, true)
}

pub(super) fn delete(object: &KubeObject, cx: &StepCx, folder: &Folder) -> Result<()> {
    let (cluster, key) = (&object.cluster.get().name, key(object));
    match folder.read(cluster, &key)? {
        Some(found) if is_ours(marks::whose(&found, cx.owner()), true) => {
            folder.remove(cluster, &key)
        }
        _ => Ok(()),
    }
}

fn write(
    object: &KubeObject,
    cx: &StepCx,
    folder: &Folder,
    manifest: &Json,
    recorded: bool,
) -> Result<KubeObjectOutputs> {
    let (cluster, key) = (&object.cluster.get().name, key(object));
    if let Some(found) = folder.read(cluster, &key)?
        && !is_ours(marks::whose(&found, cx.owner()), recorded)
    {
        return Err(exists(object, &found));
    }
    let mut manifest = manifest.clone();
    marks::put(&mut manifest, cx.owner());
    for name in object.secret_data.keys() {
        manifest["data"][name] = "".into();
    }
    folder.write(cluster, &key, &manifest)?;
    Ok(outputs(object))
}

/// Whether a file is this resource's; one that was renamed in the program is if it is `recorded`.
fn is_ours(whose: Whose, recorded: bool) -> bool {
    whose == Whose::Ours || recorded && whose == Whose::SameState
}

fn key(object: &KubeObject) -> Key {
    Key::of(&object.manifest, object.namespace_name()).expect("BUG: validate checks kind and name")
}

fn outputs(object: &KubeObject) -> KubeObjectOutputs {
    KubeObjectOutputs {
        name: object.name().to_owned(),
        uid: UID.to_owned(),
        secret_versions: Some(BTreeMap::new()),
    }
}
