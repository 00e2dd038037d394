//! The program that the binary `apply` runs: a whole data platform out of one settings file.

mod check;
mod settings;

pub use settings::{
    ChartSource, ClusterSettings, DataHubSettings, DatabaseSettings, GoogleSettings, KafkaSettings,
    LoginSettings, NatSettings, NetworkSettings, NodeSettings, SearchSettings, SecretSettings, Settings,
};

use crate::{
    Cluster, DataHub, DataHubParts, GoogleLogin, Kafka, Login, MySql, NatGateways, Network, Nodes,
    SearchDomain,
};
use groundplan_aws::{Arn, account::AccountIdentity};
use groundplan_core::{Problems, Program, Stack, text};

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
        let account = AccountIdentity {
            account: settings.account.clone(),
            region: settings.region.clone(),
            role: settings.role.clone(),
        };
        let account = stack.derive("main", account);
        let scope = account.scope();
        let tags = settings.tags.clone();

        let network = Network {
            scope: scope.clone(),
            cidr: settings.network.cidr,
            zones: settings.zones(),
            private_cidrs: settings.network.private_cidrs.clone(),
            nat: match settings.network.nat {
                NatSettings::PerZone => NatGateways::PerZone,
                NatSettings::One => NatGateways::One,
            },
            tags: tags.clone(),
        };
        let network = network.add(stack, "main");

        let cluster = Cluster {
            scope: scope.clone(),
            network: &network,
            account: settings.account.clone(),
            region: settings.region.clone(),
            version: settings.cluster.version.clone(),
            public_cidrs: settings.cluster.public_cidrs.clone(),
            service_cidr: settings.cluster.service_cidr,
            secrets_key: settings.cluster.secrets_key.as_deref().map(|arn| Arn::from(arn).into()),
            administrators: settings
                .cluster
                .administrators
                .iter()
                .map(|arn| Arn::from(arn.as_str()))
                .collect(),
            nodes: settings.cluster.nodes.nodes(),
            protect: settings.protect,
            tags: tags.clone(),
        };
        let cluster = cluster.add(stack, "main");

        let clients = vec![("cluster".to_owned(), cluster.security_group.clone())];
        let database = MySql {
            scope: scope.clone(),
            network: &network,
            clients: clients.clone(),
            version: settings.database.version.clone(),
            class: settings.database.class.clone(),
            storage_gib: settings.database.storage_gib,
            database: "datahub".to_owned(),
            multi_az: settings.database.multi_az,
            backup_days: settings.database.backup_days,
            key: None,
            protect: settings.protect,
            tags: tags.clone(),
        };
        let database = database.add(stack, "main");

        let search = SearchDomain {
            scope: scope.clone(),
            account: settings.account.clone(),
            network: &network,
            clients,
            version: settings.search.version.clone(),
            instance_type: settings.search.instance_type.clone(),
            instance_count: settings.search.instance_count,
            dedicated_masters: None,
            volume_gib: settings.search.volume_gib,
            key: None,
            protect: settings.protect,
            tags: tags.clone(),
        };
        let search = search.add(stack, "main");

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
                tags,
            };
            let DataHubParts { release, namespace } = datahub.add(stack, "datahub");
            stack.output("datahub", text!("{} ({})", release.status(), release.chart_version()));
            stack.output("datahub_namespace", namespace);
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
