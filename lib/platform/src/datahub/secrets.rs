//! Every secret of DataHub: made once in Secrets Manager, brought into the cluster by reference.
//!
//! Charts that draw their own secrets draw new ones at every render, and losing some of these is final:
//! without the encryption key stored ingestion secrets cannot be read, without the signing key all
//! tokens that people hold are void.

use super::{DataHub, Login};
use groundplan_aws::secretsmanager::{Alphabet, Generate, Secret};
use groundplan_core::{Address, SecretSource, Stack, Val, text};
use groundplan_kube::KubeObject;

/// Keys of the generated secret, and the length of each value.
const GENERATED: [(&str, u32); 7] = [
    ("system_client_secret", 32),
    ("token_service_signing_key", 32),
    ("token_service_salt", 32),
    ("encryption_key_secret", 32),
    ("gms_secret", 32),
    ("controller-password", 32),
    // Kafka wants 16 bytes in Base64 here: 22 characters.
    ("kraft-cluster-id", 22),
];

/// The Secrets in the cluster, by name, and the addresses of all of them.
pub(super) struct Secrets {
    pub(super) auth: &'static str,
    pub(super) database: &'static str,
    pub(super) kafka: &'static str,
    pub(super) oidc: &'static str,
    pub(super) objects: Vec<Address>,
}

impl Secrets {
    pub(super) fn add(
        datahub: &DataHub<'_>,
        namespace: &Val<String>,
        stack: &mut Stack,
        name: &str,
    ) -> Self {
        let values = GENERATED
            .map(|(key, length)| (key, Generate { length, alphabet: Alphabet::Alphanumeric }));
        let generated = Secret {
            description: "What DataHub draws once and must never lose".to_owned(),
            recovery_days: datahub.secret_recovery_days,
            tags: datahub.tags.clone(),
            ..Secret::generated(datahub.scope.clone(), values)
        };
        let generated = text!("{}", stack.add(name, generated).arn());
        let master = text!("{}", datahub.database.master_secret);
        let mut secrets = Self {
            auth: "datahub-auth-secrets",
            database: "datahub-mysql",
            kafka: "datahub-kafka",
            oidc: "datahub-oidc",
            objects: Vec::new(),
        };
        let own = ["controller-password", "kraft-cluster-id"];
        let (kafka, auth): (Vec<_>, Vec<_>) =
            GENERATED.iter().map(|(key, _)| *key).partition(|key| own.contains(key));
        let mut wanted = vec![
            (secrets.auth, from(&generated, &auth)),
            (secrets.kafka, from(&generated, &kafka)),
            (secrets.database, from(&master, &["username", "password"])),
        ];
        if let Login::Google(google) = &datahub.login {
            wanted.push((secrets.oidc, vec![("client-secret", google.client_secret.clone())]));
        }
        for (secret, data) in wanted {
            let access = datahub.cluster.access.clone();
            let object = KubeObject::secret(access, namespace.clone(), secret, data);
            let handle = stack.add(&format!("{name}-{secret}"), object);
            secrets.objects.push(handle.address().clone());
        }
        secrets
    }
}

/// Keys of one secret, each under its own name.
fn from<'a>(arn: &Val<String>, keys: &[&'a str]) -> Vec<(&'a str, SecretSource)> {
    let source =
        |key: &str| SecretSource::SecretsManager { arn: arn.clone(), key: Some(key.to_owned()) };
    keys.iter().map(|key| (*key, source(key))).collect()
}
