//! Secrets Manager: secrets whose values are made or copied inside one call and never kept, and the
//! resolver that lets other kinds use them.

mod document;
mod generate;
mod resolver;
mod rules;
mod secret;

pub use generate::{Alphabet, Generate};
pub use resolver::AwsSecrets;
pub use secret::{Secret, SecretContent, SecretHandle, SecretOutputs};

pub(crate) use rules::rules;

use crate::fault::{absent, fault};
use aws_sdk_secretsmanager::{
    Client, operation::describe_secret::DescribeSecretOutput, types::Tag,
};
use groundplan_core::{Registry, Result};

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new().with::<Secret>()
}

/// The names and values of a secret's tags.
fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().filter_map(|tag| Some((tag.key()?, tag.value()?))).collect()
}

/// A secret by ARN or name, also one that is scheduled for deletion. Never its value.
async fn describe(client: &Client, id: &str) -> Result<Option<DescribeSecretOutput>> {
    let call = client.describe_secret().secret_id(id).send().await;
    absent(call.map_err(fault("secretsmanager:DescribeSecret")))
}

/// The version id of the present value.
fn current(secret: &DescribeSecretOutput) -> Option<&str> {
    let is_current = |stages: &Vec<String>| stages.iter().any(|stage| stage == "AWSCURRENT");
    let versions = secret.version_ids_to_stages()?;
    versions.iter().find(|(_, stages)| is_current(stages)).map(|(version, _)| version.as_str())
}
