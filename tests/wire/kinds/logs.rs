//! Groups of logs, and who may write to them.

use super::{ground::Ground, specimen::Specimen, specimens};
use crate::harness::{ACCOUNT, REGION};
use groundplan::aws::{
    Arn,
    kms::{Key, KeyPolicy},
    logs::{LogGroup, LogGroupClass, LogResourcePolicy},
};
use groundplan::{Val, json_text};

specimens![log_group, log_resource_policy];

fn log_group() -> Specimen<LogGroup> {
    Specimen::new("logs", |ground| LogGroup::new(ground.scope(), 90))
        .tags(|group| &mut group.tags)
        .update("retention_days", |group, _| group.retention_days = Some(365))
        .update("kms_key", |group, ground| group.kms_key = Some(key_for_logs(ground)))
        .replace("name", |group, _| group.name = Some("/logs/of-another/name".into()))
        .copies(|_, _, _| {})
        .replace("class", |group, _| group.class = LogGroupClass::InfrequentAccess)
}

fn log_resource_policy() -> Specimen<LogResourcePolicy> {
    Specimen::new("logs-policy", |ground| {
        let policy = writes("es.amazonaws.com");
        LogResourcePolicy::new(ground.scope(), ground.name().to_owned(), policy)
    })
    .update("document", |policy, _| policy.document = writes("route53.amazonaws.com"))
    .replace("name", |policy, _| policy.name = format!("{}-other", policy.name))
    .copies(|policy, _, number| policy.name = format!("{}-{number}", policy.name))
}

/// Lets a service write logs of search domains.
pub(super) fn writes(service: &str) -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": ["logs:PutLogEvents", "logs:PutLogEventsBatch", "logs:CreateLogStream"],
            "Resource": format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*"),
        }],
    })
}

/// A key that the service may use before the group is there.
fn key_for_logs(ground: &mut Ground) -> Val<Arn> {
    let key = ground.add("logs", Key::new(ground.scope(), "for logs")).arn();
    let document = json_text!({
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
                "Principal": { "Service": format!("logs.{REGION}.amazonaws.com") },
                "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
                "Resource": "*",
            },
        ],
    });
    let policy = ground.add("logs", KeyPolicy::new(ground.scope(), key.clone(), document));
    ground.before.insert(policy.address().clone());
    key
}
