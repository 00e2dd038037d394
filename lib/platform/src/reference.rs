//! The program that the binary `apply` runs: a whole data platform out of one settings file.

mod check;
mod settings;

pub use settings::{
    ChartSource, ClusterSettings, DataHubSettings, DatabaseSettings, GoogleSettings, KafkaSettings,
    LoginSettings, NatSettings, NetworkSettings, NodeSettings, SearchSettings, SecretSettings,
    Settings,
};

use crate::{
    Account, AccountParts, Cluster, DataHub, DataHubParts, GoogleLogin, Kafka, Login, MySql,
    NatGateways, Network, NetworkParts, Nodes, SearchDomain,
};
use groundplan_aws::{Arn, Scope, ec2::RulePeer};
use groundplan_core::{Problems, Program, Stack, Val, text};
use settings::block;

/// Account check, network, cluster, database, search domain and DataHub.
#[derive(Clone, Copy, Debug)]
pub struct Reference;

impl Program for Reference {
    type Settings = Settings;

    const NAME: &'static str = "the reference platform";

    fn check(settings: &Settings, problems: &mut Problems) {
        check::check(settings, problems);
    }

    fn stack(settings: &Settings) -> String {
        settings.stack.clone()
    }

    fn build(settings: &Settings, stack: &mut Stack) {
        let account = Account {
            id: settings.account.clone(),
            region: settings.region.clone(),
            role: settings.role.clone(),
        };
        let account = account.add(stack, "main");
        let scope = account.scope.clone();
        let network = settings.network(scope.clone()).add(stack, "main");
        let cluster = settings.cluster(&account, &network).add(stack, "main");
        let nodes = RulePeer::Group(cluster.security_group.clone());
        let clients = vec![("cluster".to_owned(), nodes)];
        let database =
            settings.database(scope.clone(), &network, clients.clone()).add(stack, "main");
        let search = settings.search(scope.clone(), &network, clients).add(stack, "main");

        stack.output("cluster", cluster.cluster.name());
        stack.output("cluster_endpoint", cluster.cluster.endpoint());
        stack.output("database", text!("{}:{}", database.host, database.port));
        stack.output("search", text!("https://{}", search.endpoint));
        if let Some(datahub) = &settings.datahub {
            let datahub = DataHub {
                scope,
                region: settings.region.clone(),
                cluster: &cluster,
                database: &database,
                search: &search,
                kafka: datahub.kafka.kafka(),
                namespace: datahub.namespace.clone(),
                chart: datahub.chart.chart("datahub"),
                prerequisites: datahub.prerequisites.chart("datahub-prerequisites"),
                version: datahub.version.clone(),
                login: datahub.login(),
                timeout_minutes: datahub.timeout_minutes,
                secret_recovery_days: if settings.protect { 30 } else { 0 },
                tags: settings.tags.clone(),
            };
            let DataHubParts { release, namespace } = datahub.add(stack, "datahub");
            stack.output("datahub", text!("{} ({})", release.status(), release.chart_version()));
            stack.output("datahub_namespace", namespace);
        }
    }
}

impl Settings {
    fn network(&self, scope: Val<Scope>) -> Network {
        Network {
            scope,
            cidr: block(&self.network.cidr),
            zones: self.zones(),
            private_cidrs: self
                .network
                .private_cidrs
                .as_ref()
                .map(|all| all.iter().map(block).collect()),
            nat: match self.network.nat {
                NatSettings::PerZone => NatGateways::PerZone,
                NatSettings::One => NatGateways::One,
            },
            flow_log_days: Some(self.network.flow_log_days).filter(|days| *days > 0),
            tags: self.tags.clone(),
        }
    }

    fn cluster<'a>(&self, account: &'a AccountParts, network: &'a NetworkParts) -> Cluster<'a> {
        let cluster = &self.cluster;
        Cluster {
            account,
            network,
            version: cluster.version.clone(),
            public_cidrs: cluster.public_cidrs.iter().map(block).collect(),
            service_cidr: cluster.service_cidr.as_ref().map(block),
            secrets_key: cluster.secrets_key.as_deref().map(|arn| Arn::from(arn).into()),
            administrators: cluster.administrators.iter().map(|a| Arn::from(a.as_str())).collect(),
            log_days: cluster.log_days,
            nodes: cluster.nodes.nodes(),
            protect: self.protect,
            tags: self.tags.clone(),
        }
    }

    fn database(
        &self,
        scope: Val<Scope>,
        network: &NetworkParts,
        clients: Vec<(String, RulePeer)>,
    ) -> MySql {
        let database = &self.database;
        MySql {
            scope,
            subnets: network.stores(),
            clients,
            version: database.version.clone(),
            class: database.class.clone(),
            storage_gib: database.storage_gib,
            database: "datahub".to_owned(),
            multi_az: database.multi_az,
            backup_days: database.backup_days,
            key: None,
            protect: self.protect,
            tags: self.tags.clone(),
        }
    }

    fn search(
        &self,
        scope: Val<Scope>,
        network: &NetworkParts,
        clients: Vec<(String, RulePeer)>,
    ) -> SearchDomain {
        let search = &self.search;
        SearchDomain {
            scope,
            account: self.account.clone(),
            subnets: network.stores(),
            clients,
            version: search.version.clone(),
            instance_type: search.instance_type.clone(),
            instance_count: search.instance_count,
            dedicated_masters: None,
            volume_gib: search.volume_gib,
            key: None,
            protect: self.protect,
            tags: self.tags.clone(),
        }
    }
}

impl NodeSettings {
    fn nodes(&self) -> Nodes {
        Nodes {
            instance_types: self.instance_types.clone(),
            min: self.min,
            desired: self.desired,
            max: self.max,
            disk_gib: self.disk_gib,
        }
    }
}

impl KafkaSettings {
    fn kafka(self) -> Kafka {
        Kafka { replicas: self.replicas, storage_gib: self.storage_gib }
    }
}

impl DataHubSettings {
    /// Who gets in. That Google's table is there was checked.
    fn login(&self) -> Login {
        match (&self.google, self.login) {
            (Some(google), LoginSettings::Google) => Login::Google(GoogleLogin {
                client_id: google.client_id.clone(),
                client_secret: google.client_secret.source(),
                url: google.url.clone(),
            }),
            _ => Login::Passwords,
        }
    }
}
