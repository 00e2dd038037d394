//! Mistakes in settings, as people see them.

use super::{Wanted, check, load};
use crate::render::{
    error::{Failure, failure},
    paint::Paint,
};
use groundplan::{Problems, Program, Rules, Stack};
use insta::assert_snapshot;
use schemars::JsonSchema;
use serde::Deserialize;
use std::{collections::BTreeMap, fs};

mod waivers;

struct Platform;

/// The settings of a small platform.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The stack's name.
    name: String,
    /// The AWS region, e.g. `eu-west-1`.
    region: String,
    /// The cluster.
    cluster: Option<Cluster>,
    /// Networks that may reach it.
    #[serde(default)]
    networks: Vec<Network>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Cluster {
    /// Its Kubernetes version.
    version: String,
    /// What its nodes cost.
    #[serde(default)]
    capacity: Capacity,
    #[serde(default)]
    nodes: Nodes,
    /// Where its key is.
    key: Option<Key>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Capacity {
    /// Always there.
    #[default]
    OnDemand,
    /// Cheap, and taken away at times.
    Spot,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Nodes {
    #[schemars(range(min = 1, max = 100))]
    desired: u32,
    max: u32,
}

impl Default for Nodes {
    fn default() -> Self {
        Self { desired: 2, max: 4 }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "from", rename_all = "snake_case", deny_unknown_fields)]
enum Key {
    /// The environment.
    Env {
        /// The variable.
        name: String,
    },
    /// A file.
    File {
        /// Its path.
        path: String,
    },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Network {
    cidr: String,
}

impl Program for Platform {
    type Settings = Settings;
    const NAME: &'static str = "the test platform";

    fn check(settings: &Settings, problems: &mut Problems) {
        for (i, network) in settings.networks.iter().enumerate() {
            let block = network.cidr.contains('/');
            problems.require(block, &format!("networks[{i}].cidr"), "is no block: use a.b.c.d/n");
        }
        if let Some(Cluster { nodes, .. }) = &settings.cluster {
            problems.require(
                nodes.desired <= nodes.max,
                "cluster.nodes.desired",
                "is more than `cluster.nodes.max`",
            );
        }
    }

    fn stack(settings: &Settings) -> String {
        settings.name.clone()
    }

    fn build(_: &Settings, _: &mut Stack) {}
}

fn said(failed: &Failure) -> String {
    let paint = Paint { color: false, width: 100, unicode: true };
    format!("{}exit {}", failure(failed, &paint), failed.exit)
}

/// What is said of files, of which the first is that of the settings.
fn of(files: &[(&str, &str)], env: Option<&str>) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let wanted = Wanted {
        here: folder.path().to_owned(),
        file: None,
        env: env.map(str::to_owned),
        sandbox: false,
    };
    let found = load(&wanted).and_then(|files| check::<Platform>(&files, &Rules::new()));
    found
        .map(|sound| sound.settings)
        .map_err(|failed| said(&failed).replace(&*folder.path().to_string_lossy(), "DIR"))
}

fn mistakes(text: &str) -> String {
    of(&[("groundplan.toml", text)], None).unwrap_err()
}

const SOUND: &str = r#"
name = "hub"
region = "eu-west-1"

[cluster]
version = "1.35"
"#;

#[test]
fn sound_settings_are_taken() {
    let settings = of(&[("groundplan.toml", SOUND)], None).unwrap();
    assert_eq!((settings.name.as_str(), settings.region.as_str()), ("hub", "eu-west-1"));
    let more = format!("{SOUND}capacity = \"spot\"\nkey = {{ from = \"file\", path = \"k\" }}\n");
    let cluster = of(&[("groundplan.toml", &more)], None).unwrap().cluster.unwrap();
    assert!(matches!(cluster.capacity, Capacity::Spot));
    assert!(matches!(cluster.key, Some(Key::File { path }) if path == "k"));
    let other = format!("{SOUND}key = {{ from = \"env\", name = \"K\" }}\n");
    let cluster = of(&[("groundplan.toml", &other)], None).unwrap().cluster.unwrap();
    assert!(matches!(cluster.key, Some(Key::Env { name }) if name == "K"));
}

#[test]
fn all_mistakes_come_at_once_with_place_and_hint() {
    assert_snapshot!(mistakes(r#"
name = "hub"
regoin = "eu-west-1"

[[networks]]
cidr = "10.0.0.0"

[cluster]
version = 1.35
capacity = "spott"

[cluster.nodes]
desired = 0

[tags]
"team.name" = 7
"#), @r#"
error: groundplan.toml has 6 mistakes; nothing was touched
  cause: groundplan.toml:3: `regoin` is not known; did you mean `region`?
  cause: groundplan.toml:6: `networks[0].cidr` is no block: use a.b.c.d/n
  cause: groundplan.toml:9: `cluster.version` is 1.35, it takes a text in quotes
  cause: groundplan.toml:10: `cluster.capacity` is `spott`; did you mean `spot`?
  cause: groundplan.toml:13: `cluster.nodes.desired` is 0, it has to be at least 1
  cause: groundplan.toml:16: `tags."team.name"` is 7, it takes a text in quotes
  hint: `apply config schema` describes every setting
exit 1
"#);
}

#[test]
fn the_form_that_was_meant_is_the_one_spoken_of() {
    let with = |key: &str| mistakes(&format!("{SOUND}key = {key}\n"));
    assert_snapshot!(with(r#"{ from = "file", paht = "x" }"#), @"
    error: groundplan.toml has 1 mistake; nothing was touched
      cause: groundplan.toml:7: `cluster.key.paht` is not known; did you mean `path`?
      hint: `apply config schema` describes every setting
    exit 1
    ");
    assert_snapshot!(with(r#"{ from = "vault", path = "x" }"#), @"
    error: groundplan.toml has 1 mistake; nothing was touched
      cause: groundplan.toml:7: `cluster.key` has a `from` that is `vault`, it takes one of `env`, `file`
      hint: `apply config schema` describes every setting
    exit 1
    ");
    assert_snapshot!(with(r#""hunter2""#), @"
    error: groundplan.toml has 1 mistake; nothing was touched
      cause: groundplan.toml:7: `cluster.key` is a text, it takes a table
      hint: `apply config schema` describes every setting
    exit 1
    ");
}

#[test]
fn what_is_no_toml_shows_its_line() {
    assert_snapshot!(mistakes("name = \"hub\"\nregion = eu-west-1\n"), @"
    error: groundplan.toml is not TOML; nothing was touched
      cause: groundplan.toml:2:10: string values must be quoted, expected literal string
               |
             2 | region = eu-west-1
               |          ^
    exit 1
    ");
    assert_snapshot!(mistakes("name = \"hub\"\n[cluster\n"), @"
    error: groundplan.toml is not TOML; nothing was touched
      cause: groundplan.toml:2:9: unclosed table, expected `]`
               |
             2 | [cluster
               |         ^
    exit 1
    ");
    assert_snapshot!(mistakes("name = \"a\"\nname = \"b\"\n"), @r#"
    error: groundplan.toml is not TOML; nothing was touched
      cause: groundplan.toml:2:1: duplicate key
               |
             2 | name = "b"
               | ^
    exit 1
    "#);
}

#[test]
fn layers_are_merged_and_mistakes_name_their_file() {
    let over = "tags = { team = \"data\" }\n[cluster.nodes]\ndesired = 3\n";
    let files = [("groundplan.toml", SOUND), ("groundplan.prod.toml", over)];
    let settings = of(&files, Some("prod")).unwrap();
    let cluster = settings.cluster.unwrap();
    assert_eq!(
        (cluster.version.as_str(), cluster.nodes.desired, cluster.nodes.max),
        ("1.35", 3, 4)
    );
    assert_eq!(settings.tags["team"], "data");
    assert!(
        of(&files, None).unwrap().tags.is_empty(),
        "a layer that is not asked for is not there"
    );

    let over = "[cluster]\nversion = false\n[cluster.nodes]\ndesired = 9\n";
    assert_snapshot!(of(&[("groundplan.toml", SOUND), ("groundplan.prod.toml", over)], Some("prod")).unwrap_err(), @"
    error: groundplan.toml and groundplan.prod.toml have 2 mistakes; nothing was touched
      cause: groundplan.prod.toml:2: `cluster.version` is false, it takes a text in quotes
      cause: groundplan.prod.toml:4: `cluster.nodes.desired` is more than `cluster.nodes.max`
      hint: `apply config schema` describes every setting
    exit 1
    ");
    assert_snapshot!(of(&files, Some("test")).unwrap_err(), @"
    error: there is no environment `test`
      cause: could not find DIR/groundplan.test.toml
      hint: there are `prod`
    exit 1
    ");
}

#[test]
fn the_file_is_found_from_below_and_missed_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("a/b");
    fs::create_dir_all(&below).unwrap();
    let wanted = |here: &std::path::Path| Wanted {
        here: here.to_owned(),
        file: None,
        env: None,
        sandbox: true,
    };
    let missed = said(&load(&wanted(&below)).unwrap_err());
    assert_snapshot!(missed.replace(&*folder.path().to_string_lossy(), "DIR"), @"
    error: could not find groundplan.toml in DIR/a/b or above it
      hint: go to the folder that has it, or name it with --config FILE
      hint: `apply config schema` describes what it may hold
    exit 1
    ");
    fs::write(folder.path().join("groundplan.toml"), SOUND).unwrap();
    assert_eq!(load(&wanted(&below)).unwrap().folder, folder.path());
    fs::write(folder.path().join("groundplan.sandbox.toml"), "name = \"small\"").unwrap();
    let files = load(&wanted(&below)).unwrap();
    assert_eq!(
        check::<Platform>(&files, &Rules::new()).unwrap().settings.name,
        "small",
        "a sandbox has a layer of its own"
    );
}
