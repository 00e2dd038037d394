//! What S3 says of a bucket: six calls, as each answers for one side of it.

use super::{Bucket, BucketOutputs, lifecycle};
use crate::{
    Clients, Scope,
    fault::{absent, fault},
    found::Listed,
    merge::plain,
    tags,
};
use aws_sdk_s3::operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput;
use aws_sdk_s3::types::{
    BucketVersioningStatus, PublicAccessBlockConfiguration, ServerSideEncryption, Tag,
};
use groundplan_core::{Fault, Json, Live, Resource, Result, json};

/// A bucket with all that its kind manages.
pub(super) struct Found {
    pub(super) name: String,
    pub(super) tags: Vec<Tag>,
    /// In the form of the inputs, without the tags.
    pub(super) fields: Json,
}

impl Listed for Found {
    fn id(&self) -> &str {
        &self.name
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(&self.tags)
    }

    fn name(&self) -> Option<&str> {
        Some(&self.name)
    }
}

fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().map(|tag| (tag.key(), tag.value())).collect()
}

/// A bucket of the scope's account; none if no account has one of this name.
pub(super) async fn find(aws: &Clients, scope: &Scope, name: &str) -> Result<Option<Found>> {
    let Some(tags) = tags_of(aws, scope, name).await? else { return Ok(None) };
    with_settings(aws, scope, name, tags).await
}

/// The tags of a bucket of the scope's account; none if no account has one of this name.
pub(super) async fn tags_of(aws: &Clients, scope: &Scope, name: &str) -> Result<Option<Vec<Tag>>> {
    let call = aws.s3.get_bucket_tagging().bucket(name).expected_bucket_owner(&scope.account);
    match call.send().await.map_err(fault("s3:GetBucketTagging")) {
        Ok(found) => Ok(Some(found.tag_set)),
        Err(fault) if fault.is("NoSuchTagSet") => Ok(Some(Vec::new())),
        Err(fault) => absent(Err(explain(fault, scope, name))),
    }
}

/// A bucket of these tags with its settings; none if it went meanwhile.
pub(super) async fn with_settings(
    aws: &Clients,
    scope: &Scope,
    name: &str,
    tags: Vec<Tag>,
) -> Result<Option<Found>> {
    let read = futures::try_join!(
        Box::pin(versioning(aws, scope, name)),
        Box::pin(encryption(aws, scope, name)),
        Box::pin(public_access(aws, scope, name)),
        Box::pin(ownership(aws, scope, name)),
        Box::pin(rules(aws, scope, name)),
    );
    let Some((versioning, encryption, public_access, ownership, rules)) = absent(read)? else {
        return Ok(None);
    };
    let mut fields = encryption;
    fields["versioning"] = versioning;
    fields["public_access_block"] = public_access;
    fields["ownership"] = ownership;
    fields["lifecycle"] = rules;
    Ok(Some(Found { name: name.to_owned(), tags, fields }))
}

async fn versioning(aws: &Clients, scope: &Scope, name: &str) -> Result<Json> {
    let call = aws.s3.get_bucket_versioning().bucket(name).expected_bucket_owner(&scope.account);
    let found = call.send().await.map_err(fault("s3:GetBucketVersioning"))?;
    Ok((found.status() == Some(&BucketVersioningStatus::Enabled)).into())
}

/// Whatever is not said of encryption is S3's own, with keys that nobody sees.
async fn encryption(aws: &Clients, scope: &Scope, name: &str) -> Result<Json> {
    let call = aws.s3.get_bucket_encryption().bucket(name).expected_bucket_owner(&scope.account);
    let found = call.send().await.map_err(fault("s3:GetEncryptionConfiguration"));
    let found = or_unset(found, "ServerSideEncryptionConfigurationNotFoundError")?;
    let found = found.and_then(|found| found.server_side_encryption_configuration);
    let rule = found.and_then(|found| found.rules.into_iter().next());
    let default = rule.as_ref().and_then(|rule| rule.apply_server_side_encryption_by_default());
    let mut fields = json!({ "kms_key": null });
    match default.map(|default| (default.sse_algorithm(), default.kms_master_key_id())) {
        None | Some((ServerSideEncryption::Aes256, _)) => {}
        Some((ServerSideEncryption::AwsKms, key)) => {
            fields["kms_key"] = key.unwrap_or("alias/aws/s3").into();
            // A bucket key is no input: it is on wherever a key is given.
            if rule.and_then(|rule| rule.bucket_key_enabled()) != Some(true) {
                fields["bucket_key"] = false.into();
            }
        }
        Some((other, key)) => {
            fields["kms_key"] = format!("{other} {}", key.unwrap_or_default()).into();
        }
    }
    Ok(fields)
}

