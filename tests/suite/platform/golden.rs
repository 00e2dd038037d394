//! What a reviewer sees of the reference platform, in every face, as files: `tests/suite/golden`.
//!
//! `GROUNDPLAN_GOLDEN=write` writes them anew; look at each. What is of one run alone is replaced by what
//! it is, in capitals: see [`lasting`].

use super::world::Folder;
use groundplan_sandbox::Mode;
use std::{fs, path::Path};

/// The columns of a terminal that a plan must fit.
const COLUMNS: usize = 100;

/// What stays the same from one run to the next.
fn lasting(text: &str) -> String {
    let lines = without_forecast(text);
    let is_part = |c: char| c.is_ascii_alphanumeric();
    let mut lasting = String::with_capacity(text.len());
    for word in lines.split_inclusive(|c| !is_part(c)) {
        let name = word.trim_end_matches(|c| !is_part(c));
        let generated = name.chars().all(|c| c.is_ascii_hexdigit());
        lasting.push_str(match name.len() {
            // Of a plan.
            64 if generated => "DIGEST",
            // Of a cluster's issuer of identities, whole or where a value is cut.
            27 | 32 if generated => "ISSUER",
            // Of an object in AWS.
            17 if generated => "ID",
            _ => name,
        });
        lasting.push_str(&word[name.len()..]);
    }
    lasting
}

/// How long a change is likely to take rests on how long it took before, which is how busy the machine
/// was. A forecast for what was never done rests on what kinds say, and stays.
fn without_forecast(text: &str) -> String {
    let changes = !text.contains(" 0 to update, 0 to replace,");
    let (mut lines, mut inside) = (String::new(), false);
    for line in text.lines() {
        let begins = line.to_lowercase().starts_with("likely to take ");
        inside = changes && (begins || inside && line.starts_with("       "));
        match (inside, begins) {
            (true, true) => lines.push_str("likely to take A WHILE\n"),
            (true, false) => {}
            (false, _) => {
                lines.push_str(line);
                lines.push('\n');
            }
        }
    }
    lines
}

/// Compares a text with a file, or writes it.
fn golden(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/golden").join(name);
    if std::env::var("GROUNDPLAN_GOLDEN").is_ok_and(|what| what == "write") {
        fs::write(&file, text).expect("a golden file");
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    let differs = kept.lines().zip(text.lines()).position(|(kept, now)| kept != now);
    let at = differs.unwrap_or_else(|| kept.lines().count().min(text.lines().count()));
    let line = |text: &str| text.lines().nth(at).unwrap_or("(no more)").to_owned();
    assert!(
        kept == text,
        "{name} differs from line {} on:\n- {}\n+ {}\nGROUNDPLAN_GOLDEN=write writes it anew",
        at + 1,
        line(&kept),
        line(text)
    );
}

/// Compares what a command says with its file; gives what it said.
fn shown(folder: &Folder, arguments: &[&str], code: i32, file: &str) -> String {
    let arguments: Vec<_> = ["--sandbox=aws"].iter().chain(arguments).copied().collect();
    let said = folder.run(&arguments).with(code).stdout;
    golden(file, &lasting(&said));
    said
}

/// A plan as text fits a terminal, and as Markdown a comment.
fn reviewed(folder: &Folder, name: &str) {
    let text = shown(folder, &["plan"], 2, &format!("{name}.txt"));
    for (number, line) in text.lines().enumerate() {
        let columns = line.chars().count();
        assert!(columns <= COLUMNS, "line {} has {columns} columns: {line}", number + 1);
    }
    let comment = &["plan", "--format", "markdown"];
    shown(folder, comment, 2, &format!("{name}.md"));
}

#[test]
fn the_reference_platform_looks_like_this_in_every_face() {
    let folder = Folder::paced(Mode::AwsOnly, 0.0);
    reviewed(&folder, "platform-new");
    shown(&folder, &["plan", "--format", "json"], 2, "platform-new.json");
    shown(&folder, &["plan", "--format", "html"], 2, "platform-new.html");
    shown(&folder, &["graph"], 0, "platform-new.dot");
    shown(&folder, &["graph", "--format", "mermaid"], 0, "platform-new.mmd");

    folder.run(&["--sandbox=aws", "--yes"]).with(0);
    let (small, large) = ("class = \"db.t4g.medium\"", "class = \"db.t4g.large\"");
    folder.edit("groundplan.sandbox.toml", small, large);
    reviewed(&folder, "platform-changed");
    folder.edit("groundplan.sandbox.toml", large, small);

    // Addresses of services are given to a cluster once.
    folder.edit("groundplan.toml", "172.20.0.0/16", "172.21.0.0/16");
    reviewed(&folder, "platform-replaced");
}
