//! Makes, restores, changes and deletes secrets.

use super::{
    Secret, SecretOutputs, content,
    observe::{kms_key, outputs},
};
use crate::{
    Clients, CxAws, Tags,
    fault::{absent, fault, incomplete},
    secretsmanager::{describe, pairs},
    tags,
};
use aws_sdk_secretsmanager::{operation::describe_secret::DescribeSecretOutput, types::Tag};
use groundplan_core::{
    Class, Fault, Fields, Patience, Probe, Result, StepCx, TAG_ADDRESS, TAG_LINEAGE, Val,
};

/// What encrypts a secret that names no key.
const AWS_KEY: &str = "alias/aws/secretsmanager";

pub(super) async fn create(secret: &Secret, cx: &StepCx) -> Result<SecretOutputs> {
    let action = "secretsmanager:CreateSecret";
    let aws = cx.aws(secret.scope.get()).await?;
    // A deleted secret holds its name, and a restore must not be tried on somebody else's.
    if let Some(there) = describe(&aws.secrets, cx.name()).await? {
        return take_up(cx, &aws, &there).await;
    }
    let (value, marks) = content::first(cx, secret, cx.token()).await?;
    let create = || async {
        let call = aws
            .secrets
            .create_secret()
            .name(cx.name())
            .client_request_token(cx.token())
            .description(&secret.description)
            .secret_string(value.expose())
            .set_kms_key_id(secret.kms_key.as_ref().map(|key| key.get().to_string()))
            .set_tags(Some(tag_list(with(&cx.tags(&secret.tags), &marks))));
        let made = call.send().await;
        made.map_err(fault(action)).map_err(|fault| content::withhold(fault, &value))
    };
    // A name that was freed at once, without a recovery window, is still held for some seconds.
    match cx.retry(Patience::SECONDS, still_held, create).await {
        Ok(made) => {
            let arn = made.arn().ok_or_else(|| incomplete(action, "ARN"))?;
            Ok(SecretOutputs { name: cx.name().to_owned(), arn: arn.into() })
        }
        // Also the answer to the same token with another value: an earlier create's was lost.
        Err(fault) if fault.class == Class::Exists => {
            match describe(&aws.secrets, cx.name()).await? {
                Some(there) => take_up(cx, &aws, &there).await,
                None => Err(fault),
            }
        }
        Err(fault) => Err(fault),
    }
}

fn still_held(fault: &Fault) -> bool {
    let why = fault.why.as_deref().unwrap_or_default();
    fault.is("InvalidRequestException") && why.contains("scheduled for deletion")
}

/// A secret that has our name already: takes up ours, restored if need be, and refuses any other.
async fn take_up(
    cx: &StepCx,
    aws: &Clients,
    there: &DescribeSecretOutput,
) -> Result<SecretOutputs> {
    let name = cx.name();
    let tags = pairs(there.tags());
    let hint = "give the resource another `name`";
    let Some(when) = there.deleted_date() else {
        if tags::owned(cx.owner(), tags.iter().copied()) {
            return Ok(outputs(there));
        }
        let what = format!("the existing secret `{name}`");
        return Err(tags::not_ours(&what, tags).hint(hint));
    };
    let when = when.to_string();
    let day = when.split('T').next().unwrap_or_default();
    if !was_ours(cx, &tags) {
        let what = format!(
            "the secret `{name}`, which is scheduled for deletion ({day}) and holds its name,"
        );
        return Err(tags::not_ours(&what, tags).hint(hint));
    }
    let arn = there.arn().unwrap_or_default();
    let call = aws.secrets.restore_secret().secret_id(arn).send().await;
    call.map_err(fault("secretsmanager:RestoreSecret"))?;
    cx.recovered(format!(
        "the secret `{name}` was scheduled for deletion ({day}); it is restored, with its values"
    ));
    Ok(outputs(there))
}

/// Whether the secret was this resource's, in whichever generation.
fn was_ours(cx: &StepCx, tags: &[(&str, &str)]) -> bool {
    let has = |key: &str, value: &str| tags.iter().any(|(k, v)| *k == key && *v == value);
    has(TAG_LINEAGE, &cx.owner().lineage) && has(TAG_ADDRESS, &cx.address().to_string())
}

