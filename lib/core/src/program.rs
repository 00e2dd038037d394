//! What a binary runs: typed settings, and a function that builds the graph from them.

use crate::{Problems, Registry, Rules, Stack};
use serde::de::DeserializeOwned;

/// A program: settings out of `groundplan.toml`, and the graph that they ask for.
///
/// It opens nothing and asks nobody, so a plan can be repeated and a test needs no cloud.
pub trait Program: Send + Sync + 'static {
    /// The typed content of `groundplan.toml`. Documentation comments on its fields reach the users
    /// through `apply config schema` and their editors. Every program has the table `waivers` besides,
    /// so no field has that name.
    type Settings: DeserializeOwned + schemars::JsonSchema + Send + Sync + 'static;

    /// What it is called in messages.
    const NAME: &'static str;

    /// Kinds beyond those that `groundplan` knows.
    fn registry() -> Registry {
        Registry::new()
    }

    /// Rules beyond those that `groundplan` comes with.
    fn rules() -> Rules {
        Rules::new()
    }

    /// Finds mistakes in settings that their types cannot say, all at once, with the path to each.
    fn check(_settings: &Self::Settings, _problems: &mut Problems) {}

    /// The stack's name.
    fn stack(settings: &Self::Settings) -> String;

    /// Builds the graph. Runs only when [`Program::check`] found nothing.
    fn build(settings: &Self::Settings, stack: &mut Stack);
}
