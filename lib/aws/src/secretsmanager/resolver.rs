//! Lets other kinds use secrets of Secrets Manager, as [`SecretSource::SecretsManager`].

use super::{current, describe, document::Document};
use crate::{Aws, fault::fault};
use futures::future::BoxFuture;
use groundplan_core::{Class, Fault, Resolved, Result, Secret, SecretResolver, SecretSource};

/// Reads secrets with the clients of a scope in the secret's account and region; with the run's own
/// identity where the program has no such scope.
///
/// A value takes `secretsmanager:GetSecretValue` and, with a key of one's own, `kms:Decrypt`; a
/// version only `secretsmanager:DescribeSecret`.
#[derive(Clone, Debug)]
pub struct AwsSecrets(Aws);

impl AwsSecrets {
    /// With the clients of this run.
    pub fn new(aws: Aws) -> Self {
        Self(aws)
    }

    async fn client(&self, arn: &str) -> Result<aws_sdk_secretsmanager::Client> {
        let parts: Vec<_> = arn.splitn(7, ':').collect();
        let ["arn", partition, "secretsmanager", region, account, "secret", _] = parts[..] else {
            return Err(Fault::new(Class::Invalid, format!("`{arn}` is no ARN of a secret"))
                .hint("it reads arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX"));
        };
        Ok(self.0.reach(partition, account, region).await?.secrets.clone())
    }

    async fn read(&self, arn: &str, key: Option<&str>) -> Result<Resolved> {
        let action = "secretsmanager:GetSecretValue";
        let call = self.client(arn).await?.get_secret_value().secret_id(arn).send().await;
        let mut found = call.map_err(fault(action))?;
        let version = found.version_id.take().unwrap_or_default();
        let Some(text) = found.secret_string.take().map(Secret::new) else {
            let what = format!("the secret {arn} holds bytes, not text");
            return Err(Fault::new(Class::Invalid, what).hint("store it as text, e.g. in Base64"));
        };
        let Some(key) = key else { return Ok(Resolved { secret: text, version }) };
        let Some(document) = Document::parse(text.expose()) else {
            let what = format!("the secret {arn} is no JSON document, so it has no key `{key}`");
            return Err(Fault::new(Class::Invalid, what).hint("leave out the key to use all of it"));
        };
        let secret = document.get(key).ok_or_else(|| {
            Fault::new(Class::Invalid, format!("the secret {arn} has no key `{key}`"))
                .hint("name one of its keys, or add this one to it")
        })?;
        Ok(Resolved { secret, version })
    }

    async fn present(&self, arn: &str) -> Result<String> {
        let gone = |what: String| Fault::new(Class::NotFound, what);
        let found = describe(&self.client(arn).await?, arn).await?;
        let found = found.ok_or_else(|| gone(format!("there is no secret {arn}")))?;
        if found.deleted_date().is_some() {
            return Err(gone(format!("the secret {arn} is scheduled for deletion"))
                .hint(format!("aws secretsmanager restore-secret --secret-id {arn}")));
        }
        let version = current(&found).map(str::to_owned);
        version.ok_or_else(|| gone(format!("the secret {arn} has no value yet")))
    }
}

impl SecretResolver for AwsSecrets {
    fn resolve<'a>(&'a self, source: &'a SecretSource) -> BoxFuture<'a, Option<Result<Resolved>>> {
        Box::pin(async move {
            let SecretSource::SecretsManager { arn, key } = source else { return None };
            Some(self.read(arn.get(), key.as_deref()).await)
        })
    }

    fn version<'a>(&'a self, source: &'a SecretSource) -> BoxFuture<'a, Option<Result<String>>> {
        Box::pin(async move {
            let SecretSource::SecretsManager { arn, .. } = source else { return None };
            Some(self.present(arn.get()).await)
        })
    }
}