pub(super) async fn converge(
    secret: &Secret,
    cx: &StepCx,
    live: SecretOutputs,
    approved: &Fields,
) -> Result<SecretOutputs> {
    // How it is deleted is on record only.
    if !["description", "content", "kms_key", "tags"].iter().any(|field| approved.has(field)) {
        return Ok(live);
    }
    let aws = cx.aws(secret.scope.get()).await?;
    let there = cx
        .wait(Patience::SECONDS, "the secret to be there", || async {
            Ok(match describe(&aws.secrets, live.arn.as_str()).await? {
                Some(there) if there.deleted_date().is_none() => Probe::Ready(there),
                Some(_) => Probe::not_yet("scheduled for deletion"),
                None => Probe::not_yet("not visible yet"),
            })
        })
        .await?;
    describe_anew(secret, &aws, &there, approved).await?;
    let marks = content::bring(cx, &aws.secrets, secret, &there, approved).await?;
    sync_tags(cx, &aws, secret, &there, &marks, approved).await?;
    Ok(live)
}

/// Brings description and key to what is wanted.
async fn describe_anew(
    secret: &Secret,
    aws: &Clients,
    there: &DescribeSecretOutput,
    approved: &Fields,
) -> Result<()> {
    let wanted = secret.kms_key.as_ref().map(Val::get).map(ToString::to_string);
    let description = approved.has("description")
        && there.description().unwrap_or_default() != secret.description;
    let key = approved.has("kms_key") && kms_key(there, secret) != wanted;
    if !description && !key {
        return Ok(());
    }
    let mut call = aws.secrets.update_secret().secret_id(there.arn().unwrap_or_default());
    if description {
        call = call.description(&secret.description);
    }
    if key {
        call = call.kms_key_id(wanted.as_deref().unwrap_or(AWS_KEY));
    }
    call.send().await.map_err(fault("secretsmanager:UpdateSecret")).map(drop)
}

async fn sync_tags(
    cx: &StepCx,
    aws: &Clients,
    secret: &Secret,
    there: &DescribeSecretOutput,
    marks: &content::Marks,
    approved: &Fields,
) -> Result<()> {
    let arn = there.arn().unwrap_or_default();
    let present =
        pairs(there.tags()).into_iter().filter(|(key, _)| !key.starts_with("groundplan:"));
    let wanted = if approved.has("tags") {
        secret.tags.clone()
    } else {
        present.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    };
    let (set, remove) = tags::to_change(cx, pairs(there.tags()), &with(&wanted, marks));
    if !set.is_empty() {
        let call = aws.secrets.tag_resource().secret_id(arn).set_tags(Some(tag_list(set)));
        call.send().await.map_err(fault("secretsmanager:TagResource"))?;
    }
    if !remove.is_empty() {
        let call = aws.secrets.untag_resource().secret_id(arn).set_tag_keys(Some(remove));
        call.send().await.map_err(fault("secretsmanager:UntagResource"))?;
    }
    Ok(())
}

pub(super) async fn delete(secret: &Secret, cx: &StepCx, live: &SecretOutputs) -> Result<()> {
    let aws = cx.aws(secret.scope.get()).await?;
    let arn = live.arn.as_str();
    let Some(there) = describe(&aws.secrets, arn).await? else { return Ok(()) };
    if there.deleted_date().is_some() {
        return Ok(());
    }
    tags::require_ours(cx.owner(), &format!("the secret `{}`", live.name), pairs(there.tags()))?;
    let call = aws.secrets.delete_secret().secret_id(arn);
    let call = match secret.recovery_days {
        0 => call.force_delete_without_recovery(true),
        days => call.recovery_window_in_days(i64::from(days)),
    };
    if let Err(fault) = absent(call.send().await.map_err(fault("secretsmanager:DeleteSecret"))) {
        // A second delete is refused, and the answer to the first may have been lost.
        let there = describe(&aws.secrets, arn).await?;
        if there.is_some_and(|there| there.deleted_date().is_none()) {
            return Err(fault);
        }
    }
    cx.wait(Patience::SECONDS, "the secret to be gone", || async {
        Ok(match describe(&aws.secrets, arn).await? {
            Some(there) if there.deleted_date().is_none() || secret.recovery_days == 0 => {
                Probe::not_yet("still there")
            }
            _ => Probe::Ready(()),
        })
    })
    .await
}

fn with(tags: &Tags, marks: &content::Marks) -> Tags {
    tags.iter().chain(marks).map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn tag_list(tags: Tags) -> Vec<Tag> {
    tags.into_iter().map(|(k, v)| Tag::builder().key(k).value(v).build()).collect()
}
