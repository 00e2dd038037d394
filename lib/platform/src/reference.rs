//! The program that the binary `apply` runs.

use groundplan_aws::{
    Cidr, Zone,
    account::AccountIdentity,
    ec2::{Subnet, Vpc},
};
use groundplan_core::{Problems, Program, Stack};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A network with two subnets.
#[derive(Clone, Copy, Debug)]
pub struct Reference;

/// The content of `groundplan.toml`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The stack's name: up to 30 lower-case letters, digits and `-`, a letter first.
    pub name: String,
    /// The account that everything is made in: 12 digits.
    pub account: String,
    /// The region, e.g. `eu-west-1`.
    pub region: String,
    /// The network.
    pub network: Network,
    /// Tags on everything.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// The network.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Its IPv4 addresses, e.g. `10.0.0.0/16`.
    pub cidr: String,
}

impl Program for Reference {
    type Settings = Settings;
    const NAME: &'static str = "the reference program";

    fn check(settings: &Settings, problems: &mut Problems) {
        match settings.network.cidr.parse::<Cidr>() {
            Err(error) => problems.add("network.cidr", error.to_string()),
            Ok(cidr) => {
                problems.require(cidr.prefix() <= 20, "network.cidr", "use a block of /20 or more");
            }
        }
    }

    fn stack(settings: &Settings) -> String {
        settings.name.clone()
    }

    fn build(settings: &Settings, stack: &mut Stack) {
        let Settings { account, region, network, tags, .. } = settings.clone();
        let cidr: Cidr = network.cidr.parse().expect("BUG: it was checked");
        let zones = ["a", "b"].map(|letter| Zone::from(format!("{region}{letter}")));
        let account = stack.derive("main", AccountIdentity { account, region, role: None });
        let vpc = stack.add("main", Vpc { tags: tags.clone(), ..Vpc::new(account.scope(), cidr) });
        for (zone, cidr) in zones.into_iter().zip(cidr.split(20)) {
            let name = zone.to_string();
            let subnet = Subnet::new(account.scope(), vpc.id(), cidr, zone);
            stack.add(&name, Subnet { tags: tags.clone(), ..subnet });
        }
        stack.output("vpc", vpc.id());
    }
}
