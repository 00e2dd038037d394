//! What is known of a secret without its value.

use super::{RECOVERY_DAYS, Secret, SecretContent, SecretOutputs, content};
use crate::{
    Arn, Clients, CxAws,
    found::{Listed, each, pages, see_marked},
    secretsmanager::{describe, pairs},
    tags,
};
use aws_sdk_secretsmanager::{
    operation::{describe_secret::DescribeSecretOutput, list_secrets::ListSecretsOutput},
    types::{Filter, FilterNameStringType as By},
};
use groundplan_core::{
    Cx, Live, Mark, Marked, Near, Result, Seen, TAG_LINEAGE, TAG_STACK, Val, Wanted, json, to_json,
};

pub(super) async fn observe(
    cx: &Cx,
    wanted: &[Wanted<Secret>],
) -> Result<Vec<Seen<SecretOutputs>>> {
    let Some(first) = wanted.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.inputs.scope.get()).await?;
    each(wanted, |w| look(cx, &aws, w)).await
}

impl Listed for DescribeSecretOutput {
    fn id(&self) -> &str {
        self.arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn name(&self) -> Option<&str> {
        self.name()
    }
}

/// The list lags by up to five minutes either way, so each secret in it is read. One that is scheduled
/// for deletion is not in it.
pub(super) async fn marked(
    cx: &Cx,
    near: &Near<Secret>,
    mark: &Mark,
) -> Result<Vec<Marked<SecretOutputs>>> {
    let Some(first) = near.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.scope.get()).await?;
    let (tag, value) = match &mark.lineage {
        Some(lineage) => (TAG_LINEAGE, lineage.as_str()),
        None => (TAG_STACK, mark.stack.as_str()),
    };
    let filter = |by, value: &str| Filter::builder().key(by).values(value).build();
    let call = aws.secrets.list_secrets().filters(filter(By::TagKey, tag));
    let call = call.filters(filter(By::TagValue, value)).into_paginator().send();
    let listed = pages("secretsmanager:ListSecrets", call).await?;
    let arns = listed.iter().flat_map(ListSecretsOutput::secret_list).filter_map(|it| it.arn());
    let arns = arns.filter(|arn| !near.is_recorded(|one| one.arn.as_str() == *arn));
    let read = each(arns, |arn| describe(&aws.secrets, arn)).await?;
    let there = read.into_iter().flatten().filter(|secret| secret.deleted_date().is_none());
    Ok(see_marked(&there.collect::<Vec<_>>(), mark, found))
}

/// What is there of a secret of which no more than its mark is known. Of where its value comes from
/// nothing can be read.
fn found(there: &DescribeSecretOutput) -> Live<SecretOutputs> {
    let fields = json!({
        "description": there.description().unwrap_or_default(),
        "kms_key": there.kms_key_id(),
        "recovery_days": RECOVERY_DAYS,
        "tags": tags::managed(pairs(there.tags())),
    });
    Live::new(outputs(there), fields)
}

async fn look(cx: &Cx, aws: &Clients, w: &Wanted<Secret>) -> Result<Seen<SecretOutputs>> {
    let recorded = w.outputs.as_ref().map(|o| o.arn.as_str());
    let id = recorded.or(w.name.as_deref()).unwrap_or_default();
    let Some(there) = describe(&aws.secrets, id).await? else { return Ok(Seen::Absent) };
    // One that is scheduled for deletion cannot be used; a create restores it.
    if there.deleted_date().is_some() {
        return Ok(Seen::Absent);
    }
    // An ARN is one secret's for ever, a name is not.
    if recorded.is_none() && !tags::owned(&w.owner, pairs(there.tags())) {
        return Ok(Seen::Absent);
    }
    Ok(live(cx, &there, &w.inputs).await?.into())
}

async fn live(
    cx: &Cx,
    there: &DescribeSecretOutput,
    recorded: &Secret,
) -> Result<Live<SecretOutputs>> {
    let mut fields = json!({
        "description": there.description().unwrap_or_default(),
        "kms_key": kms_key(there, recorded),
        "tags": tags::managed(pairs(there.tags())),
    });
    if let SecretContent::From(source) = &recorded.content {
        let drift = content::drift(cx, source, there).await?;
        fields["content"] = json!({ "from": drift.map_or_else(|| to_json(source), Into::into) });
    }
    Ok(Live::new(outputs(there), fields).tagged(pairs(there.tags())))
}

/// The key, as the program writes it where it is the same: AWS tells some keys by id only.
pub(super) fn kms_key(there: &DescribeSecretOutput, wanted: &Secret) -> Option<String> {
    let there = there.kms_key_id()?;
    let wanted = wanted.kms_key.as_ref().map(Val::get).map(Arn::as_str);
    let same = wanted.filter(|key| *key == there || key.rsplit('/').next() == Some(there));
    Some(same.unwrap_or(there).to_owned())
}

pub(super) fn outputs(there: &DescribeSecretOutput) -> SecretOutputs {
    SecretOutputs {
        name: there.name().unwrap_or_default().to_owned(),
        arn: there.arn().unwrap_or_default().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secretsmanager::Generate;

    #[test]
    fn a_key_told_by_its_id_is_the_one_with_that_arn() {
        let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        let mut secret = Secret::generated(scope, [("a", Generate::password())]);
        let there = |key: &str| DescribeSecretOutput::builder().kms_key_id(key).build();
        assert_eq!(kms_key(&there("1-2"), &secret).as_deref(), Some("1-2"));
        let arn = "arn:aws:kms:eu-west-1:1:key/1-2";
        secret.kms_key = Some(Arn::from(arn).into());
        assert_eq!(kms_key(&there("1-2"), &secret).as_deref(), Some(arn));
        assert_eq!(kms_key(&there("2"), &secret).as_deref(), Some("2"));
    }
}
