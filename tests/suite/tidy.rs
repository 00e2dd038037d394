//! What no reviewer should have to remember.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 100;

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder above").to_owned()
}

/// Every file below a folder with one of these endings, without what builds and tools leave.
fn files(endings: &[&str]) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, endings: &[&str], found: &mut Vec<(PathBuf, String)>) {
        let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let hidden = name.starts_with('.') && name != ".ci";
            if path.is_dir() && !hidden && name != "target" && name != "__pycache__" {
                walk(&path, endings, found);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push((path.clone(), fs::read_to_string(&path).expect("text")));
            }
        }
    }
    let mut found = Vec::new();
    walk(&root(), endings, &mut found);
    found.sort();
    assert!(found.len() > 10, "only {} files with {endings:?}", found.len());
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn none(found: Vec<String>) {
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn files_are_short() {
    let long = |(path, text): &(PathBuf, String)| {
        let lines = text.lines().count();
        (lines > FILE_LINES)
            .then(|| format!("{}: {lines} lines, {FILE_LINES} are the most", shown(path)))
    };
    none(files(&[".rs", ".go", ".py"]).iter().filter_map(long).collect());
}

#[test]
fn functions_are_short() {
    let mut found = Vec::new();
    for (path, text) in files(&[".rs"]) {
        let mut open: Option<(usize, usize, String)> = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            match &open {
                Some((begun, at, head)) if line.trim_end() == format!("{}}}", " ".repeat(*at)) => {
                    if number - begun > FUNCTION_LINES {
                        found.push(format!("{}:{}: {head}", shown(&path), begun + 1));
                    }
                    open = None;
                }
                None if is_function(line) && line.trim_end().ends_with(['{', '(']) => {
                    open = Some((number, indent, line.trim().to_owned()));
                }
                _ => {}
            }
        }
    }
    none(found);
}

fn is_function(line: &str) -> bool {
    let words: Vec<_> = line.split_whitespace().take(5).collect();
    words.contains(&"fn") && !line.trim_start().starts_with("//")
}

#[test]
fn nothing_is_left_unfinished() {
    // Put together here, so that this file does not find itself.
    let marks =
        [["TO", "DO"], ["FIX", "ME"], ["todo", "!("], ["unimplemented", "!("], ["dbg", "!("]];
    let mut found = Vec::new();
    for (path, text) in files(&[".rs", ".go", ".py", ".toml", ".md", ".sh"]) {
        for (number, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(&mark.concat())) {
                found.push(format!("{}:{}: {}", shown(&path), number + 1, line.trim()));
            }
        }
    }
    none(found);
}

/// A head says what a module is for before anybody reads on.
#[test]
fn every_file_begins_with_its_purpose() {
    let headless = |(path, text): &(PathBuf, String)| {
        let first = text.lines().find(|line| !line.starts_with("#!")).unwrap_or_default();
        (!first.starts_with("//!")).then(|| shown(path))
    };
    none(files(&[".rs"]).iter().filter_map(headless).collect());
}

/// Which crate may use which. Cargo forbids cycles; this forbids shortcuts.
#[test]
fn crates_use_only_those_below_them() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("groundplan-state", &[][..]),
        ("groundplan-state-s3", &["groundplan-state"][..]),
        ("groundplan-core", &["groundplan-state"][..]),
        ("groundplan-aws", &["groundplan-core"][..]),
        ("groundplan-kube", &["groundplan-core"][..]),
        ("groundplan-platform", &["groundplan-aws", "groundplan-core", "groundplan-kube"][..]),
        (
            "groundplan",
            &["groundplan-aws", "groundplan-core", "groundplan-kube", "groundplan-platform"][..],
        ),
        ("groundplan-sandbox", &[][..]),
        (
            "groundplan-driver",
            &["groundplan", "groundplan-sandbox", "groundplan-state", "groundplan-state-s3"][..],
        ),
        ("groundplan-examples", &["groundplan", "groundplan-driver"][..]),
        (
            "groundplan-tests",
            &[
                "groundplan",
                "groundplan-driver",
                "groundplan-examples",
                "groundplan-sandbox",
                "groundplan-state",
            ][..],
        ),
    ]);
    let mut found = Vec::new();
    for (path, text) in files(&["Cargo.toml"]).iter().filter(|(_, text)| text.contains("[package]"))
    {
        let manifest: toml::Table = text.parse().expect("a manifest");
        let name = manifest["package"]["name"].as_str().expect("a name");
        let allowed = allowed.get(name).unwrap_or_else(|| panic!("{}: a new crate", shown(path)));
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let uses = manifest.get(section).and_then(toml::Value::as_table).into_iter().flatten();
            let ours =
                uses.map(|(used, _)| used.as_str()).filter(|used| used.starts_with("groundplan"));
            // Tests may make states, and use the sandbox.
            let tested = |used: &str| {
                section == "dev-dependencies"
                    && ["groundplan-state", "groundplan-sandbox"].contains(&used)
            };
            for used in ours.filter(|used| !allowed.contains(used) && !tested(used)) {
                found.push(format!("{name} must not use {used}"));
            }
        }
    }
    none(found);
}

/// The library neither prints nor reads the environment, and only the engine waits.
#[test]
fn the_library_keeps_to_itself() {
    let banned = [
        ["std::env::", "var"],
        ["println", "!("],
        ["std::process::", "exit"],
        ["thread::", "sleep"],
        ["tokio::time::", "sleep("],
    ];
    let mut found = Vec::new();
    for (path, text) in files(&[".rs"]) {
        let name = shown(&path);
        let library = ["lib/", "state/"].iter().any(|folder| name.starts_with(folder));
        let simulated = name.starts_with("lib/core/src/testing") || name == "lib/core/src/wait.rs";
        if !library || simulated || name.contains("/tests/") {
            continue;
        }
        for (number, line) in
            text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//"))
        {
            if banned.iter().any(|word| line.contains(&word.concat())) {
                found.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none(found);
}
