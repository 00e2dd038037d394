//! The binary as a process: exit codes and where text goes, as far as neither a cloud nor a particular
//! program is needed.

use std::{
    path::Path,
    process::{Command, Output},
};

/// Runs `apply` in a folder, with surroundings in which nothing is found.
fn apply(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_apply"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("XDG_CACHE_HOME", folder)
        .output()
        .expect("the binary was built and starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn usage_errors_are_no_changes() {
    let folder = tempfile::tempdir().unwrap();
    for line in [&["plna"][..], &["--no-such-flag"], &["--yes", "destroy"], &["plan", "--yes"]] {
        let ended = apply(folder.path(), line);
        assert_eq!(ended.status.code(), Some(1), "{line:?}; 2 would mean that a plan has changes");
        assert!(ended.stdout.is_empty() && !ended.stderr.is_empty(), "{line:?}");
    }
    let version = apply(folder.path(), &["--version"]);
    assert_eq!((version.status.code(), version.stderr.is_empty()), (Some(0), true));
}

#[test]
fn without_settings_it_says_where_it_looked() {
    let folder = tempfile::tempdir().unwrap();
    for command in [&["validate"][..], &["plan"], &["destroy", "--yes"], &["state", "list"]] {
        let ended = apply(folder.path(), command);
        assert_eq!(ended.status.code(), Some(1), "{command:?}");
        let said = text(&ended.stderr);
        assert!(said.starts_with("error: could not find groundplan.toml in /"), "{said}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "what was refused leaves nothing behind: {left:?}");
}

#[test]
fn a_failure_is_a_document_where_json_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("groundplan.toml"), "name = \n").unwrap();
    let ended = apply(folder.path(), &["validate", "--json"]);
    assert_eq!(ended.status.code(), Some(1));
    let document: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(document["event"], "failure");
    assert_eq!(document["exit"], 1);
    assert_eq!(document["error"], "groundplan.toml is not TOML; nothing was touched");
    assert_eq!(text(&ended.stderr), "", "nobody is there to read it");
}

#[test]
fn what_is_for_programs_is_all_of_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let schema = apply(folder.path(), &["config", "schema"]);
    let schema: serde_json::Value = serde_json::from_slice(&schema.stdout).unwrap();
    assert!(schema["$schema"].is_string());
    let script = text(&apply(folder.path(), &["completions", "bash"]).stdout);
    assert!(script.starts_with("_apply() {"), "{script}");
}

#[test]
fn a_sandbox_that_was_never_started_is_no_error_to_look_at() {
    let folder = tempfile::tempdir().unwrap();
    let ended = apply(folder.path(), &["sandbox", "status"]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(text(&ended.stdout).starts_with("no sandbox runs for this folder"));
    let ended = apply(folder.path(), &["sandbox", "down"]);
    assert_eq!(ended.status.code(), Some(0), "there is nothing to do");
}

/// The settings that the repository shows.
fn example(folder: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder above");
    let settings = std::fs::read_to_string(root.join("groundplan.toml")).expect("the example");
    std::fs::write(folder.join("groundplan.toml"), &settings).expect("the example");
    settings
}

#[test]
fn rules_are_kept_or_somebody_answers_for_it_and_no_cloud_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let settings = example(folder.path());
    let ended = apply(folder.path(), &["validate", "--deny=warn"]);
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stdout));

    let open = settings.replace("public_cidrs = []", "public_cidrs = [\"0.0.0.0/0\"]");
    let file = folder.path().join("groundplan.toml");
    std::fs::write(&file, &open).unwrap();
    let ended = apply(folder.path(), &["validate"]);
    let said = text(&ended.stdout);
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(
        said.contains("eks.cluster/main: the API server answers 0.0.0.0/0 (eks-open-endpoint)"),
        "{said}"
    );

    let waived = |expires: &str| {
        let waiver = format!(
            "[[waivers]]\nrule = \"eks-open-endpoint\"\nreason = \"a demonstration\"\nowner = \"platform team\"\nexpires = {expires}\n"
        );
        std::fs::write(&file, format!("{open}\n{waiver}")).unwrap();
        let ended = apply(folder.path(), &["validate"]);
        (ended.status.code(), text(&ended.stdout))
    };
    let (code, said) = waived("2999-12-31");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("a demonstration (platform team until 2999-12-31)"), "{said}");
    let (code, said) = waived("2020-01-01");
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("the waiver of platform team expired on 2020-01-01"), "{said}");
}

#[test]
fn warnings_are_refused_by_those_who_ask_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let settings = example(folder.path()).replace("multi_az = true", "multi_az = false");
    std::fs::write(folder.path().join("groundplan.toml"), settings).unwrap();
    for (line, code) in [(&["validate"][..], 0), (&["validate", "--deny", "warn"], 3)] {
        let ended = apply(folder.path(), line);
        assert_eq!(ended.status.code(), Some(code), "{}", text(&ended.stdout));
        assert!(text(&ended.stdout).contains("(rds-multi-az)"), "said either way");
    }
}

#[test]
fn helm_is_tied_to_the_run_that_started_it() {
    let folder = tempfile::tempdir().unwrap();
    let this = std::process::id().to_string();
    let ended = apply(folder.path(), &["--become-helm", &this, "/bin/echo", "as", "helm"]);
    assert_eq!(text(&ended.stdout), "as helm\n");
    let ended = apply(folder.path(), &["--become-helm", "1", "/bin/echo", "too late"]);
    assert_eq!((ended.status.code(), text(&ended.stdout)), (Some(126), String::new()));
}
