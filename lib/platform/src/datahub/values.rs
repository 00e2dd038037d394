//! The values of both charts. Numbers and booleans for OpenSearch and Kafka are texts there.

use super::{DataHub, Login, PREREQUISITES, secrets::Secrets};
use groundplan_core::{Json, json, text, to_json};

/// The largest message, in bytes. The chart's default for the applications; the brokers must take it.
const MESSAGE_BYTES: &str = "5242880";

impl DataHub<'_> {
    /// Kafka alone, and no secret drawn by the chart.
    pub(super) fn prerequisites_values(&self, secrets: &Secrets) -> Json {
        let replicas = self.kafka.replicas;
        // What the chart's `broker` says does not reach brokers that are controllers too.
        let brokers = [
            format!("message.max.bytes={MESSAGE_BYTES}"),
            format!("default.replication.factor={replicas}"),
            format!("offsets.topic.replication.factor={replicas}"),
            format!("transaction.state.log.replication.factor={replicas}"),
        ];
        json!({
            "mysql": { "enabled": false },
            "opensearch": { "enabled": false },
            "kafka": {
                "sasl": { "existingSecret": secrets.kafka },
                "kraft": { "existingClusterIdSecret": secrets.kafka },
                "controller": {
                    "replicaCount": replicas,
                    "extraConfig": brokers.join("\n"),
                    "persistence": { "size": format!("{}Gi", self.kafka.storage_gib) },
                    "resources": {
                        "requests": { "cpu": "250m", "memory": "1Gi" },
                        "limits": { "memory": "2Gi" },
                    },
                },
            },
        })
    }

    /// DataHub wired to its stores.
    pub(super) fn values(&self, secrets: &Secrets) -> Json {
        json!({
            "global": {
                "sql": { "datasource": self.datasource(secrets) },
                "elasticsearch": {
                    "host": self.search.endpoint,
                    "port": "443",
                    "useSSL": "true",
                    "implementation": "opensearch",
                    "region": self.region,
                    "iam": { "enabled": true },
                },
                "kafka": {
                    "bootstrap": { "server": format!("{PREREQUISITES}-kafka:9092") },
                    "replicationFactor": self.kafka.replicas,
                    "maxMessageBytes": MESSAGE_BYTES,
                },
                "datahub": self.application(secrets),
            },
            // Both are load balancers open to the internet unless told otherwise.
            "datahub-gms": { "service": { "type": "ClusterIP" } },
            "datahub-frontend": self.frontend(secrets),
            "datahubSystemUpdate": {
                "serviceAccount": { "create": false, "name": super::OPERATOR },
                // Drawn at every render unless given.
                "bootstrapMCPs": {
                    "datahubGC": { "values": { "schedule": { "interval": "0 2 * * *" } } },
                },
            },
        })
    }

    fn datasource(&self, secrets: &Secrets) -> Json {
        let database = &self.database;
        let key = |key: &str| json!({ "secretRef": secrets.database, "secretKey": key });
        let url = text!(
            "jdbc:mysql://{}:{}/{}?verifyServerCertificate=false&useSSL=true&useUnicode=yes&characterEncoding=UTF-8&enabledTLSProtocols=TLSv1.2",
            database.host,
            database.port,
            database.database
        );
        json!({
            "host": text!("{}:{}", database.host, database.port),
            "hostForMysqlClient": database.host,
            "port": text!("{}", database.port),
            "url": url,
            "database": database.database,
            "username": key("username"),
            "password": key("password"),
        })
    }

    fn application(&self, secrets: &Secrets) -> Json {
        let key = |key: &str| json!({ "secretRef": secrets.auth, "secretKey": key });
        json!({
            "version": self.version,
            "appServiceAccount": { "create": false, "name": super::APP },
            "metadata_service_authentication": {
                "enabled": true,
                "systemClientSecret": key("system_client_secret"),
                "tokenService": {
                    "signingKey": key("token_service_signing_key"),
                    "salt": key("token_service_salt"),
                },
                "provisionSecrets": { "enabled": false },
            },
            "encryptionKey": {
                "secretRef": secrets.auth,
                "secretKey": "encryption_key_secret",
                "provisionSecret": { "enabled": false },
            },
        })
    }

    fn frontend(&self, secrets: &Secrets) -> Json {
        let mut values = json!({
            "service": { "type": "ClusterIP" },
            "existingGmsSecret": { "name": secrets.auth, "key": "gms_secret" },
        });
        if let Login::Google(google) = &self.login {
            values["oidcAuthentication"] = json!({
                "enabled": true,
                "provider": "google",
                "clientId": google.client_id,
                "clientSecretRef": { "secretRef": secrets.oidc, "secretKey": "client-secret" },
                "oidcBaseUrl": google.url,
            });
            values["authCookies"] = json!({ "secure": "true" });
            // Never without the above: with both off and no OIDC everybody is the administrator.
            values["extraEnvs"] = to_json(
                &["AUTH_JAAS_ENABLED", "AUTH_NATIVE_ENABLED"]
                    .map(|name| json!({ "name": name, "value": "false" })),
            );
        }
        values
    }
}
