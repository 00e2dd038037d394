//! The content of `groundplan.toml`. The comments here are what its users read in their editors.

use groundplan_aws::{Cidr, Tags, Zone};
use groundplan_core::SecretSource;
use groundplan_kube::Chart;
use schemars::JsonSchema;
use serde::Deserialize;

/// A data platform: network, cluster, stores and DataHub in one account and region.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The stack's name, part of the names of all that is made: up to 30 lower-case letters, digits and
    /// `-`, a letter first. Another name is another platform.
    pub stack: String,
    /// The account that everything is made in: 12 digits. A run in another account is refused.
    pub account: String,
    /// The region, e.g. `eu-west-1`.
    pub region: String,
    /// The role to assume in that account; the run's own identity if absent.
    #[serde(default)]
    pub role: Option<String>,
    /// Whether what holds data is guarded against deletion: cluster, database and search domain.
    #[serde(default = "yes")]
    pub protect: bool,
    /// Tags on everything in AWS.
    #[serde(default)]
    pub tags: Tags,
    /// The network.
    pub network: NetworkSettings,
    /// The Kubernetes cluster.
    pub cluster: ClusterSettings,
    /// The database.
    pub database: DatabaseSettings,
    /// The search domain.
    pub search: SearchSettings,
    /// DataHub; without this table the platform has none.
    #[serde(default)]
    pub datahub: Option<DataHubSettings>,
}

/// The network.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkSettings {
    /// Its addresses, /16 to /22, e.g. `10.0.0.0/16`. Overlap with another network rules out peering
    /// with it for ever.
    pub cidr: String,
    /// The letters of the zones, e.g. `["a", "b", "c"]`: two at least.
    pub zones: Vec<String>,
    /// The blocks of the private subnets, one for each zone. Six eighths of the network are divided
    /// among them if absent.
    #[serde(default)]
    pub private_cidrs: Option<Vec<String>>,
    /// `per_zone` for production; `one` is cheaper and takes all zones dark with its own.
    #[serde(default)]
    pub nat: NatSettings,
    /// For how many days it is kept who talked to whom: a number that CloudWatch Logs takes, such as 30.
    /// With 0 nothing is recorded.
    #[serde(default = "flow_log_days")]
    pub flow_log_days: u32,
}

/// How private subnets reach the internet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NatSettings {
    /// A NAT gateway in each zone.
    #[default]
    PerZone,
    /// One for all zones.
    One,
}

/// The Kubernetes cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterSettings {
    /// The Kubernetes minor, e.g. `1.35`.
    pub version: String,
    /// ARNs of the roles and users that administer it. The one that applies must be among them, or the
    /// cluster refuses it; the `role` above is by itself.
    #[serde(default)]
    pub administrators: Vec<String>,
    /// From where the public endpoint can be reached. Nobody if empty: then the run must be inside the
    /// network.
    #[serde(default)]
    pub public_cidrs: Vec<String>,
    /// The addresses of Services, /12 to /24; EKS chooses if absent.
    #[serde(default)]
    pub service_cidr: Option<String>,
    /// The ARN of the KMS key that Kubernetes Secrets are encrypted with; AWS's own key if absent.
    #[serde(default)]
    pub secrets_key: Option<String>,
    /// For how many days the logs of the control plane are kept: a number that CloudWatch Logs takes, such
    /// as 90.
    #[serde(default = "log_days")]
    pub log_days: u32,
    /// The machines.
    pub nodes: NodeSettings,
}

/// The machines of the cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeSettings {
    /// Instance types, the preferred one first, e.g. `["m7i.xlarge"]`.
    pub instance_types: Vec<String>,
    /// The least there are.
    pub min: u32,
    /// How many there are now.
    pub desired: u32,
    /// The most there are.
    pub max: u32,
    /// The size of each machine's disk, in GiB.
    #[serde(default = "node_disk_gib")]
    pub disk_gib: u32,
}

/// The database: MySQL on RDS.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// The version: `8.4`, or more precise.
    #[serde(default = "mysql_version")]
    pub version: String,
    /// The size of the machine, e.g. `db.m7g.large`.
    pub class: String,
    /// The storage, in GiB. It can grow and never shrink.
    pub storage_gib: u32,
    /// Whether a standby in another zone takes over.
    #[serde(default = "yes")]
    pub multi_az: bool,
    /// For how many days backups are kept: 0 to 35.
    #[serde(default = "backup_days")]
    pub backup_days: u32,
}

/// The search domain: OpenSearch Service.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchSettings {
    /// The engine.
    #[serde(default = "search_version")]
    pub version: String,
    /// The size of a data node, e.g. `r7g.large.search`.
    pub instance_type: String,
    /// The number of data nodes, spread over up to three zones.
    pub instance_count: u32,
    /// The storage of each data node, in GiB.
    pub volume_gib: u32,
}

