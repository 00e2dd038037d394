//! The legs of a round: what the settings are and which command is run.

use crate::platform::world::Folder;
use std::{collections::BTreeMap, fs};

/// The texts of the settings files.
pub(super) type Texts = BTreeMap<&'static str, String>;

/// One leg.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    /// What it is called in the table.
    pub(super) name: &'static str,
    /// The settings for it.
    pub(super) settings: Texts,
    /// The command for it, without the sandbox.
    pub(super) command: &'static [&'static str],
    /// Whether a round can do without it.
    pub(super) detour: bool,
}

impl Leg {
    pub(super) fn new(name: &'static str, settings: &Texts) -> Self {
        Self { name, settings: settings.clone(), command: &["--yes"], detour: false }
    }

    /// Two legs, to other settings and back. What they do is of one sort.
    pub(super) fn there_and_back(other: &Texts, settings: &Texts) -> [Self; 2] {
        [other, settings].map(|to| Self { detour: true, ..Self::new("update", to) })
    }

    pub(super) fn down(settings: &Texts) -> Self {
        let command = &["destroy", "--yes"];
        Self { command, ..Self::new("destroy", settings) }
    }

    /// Whether nothing is to be left.
    pub(super) fn is_down(&self) -> bool {
        self.command[0] == "destroy"
    }

    pub(super) fn write(&self, folder: &Folder) {
        for (file, text) in &self.settings {
            fs::write(folder.path().join(file), text).expect("settings");
        }
    }
}

const MAIN: &str = "groundplan.toml";
const SANDBOX: &str = "groundplan.sandbox.toml";

/// The example's settings.
pub(super) fn example(folder: &Folder) -> Texts {
    let text = |file| fs::read_to_string(folder.path().join(file)).expect("settings");
    [MAIN, SANDBOX].map(|file| (file, text(file))).into()
}

/// Settings that change something of every kind that can change, and that replace a subnet with all
/// that stands on it. It is one that the database is not in, which AWS would not let go.
pub(super) fn changed(settings: &Texts) -> Texts {
    let blocks = "nat = \"one\"\nprivate_cidrs = [\"10.20.0.0/19\", \"10.20.96.0/19\"]";
    edited(
        settings,
        &[
            (MAIN, "team = \"data-platform\"", "team = \"data\""),
            (MAIN, "public_cidrs = []", "public_cidrs = [\"192.0.2.0/24\"]"),
            (SANDBOX, "nat = \"one\"", blocks),
            (SANDBOX, "desired = 2", "desired = 3"),
            (SANDBOX, "db.t4g.medium", "db.t4g.large"),
            (SANDBOX, "t3.small.search", "t3.medium.search"),
        ],
    )
}

/// Settings without workloads.
pub(super) fn bare(settings: &Texts) -> Texts {
    let cut = |text: &String| text.split("\n[datahub").next().unwrap_or_default().to_owned();
    settings.iter().map(|(file, text)| (*file, cut(text))).collect()
}

/// Settings that put the workloads into another namespace, in another version.
pub(super) fn moved(settings: &Texts) -> Texts {
    let elsewhere = "version = \"v1.7.1\"\nnamespace = \"catalogue\"";
    edited(settings, &[(MAIN, "version = \"v1.7.0\"", elsewhere)])
}

fn edited(settings: &Texts, edits: &[(&'static str, &str, &str)]) -> Texts {
    let mut settings = settings.clone();
    for (file, from, to) in edits {
        let text = settings.get_mut(file).expect("a file");
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {file}");
        *text = text.replace(from, to);
    }
    settings
}
