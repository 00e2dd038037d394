//! Keys, their names and their policies.

use super::{ground::Ground, specimen::Specimen, specimens};
use crate::harness::ACCOUNT;
use groundplan::aws::kms::{Alias, Key, KeyHandle, KeyPolicy};
use groundplan::{Val, json_text};

specimens![alias, key, key_policy];

fn alias() -> Specimen<Alias> {
    Specimen::new("alias", |ground| {
        let key = a_key(ground, "one");
        Alias::new(ground.scope(), format!("alias/{}", ground.name()), key.arn())
    })
    .update("key", |alias, ground| alias.key = a_key(ground, "two").arn())
    .replace("name", |alias, _| alias.name = format!("{}/other", alias.name))
    .copies(|alias, _, number| alias.name = format!("{}/{number}", alias.name))
}

fn key() -> Specimen<Key> {
    Specimen::new("key", |ground| Key::new(ground.scope(), "of the platform"))
        .taken_back("enabled")
        .tags(|key| &mut key.tags)
        .update("description", |key, _| key.description = "of the team".into())
        .update("rotation_days", |key, _| key.rotation_days = Some(180))
        .update("enabled", |key, _| key.enabled = false)
        .replace("multi_region", |key, _| key.multi_region = true)
        .replace("spec", |key, _| (key.spec, key.rotation_days) = ("RSA_2048".into(), None))
        .replace("usage", |key, _| {
            (key.usage, key.spec) = ("SIGN_VERIFY".into(), "ECC_NIST_P256".into());
            key.rotation_days = None;
        })
        .copies(|_, _, _| {})
        .fixed("deletion_days", "says how long a deleted key can be taken back; tested with keys")
}

fn key_policy() -> Specimen<KeyPolicy> {
    Specimen::new("key-policy", |ground| {
        let key = a_key(ground, "one");
        KeyPolicy::new(ground.scope(), key.arn(), also_for("es.amazonaws.com"))
    })
    .update("document", |policy, _| policy.document = also_for("logs.eu-west-1.amazonaws.com"))
    .replace("key", |policy, ground| policy.key = a_key(ground, "two").arn())
    .copies(|policy, ground, number| {
        policy.key = a_key(ground, &format!("key-{number}")).arn();
    })
}

fn a_key(ground: &mut Ground, name: &str) -> KeyHandle {
    ground.add(name, Key::new(ground.scope(), "for a test"))
}

/// What the account may do, and a service besides.
fn also_for(service: &str) -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:root") },
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Effect": "Allow",
                "Principal": { "Service": service },
                "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*"],
                "Resource": "*",
            },
        ],
    })
}
