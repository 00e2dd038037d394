//! The sources of the parts, carried inside the library so that it needs no checkout.

use crate::{Error, Result};
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

static AWS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/aws/groundplan_aws");
static AWS_REQUIREMENTS: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/aws/requirements.txt"));
static CONTROL_PLANE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/control-plane");
static DATAHUB: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/charts/datahub");
static PREREQUISITES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/charts/datahub-prerequisites");

/// Files with their paths, in order of path.
pub(crate) struct Tree(Vec<(PathBuf, &'static [u8])>);

/// `groundplan_aws/` and `requirements.txt`.
pub(crate) fn aws() -> Tree {
    let requirements = (PathBuf::from("requirements.txt"), AWS_REQUIREMENTS);
    Tree::of(&[("groundplan_aws", &AWS)], [requirements])
}

/// The Go module of the control plane.
pub(crate) fn control_plane() -> Tree {
    Tree::of(&[("", &CONTROL_PLANE)], [])
}

/// A folder for each chart.
pub(crate) fn charts() -> Tree {
    Tree::of(&[("datahub", &DATAHUB), ("datahub-prerequisites", &PREREQUISITES)], [])
}

impl Tree {
    fn of(
        folders: &[(&str, &'static Dir<'static>)],
        single: impl IntoIterator<Item = (PathBuf, &'static [u8])>,
    ) -> Self {
        let mut files: Vec<_> = single.into_iter().collect();
        for (name, folder) in folders {
            collect(Path::new(name), folder, &mut files);
        }
        files.sort();
        Self(files)
    }

    /// A digest of paths and contents, and of whatever else the result depends on.
    pub(crate) fn digest(&self, also: &[&str]) -> String {
        let mut hash = Sha256::new();
        let mut add = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        for (path, content) in &self.0 {
            add(path.as_os_str().as_encoded_bytes());
            add(content);
        }
        for text in also {
            add(text.as_bytes());
        }
        let start = hash.finalize().first_chunk().copied().map_or(0, u64::from_be_bytes);
        format!("{:012x}", start >> 16)
    }

    /// Writes the files below a folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        for (path, content) in &self.0 {
            let path = folder.join(path);
            let parent = path.parent().expect("BUG: a file is in a folder");
            std::fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
            std::fs::write(&path, content).map_err(Error::io("write", &path))?;
        }
        Ok(())
    }

    /// The text of one file.
    pub(crate) fn text(&self, path: &str) -> &'static str {
        let (_, content) = self
            .0
            .iter()
            .find(|(found, _)| found == Path::new(path))
            .expect("BUG: only files that are there are asked for");
        std::str::from_utf8(content).expect("BUG: sources are text")
    }
}

fn collect(below: &Path, folder: &'static Dir<'static>, into: &mut Vec<(PathBuf, &'static [u8])>) {
    for file in folder.files() {
        if is_source(file.path()) {
            into.push((below.join(file.path()), file.contents()));
        }
    }
    folder.dirs().for_each(|inner| collect(below, inner, into));
}

/// Leaves out what tests and interpreters leave beside the sources, so that it changes no digest.
fn is_source(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let made = text.split('/').any(|part| part == "__pycache__" || part == "testdata");
    !made && !text.ends_with("_test.go") && !text.ends_with(".pyc")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &'static str)]) -> Tree {
        Tree::of(&[], files.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes())))
    }

    #[test]
    fn a_digest_depends_on_paths_contents_and_versions_and_not_on_order() {
        let one = tree(&[("a", "1"), ("b", "2")]).digest(&["go1.26"]);
        assert_eq!(one.len(), 12);
        assert_eq!(one, tree(&[("b", "2"), ("a", "1")]).digest(&["go1.26"]));
        assert_ne!(one, tree(&[("a", "1"), ("c", "2")]).digest(&["go1.26"]));
        assert_ne!(one, tree(&[("a", "1"), ("b", "3")]).digest(&["go1.26"]));
        assert_ne!(one, tree(&[("a", "12"), ("b", "")]).digest(&["go1.26"]));
        assert_ne!(one, tree(&[("a", "1"), ("b", "2")]).digest(&["go1.27"]));
    }

    #[test]
    fn what_is_left_beside_sources_is_no_source() {
        for no in ["__pycache__/x.cpython-311.pyc", "main_test.go", "x/testdata/big.json"] {
            assert!(!is_source(Path::new(no)), "{no}");
        }
        for yes in ["main.go", "eks/addons.py", "datahub/templates/tests/ping.yaml", "go.sum"] {
            assert!(is_source(Path::new(yes)), "{yes}");
        }
    }

    /// A file added to a folder is embedded only when this crate is compiled again.
    #[test]
    fn what_is_embedded_is_what_is_in_the_folders() {
        fn walk(folder: &Path, base: &Path, into: &mut Vec<(PathBuf, Vec<u8>)>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let inner = path.strip_prefix(base).unwrap().to_path_buf();
                if path.is_dir() {
                    walk(&path, base, into);
                } else if is_source(&inner) {
                    into.push((inner, std::fs::read(&path).unwrap()));
                }
            }
        }
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        for (folder, dir) in [
            ("aws/groundplan_aws", &AWS),
            ("control-plane", &CONTROL_PLANE),
            ("charts/datahub", &DATAHUB),
            ("charts/datahub-prerequisites", &PREREQUISITES),
        ] {
            let mut on_disk = Vec::new();
            walk(&here.join(folder), &here.join(folder), &mut on_disk);
            on_disk.sort();
            let embedded = Tree::of(&[("", dir)], []);
            let paths: Vec<_> = embedded.0.iter().map(|(path, _)| path).collect();
            assert!(
                embedded
                    .0
                    .iter()
                    .map(|(p, c)| (p.as_path(), *c))
                    .eq(on_disk.iter().map(|(p, c)| (p.as_path(), c.as_slice()))),
                "`touch driver/sandbox/src/embedded.rs` and build again: {folder} holds {paths:?} here"
            );
        }
    }

    /// A program built in a source folder by hand would make every user's binary as much larger.
    #[test]
    fn nothing_large_is_embedded() {
        for (name, tree) in
            [("aws", aws()), ("control-plane", control_plane()), ("charts", charts())]
        {
            for (path, content) in tree.0 {
                assert!(content.len() < 256 << 10, "{name}: {} is no source", path.display());
            }
        }
    }
}