async fn public_access(aws: &Clients, scope: &Scope, name: &str) -> Result<Json> {
    let call = aws.s3.get_public_access_block().bucket(name).expected_bucket_owner(&scope.account);
    let found = call.send().await.map_err(fault("s3:GetBucketPublicAccessBlock"));
    let found = or_unset(found, "NoSuchPublicAccessBlockConfiguration")?;
    let found = found.and_then(|found| found.public_access_block_configuration);
    let flag = |read: fn(&PublicAccessBlockConfiguration) -> Option<bool>| {
        found.as_ref().and_then(read).unwrap_or_default()
    };
    Ok(json!({
        "block_public_acls": flag(PublicAccessBlockConfiguration::block_public_acls),
        "ignore_public_acls": flag(PublicAccessBlockConfiguration::ignore_public_acls),
        "block_public_policy": flag(PublicAccessBlockConfiguration::block_public_policy),
        "restrict_public_buckets": flag(PublicAccessBlockConfiguration::restrict_public_buckets),
    }))
}

/// Buckets without it are old ones: there an object belongs to whoever wrote it.
async fn ownership(aws: &Clients, scope: &Scope, name: &str) -> Result<Json> {
    let call =
        aws.s3.get_bucket_ownership_controls().bucket(name).expected_bucket_owner(&scope.account);
    let found = call.send().await.map_err(fault("s3:GetBucketOwnershipControls"));
    let found = or_unset(found, "OwnershipControlsNotFoundError")?;
    let found = found.and_then(|found| found.ownership_controls);
    let rule = found.as_ref().and_then(|found| found.rules().first());
    Ok(rule.map_or("ObjectWriter", |rule| rule.object_ownership().as_str()).into())
}

async fn rules(aws: &Clients, scope: &Scope, name: &str) -> Result<Json> {
    let call = aws.s3.get_bucket_lifecycle_configuration().bucket(name);
    let call = call.expected_bucket_owner(&scope.account);
    let found = call.send().await.map_err(fault("s3:GetLifecycleConfiguration"));
    let found = or_unset(found, "NoSuchLifecycleConfiguration")?;
    Ok(found
        .iter()
        .flat_map(GetBucketLifecycleConfigurationOutput::rules)
        .map(lifecycle::live)
        .collect())
}

/// Takes the code with which S3 says that a side of a bucket is not set for `None`.
fn or_unset<T>(result: Result<T>, code: &str) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(fault) if fault.is(code) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// What S3 says of a bucket that is somewhere else.
fn explain(fault: Fault, scope: &Scope, name: &str) -> Fault {
    if fault.is("PermanentRedirect") || fault.is("AuthorizationHeaderMalformed") {
        let region = &scope.region;
        return fault.hint(format!(
            "the bucket is not in {region}: `aws s3api get-bucket-location --bucket {name}` says where"
        ));
    }
    if fault.is("AccessDenied") {
        return fault.hint(
            "if another account has a bucket of this name, give this resource another `name`",
        );
    }
    fault
}

pub(super) fn outputs(scope: &Scope, name: &str) -> BucketOutputs {
    let Scope { partition, region, .. } = scope;
    let domain = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    BucketOutputs {
        name: name.to_owned(),
        arn: format!("arn:{partition}:s3:::{name}").into(),
        domain: format!("{name}.s3.{region}.{domain}"),
    }
}

pub(super) fn live(scope: &Scope, found: &Found) -> Live<BucketOutputs> {
    let mut fields = found.fields.clone();
    fields["tags"] = tags::managed(found.tags());
    Live::new(outputs(scope, &found.name), fields)
}

/// The names of the account's buckets in the scope's region.
pub(super) async fn names(aws: &Clients, scope: &Scope) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut more = None;
    loop {
        let call = aws.s3.list_buckets().bucket_region(&scope.region).max_buckets(PAGE);
        let call = call.set_continuation_token(more).send().await;
        let page = call.map_err(fault("s3:ListAllMyBuckets"))?;
        names.extend(page.buckets().iter().filter_map(|bucket| bucket.name().map(str::to_owned)));
        more = page.continuation_token;
        if more.is_none() {
            return Ok(names);
        }
    }
}

/// The most buckets that a page has.
const PAGE: i32 = 10_000;

impl Bucket {
    /// Whether a live value of an input is the wanted one.
    pub(super) fn is_so(wanted: &Json, found: &Json, path: &str) -> bool {
        let set = Self::META.sets.contains(&path);
        plain(&wanted[path], set) == plain(&found[path], set)
    }
}