/// DataHub.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataHubSettings {
    /// The version of the application, e.g. `v1.7.0`.
    pub version: String,
    /// Its namespace, which is made for it.
    #[serde(default = "datahub_namespace")]
    pub namespace: String,
    /// Where the chart `datahub` comes from.
    #[serde(default = "datahub_chart")]
    pub chart: ChartSource,
    /// Where the chart `datahub-prerequisites` comes from.
    #[serde(default = "prerequisites_chart")]
    pub prerequisites: ChartSource,
    /// Kafka in the cluster.
    pub kafka: KafkaSettings,
    /// Who gets in: `google` or, for sandboxes, `passwords`.
    #[serde(default)]
    pub login: LoginSettings,
    /// Login with Google.
    #[serde(default)]
    pub google: Option<GoogleSettings>,
    /// How long a release may take with the Jobs around it, in minutes.
    #[serde(default = "datahub_timeout_minutes")]
    pub timeout_minutes: u32,
}

/// Where a chart comes from: a repository and version, an OCI reference and version, or a path.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartSource {
    /// The address of a chart repository.
    #[serde(default)]
    pub repository: Option<String>,
    /// The address of a chart in a registry, e.g. `oci://ghcr.io/org/chart`.
    #[serde(default)]
    pub oci: Option<String>,
    /// A folder or archive, from the folder of this file.
    #[serde(default)]
    pub path: Option<String>,
    /// The chart's exact version; not for a path.
    #[serde(default)]
    pub version: Option<String>,
}

/// Kafka in the cluster.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KafkaSettings {
    /// The number of brokers: 1, or 3 to survive the loss of one.
    pub replicas: u32,
    /// The storage of each, in GiB.
    pub storage_gib: u32,
}

/// Who gets in to DataHub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoginSettings {
    /// The people of a Google Workspace; passwords are off. Needs the table `google`.
    #[default]
    Google,
    /// Whoever knows the chart's well-known first password. For sandboxes.
    Passwords,
}

/// Login with Google. The OAuth client is made by hand in Google's console, of type Web, with the
/// redirect address `<url>/callback/oidc`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoogleSettings {
    /// The client's id, which ends in `.apps.googleusercontent.com`.
    pub client_id: String,
    /// Where the client's secret is kept.
    pub client_secret: SecretSettings,
    /// Where people reach DataHub, e.g. `https://datahub.example.com`.
    pub url: String,
}

/// Where a secret is kept. Its value is never in this file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "from")]
pub enum SecretSettings {
    /// AWS Secrets Manager.
    SecretsManager {
        /// The secret's ARN.
        arn: String,
        /// A key, where the secret is a JSON document; the whole text if absent.
        #[serde(default)]
        key: Option<String>,
    },
    /// An environment variable of the run.
    Env {
        /// The variable's name.
        name: String,
    },
    /// A file on the machine of the run.
    File {
        /// Its path.
        path: String,
    },
}

impl Settings {
    /// The names of the zones.
    pub(super) fn zones(&self) -> Vec<Zone> {
        let name = |letter: &String| Zone::from(format!("{}{letter}", self.region));
        self.network.zones.iter().map(name).collect()
    }
}

/// A block that the check has read.
pub(super) fn block(text: impl AsRef<str>) -> Cidr {
    text.as_ref().parse().expect("BUG: blocks are checked before anything is built")
}

impl SecretSettings {
    pub(super) fn source(&self) -> SecretSource {
        match self.clone() {
            Self::SecretsManager { arn, key } => {
                SecretSource::SecretsManager { arn: arn.into(), key }
            }
            Self::Env { name } => SecretSource::Env { name },
            Self::File { path } => SecretSource::File { path },
        }
    }
}

impl ChartSource {
    /// The chart that is meant. What names none or several was refused by the check.
    pub(super) fn chart(&self, name: &str) -> Chart {
        let version = self.version.as_deref().unwrap_or_default();
        match (&self.repository, &self.oci, &self.path) {
            (Some(repository), ..) => Chart::repository(repository, name, version),
            (_, Some(reference), _) => Chart::oci(reference, version),
            (.., path) => Chart::local(path.as_deref().unwrap_or_default()),
        }
    }

    fn released(version: &str) -> Self {
        Self {
            repository: Some("https://helm.datahubproject.io/".to_owned()),
            oci: None,
            path: None,
            version: Some(version.to_owned()),
        }
    }
}

fn yes() -> bool {
    true
}

fn flow_log_days() -> u32 {
    30
}

fn log_days() -> u32 {
    90
}

fn node_disk_gib() -> u32 {
    50
}

fn mysql_version() -> String {
    "8.4".to_owned()
}

fn backup_days() -> u32 {
    14
}

fn search_version() -> String {
    "OpenSearch_2.19".to_owned()
}

fn datahub_namespace() -> String {
    "datahub".to_owned()
}

fn datahub_chart() -> ChartSource {
    ChartSource::released("1.1.0")
}

fn prerequisites_chart() -> ChartSource {
    ChartSource::released("0.3.0")
}

fn datahub_timeout_minutes() -> u32 {
    60
}
