//! Finds and reads the files.

use super::{
    document::{Node, Place},
    mistake,
};
use crate::render::error::{FAILED, Failure};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The name that is looked for.
const NAME: &str = "groundplan.toml";

/// The environment that a sandbox uses where its file exists.
const SANDBOX: &str = "sandbox";

/// Which settings are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The folder that the run was started in.
    pub(crate) here: PathBuf,
    /// The file, if it was named.
    pub(crate) file: Option<PathBuf>,
    /// The environment, if one was named.
    pub(crate) env: Option<String>,
    /// Whether the run is in a sandbox.
    pub(crate) sandbox: bool,
}

/// The files that were read, and what they say together.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    /// As they are named in messages: from the folder of the run.
    shown: Vec<String>,
    /// The folder that holds them. Relative paths in them start from it.
    pub(crate) folder: PathBuf,
    /// What they say.
    pub(crate) document: Node,
}

impl Files {
    /// The files, as a message names them.
    pub(crate) fn name(&self) -> String {
        self.shown.join(" and ")
    }

    /// A place in them: `groundplan.toml:7`.
    pub(crate) fn place(&self, place: Place) -> String {
        format!("{}:{}", self.shown[place.file], place.line)
    }
}

/// The file that holds the settings.
pub(crate) fn find(wanted: &Wanted) -> Result<PathBuf, Failure> {
    if let Some(file) = &wanted.file {
        return Ok(wanted.here.join(file));
    }
    wanted.here.ancestors().map(|folder| folder.join(NAME)).find(|file| file.is_file()).ok_or_else(
        || Failure {
            what: format!("could not find {NAME} in {} or above it", wanted.here.display()),
            causes: Vec::new(),
            hints: vec![
                "go to the folder that has it, or name it with --config FILE".into(),
                "`apply config schema` describes what it may hold".into(),
            ],
            exit: FAILED,
        },
    )
}

/// Reads the file and the one of the environment, if there is one, and puts it on top.
pub(crate) fn load(wanted: &Wanted) -> Result<Files, Failure> {
    let file = find(wanted)?;
    let mut paths = vec![file.clone()];
    paths.extend(layer(&file, wanted)?);
    let shown: Vec<_> = paths.iter().map(|path| shown(path, &wanted.here)).collect();
    let mut document: Option<Node> = None;
    for (i, path) in paths.iter().enumerate() {
        let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
        let layer =
            Node::parse(&text, i).map_err(|error| mistake::not_toml(&shown[i], &text, &error))?;
        match &mut document {
            Some(document) => document.overlay(layer),
            None => document = Some(layer),
        }
    }
    let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok(Files { shown, folder, document: document.expect("BUG: there is one file at least") })
}

/// The file of the environment.
fn layer(file: &Path, wanted: &Wanted) -> Result<Option<PathBuf>, Failure> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let of = |env: &str| file.with_file_name(format!("{stem}.{env}.toml"));
    match &wanted.env {
        None => Ok(Some(of(SANDBOX)).filter(|path| wanted.sandbox && path.is_file())),
        Some(env) if of(env).is_file() => Ok(Some(of(env))),
        Some(env) => {
            let there = environments(file, &stem);
            let hint = if there.is_empty() {
                format!(
                    "make {}: its tables are merged into those of {stem}.toml",
                    of(env).display()
                )
            } else {
                format!("there are {}", there.join(", "))
            };
            Err(Failure {
                what: format!("there is no environment `{env}`"),
                causes: vec![format!("could not find {}", of(env).display())],
                hints: vec![hint],
                exit: FAILED,
            })
        }
    }
}

/// The environments that have a file.
fn environments(file: &Path, stem: &str) -> Vec<String> {
    let folder = file.parent().map(fs::read_dir).and_then(Result::ok);
    let names = folder.into_iter().flatten().flatten().map(|entry| entry.file_name());
    let mut found: Vec<_> = names
        .filter_map(|name| {
            let name = name.to_str()?.strip_prefix(stem)?.strip_prefix('.')?;
            Some(format!("`{}`", name.strip_suffix(".toml")?))
        })
        .collect();
    found.sort();
    found
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::NotFound => "name one that exists with --config FILE",
        io::ErrorKind::InvalidData => "save it as UTF-8",
        _ => "check its owner and permissions",
    };
    Failure {
        what: format!("could not read {}", path.display()),
        causes: vec![error.to_string()],
        hints: vec![hint.into()],
        exit: FAILED,
    }
}

/// A path from here, if it is below.
fn shown(path: &Path, here: &Path) -> String {
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
