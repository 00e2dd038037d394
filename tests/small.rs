//! A program so small that many runs of it can be awaited: one network and a subnet.

use groundplan::{
    Program, Stack,
    aws::{
        account::AccountIdentity,
        ec2::{Subnet, Vpc},
    },
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::process::ExitCode;

fn main() -> ExitCode {
    groundplan_driver::run::<Small>()
}

/// What it can be told.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The account.
    account: String,
    /// The region.
    region: String,
    /// Whose turn it is: a tag, so that each run has something to change.
    turn: String,
}

#[derive(Debug)]
struct Small;

impl Program for Small {
    type Settings = Settings;

    const NAME: &'static str = "a small program";

    fn stack(_: &Settings) -> String {
        "small".to_owned()
    }

    fn build(settings: &Settings, stack: &mut Stack) {
        let account = AccountIdentity::new(settings.account.as_str(), &settings.region);
        let scope = stack.derive("main", account).scope();
        let block = |text: &str| text.parse().expect("BUG: a block of addresses");
        let mut vpc = Vpc::new(scope.clone(), block("10.0.0.0/16"));
        vpc.tags.insert("turn".into(), settings.turn.clone());
        let vpc = stack.add("main", vpc);
        let zone = format!("{}a", settings.region).into();
        stack.add("main", Subnet::new(scope, vpc.id(), block("10.0.0.0/24"), zone));
    }
}
