//! Accounts of an organization, and what is in them: one program, two layouts.
//!
//! `central`: the platform's account has the one network and the one cluster; a team's account has its
//! database in subnets of that network, which are shared with it. `decentral`: each account has its own
//! network, cluster and database, and its network is connected with the platform's. Which one is a setting.

mod check;
mod layout;
mod settings;
#[cfg(test)]
mod tests;

pub use settings::{Account, Cluster, Database, Layout, Nat, Organization, Settings, Warehouse};

use groundplan::{Problems, Program, Stack};

/// Accounts, and what is in them.
#[derive(Clone, Copy, Debug)]
pub struct Accounts;

impl Program for Accounts {
    type Settings = Settings;

    const NAME: &'static str = "accounts of an organization";

    fn check(settings: &Settings, problems: &mut Problems) {
        check::check(settings, problems);
    }

    fn stack(settings: &Settings) -> String {
        settings.stack.clone()
    }

    fn build(settings: &Settings, stack: &mut Stack) {
        layout::build(settings, stack);
    }
}
