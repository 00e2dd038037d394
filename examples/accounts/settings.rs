//! The content of `groundplan.toml`.

use groundplan::{
    aws::{Cidr, Tags, Zone},
    platform::NatGateways,
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Accounts of an organization, and what is in them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The stack's name, part of the names of all that is made.
    pub stack: String,
    /// `central`: one network and one cluster for all, in the platform's account. `decentral`: each account
    /// has its own, connected with the platform's.
    pub layout: Layout,
    /// The region, e.g. `eu-west-1`.
    pub region: String,
    /// The zones, by the ids that mean the same in every account, e.g. `euw1-az1`: two at least.
    pub zones: Vec<String>,
    /// `per_zone` for production; `one` is cheaper and takes all zones dark with its own.
    #[serde(default)]
    pub nat: Nat,
    /// Whether clusters and databases are guarded against deletion.
    #[serde(default = "yes")]
    pub protect: bool,
    /// Tags on everything in AWS.
    #[serde(default)]
    pub tags: Tags,
    /// The organization.
    pub organization: Organization,
    /// The account with the network and cluster that all share, or reach.
    pub platform: Account,
    /// The accounts of teams, by name.
    pub workloads: BTreeMap<String, Account>,
    /// Every cluster.
    pub cluster: Cluster,
    /// Every database.
    pub database: Database,
    /// The company's warehouse, in a network that exists.
    #[serde(default)]
    pub warehouse: Option<Warehouse>,
}

/// Who has a network and a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// The platform's account, for all.
    Central,
    /// Each account.
    Decentral,
}

/// How private subnets reach the internet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nat {
    /// A NAT gateway in each zone.
    #[default]
    PerZone,
    /// One for all zones.
    One,
}

/// The organization, which exists.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// The management account: 12 digits.
    pub management_account: String,
    /// The ARN of the role to take in it; the run's own identity if absent.
    #[serde(default)]
    pub role: Option<String>,
    /// The unit that is made for the accounts.
    pub unit: String,
    /// The root or unit that it is in, `r-…` or `ou-…`; the root if absent.
    #[serde(default)]
    pub parent: Option<String>,
    /// The name of the role that the management account may take in each account.
    #[serde(default = "role_name")]
    pub role_name: String,
}

/// An account of the organization.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The address of its root user, which no other AWS account has or ever had.
    pub email: String,
    /// Whether an account of the organization that has this address already is taken up.
    #[serde(default)]
    pub adopt: bool,
    /// The addresses of its network, /16 to /22, where it has one.
    #[serde(default)]
    pub cidr: Option<String>,
}

/// A cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// The Kubernetes minor, e.g. `1.35`.
    pub version: String,
    /// From where the public endpoint can be reached; nobody if empty.
    #[serde(default)]
    pub public_cidrs: Vec<String>,
    /// Instance types, the preferred one first.
    pub instance_types: Vec<String>,
    /// How many machines there are.
    pub nodes: u32,
    /// The addresses of its services, /12 to /24, that no network has; EKS chooses if absent.
    #[serde(default)]
    pub service_cidr: Option<String>,
}

/// A database: MySQL on RDS.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The size of the machine, e.g. `db.m7g.large`.
    pub class: String,
    /// The storage, in GiB.
    pub storage_gib: u32,
    /// Whether a standby in another zone takes over.
    #[serde(default = "yes")]
    pub multi_az: bool,
    /// For how many days backups are kept.
    #[serde(default = "backup_days")]
    pub backup_days: u32,
}

/// A network that exists, and that every network of this program is connected with.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Warehouse {
    /// Its account: 12 digits.
    pub account: String,
    /// The ARN of the role to take in it.
    #[serde(default)]
    pub role: Option<String>,
    /// The VPC, `vpc-…`. It needs DNS support and DNS hostnames.
    pub vpc: String,
    /// Its addresses.
    pub cidr: String,
    /// The route tables of the subnets that are to be reached, by a name for each.
    pub route_tables: BTreeMap<String, String>,
}

impl Settings {
    pub(super) fn zones(&self) -> Vec<Zone> {
        self.zones.iter().map(|zone| zone.as_str().into()).collect()
    }

    pub(super) fn nat(&self) -> NatGateways {
        match self.nat {
            Nat::PerZone => NatGateways::PerZone,
            Nat::One => NatGateways::One,
        }
    }
}

/// A block that was checked.
pub(super) fn block(text: &str) -> Cidr {
    text.parse().expect("BUG: blocks are checked before anything is built")
}

fn yes() -> bool {
    true
}

/// The role that AWS makes in a new account.
fn role_name() -> String {
    "OrganizationAccountAccessRole".to_owned()
}

fn backup_days() -> u32 {
    7
}
