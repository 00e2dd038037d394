//! A folder that stands in for clusters: one YAML file for each object.
//!
//! Files are below the cluster's name and the namespace: `main/datahub/deployment-gms.yaml`. They hold
//! what would be sent to the cluster, marks included, except for the values of Secrets.

use crate::{key::Key, yaml};
use groundplan_core::{Class, Fault, Json, Result};
use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

/// The folder of objects that have no namespace.
const CLUSTER_WIDE: &str = "cluster-wide";
/// The first lines of a Secret's file.
const LEFT_OUT: &str =
    "# The values of this Secret are left out: they stay where they come from.\n";

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    fn path(&self, cluster: &str, key: &Key) -> PathBuf {
        let namespace = if key.namespace.is_empty() { CLUSTER_WIDE } else { &key.namespace };
        let file = format!("{}-{}.yaml", key.kind.to_lowercase(), key.name);
        self.0.join(plain(cluster)).join(plain(namespace)).join(plain(&file))
    }

    /// The object that a key names.
    pub(crate) fn read(&self, cluster: &str, key: &Key) -> Result<Option<Json>> {
        let path = self.path(cluster, key);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(yaml::documents(&text)?.into_iter().next()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", &path, &error)),
        }
    }

    /// Writes an object, as a whole or not at all.
    pub(crate) fn write(&self, cluster: &str, key: &Key, object: &Json) -> Result<()> {
        let mut object = object.clone();
        let mut head = "";
        if key.kind == "Secret" {
            for field in ["data", "stringData"] {
                let values =
                    object.get_mut(field).and_then(Json::as_object_mut).into_iter().flatten();
                for (_, value) in values {
                    *value = "".into();
                    head = LEFT_OUT;
                }
            }
        }
        let path = self.path(cluster, key);
        let parent = path.parent().expect("BUG: files are in a folder");
        let write = || {
            fs::create_dir_all(parent)?;
            let mut file = tempfile::NamedTempFile::new_in(parent)?;
            file.write_all(format!("{head}{}", yaml::text(&object)).as_bytes())?;
            file.persist(&path).map_err(|e| e.error)
        };
        write().map(drop).map_err(|e| failed("write", &path, &e))
    }

    /// Removes an object, and the folders that are empty without it. Gone is as good.
    pub(crate) fn remove(&self, cluster: &str, key: &Key) -> Result<()> {
        let path = self.path(cluster, key);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(failed("remove", &path, &error))
            }
            _ => {
                for folder in path.ancestors().skip(1).take(2) {
                    // One that holds other objects stays.
                    let _ = fs::remove_dir(folder);
                }
                Ok(())
            }
        }
    }
}

/// Names come from charts, and a chart may write anything.
fn plain(name: &str) -> String {
    let safe = |c: char| if c == '/' || c == '\\' { '_' } else { c };
    let name: String = name.chars().map(safe).collect();
    if name.starts_with('.') { format!("_{name}") } else { name }
}

fn failed(verb: &str, path: &Path, error: &std::io::Error) -> Fault {
    Fault::new(Class::Other, format!("could not {verb} {}", path.display())).why(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::json;

    #[test]
    fn objects_are_files_without_secrets() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path().to_owned());
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "../key" },
            "stringData": { "password": "hunter2" },
        });
        let key = Key::of(&secret, "hub").unwrap();
        folder.write("main", &key, &secret).unwrap();
        let path = root.path().join("main/hub/secret-.._key.yaml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(LEFT_OUT) && !text.contains("hunter2"), "{text}");
        let read = folder.read("main", &key).unwrap().unwrap();
        assert_eq!(read["stringData"], json!({ "password": "" }));
        folder.remove("main", &key).unwrap();
        folder.remove("main", &key).unwrap();
        assert_eq!(folder.read("main", &key).unwrap(), None);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }
}
