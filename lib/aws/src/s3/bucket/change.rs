//! Brings a bucket's settings to what is wanted: each has a call of its own, which writes it whole.

use super::{
    Bucket, ObjectOwnership, PublicAccessBlock,
    lifecycle::to_tags,
    read::{Found, find},
};
use crate::{
    Clients,
    fault::fault,
    s3::{SETTLING, collided},
    settle::until_visible,
    tags,
};
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketVersioningStatus, OwnershipControls, OwnershipControlsRule,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tagging, VersioningConfiguration,
};
use groundplan_core::{Fields, Patience, Probe, Result, StepCx, to_json};

/// What of a bucket is written by one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setting {
    PublicAccess,
    Ownership,
    Encryption,
    Versioning,
    Lifecycle,
    Tags,
}

impl Setting {
    /// In the order in which they are written: what closes a bucket comes first.
    const ALL: [Self; 6] = [
        Self::PublicAccess,
        Self::Ownership,
        Self::Encryption,
        Self::Versioning,
        Self::Lifecycle,
        Self::Tags,
    ];

    fn paths(self) -> &'static [&'static str] {
        match self {
            Self::PublicAccess => &[
                "public_access_block.block_public_acls",
                "public_access_block.ignore_public_acls",
                "public_access_block.block_public_policy",
                "public_access_block.restrict_public_buckets",
            ],
            Self::Ownership => &["ownership"],
            // Without a key nothing is said of a bucket key.
            Self::Encryption => &["kms_key", "bucket_key"],
            Self::Versioning => &["versioning"],
            Self::Lifecycle => &["lifecycle"],
            Self::Tags => &["tags"],
        }
    }
}

/// Writes what differs, and waits until S3 answers with it.
pub(super) async fn converge(
    bucket: &Bucket,
    cx: &StepCx,
    aws: &Clients,
    name: &str,
    approved: &Fields,
) -> Result<()> {
    // What a delete takes with it is on record only.
    if !Setting::ALL.iter().flat_map(|setting| setting.paths()).any(|path| approved.has(path)) {
        return Ok(());
    }
    let read = || find(aws, bucket.scope.get(), name);
    let found = until_visible(cx, "the bucket to be visible", read).await?;
    for setting in bucket.differing(cx, &found, approved) {
        let put = || bucket.put(cx, aws, &found, setting, approved);
        cx.retry(SETTLING, collided, put).await?;
    }
    cx.wait(Patience::SECONDS, "the bucket to be as it was set", || async {
        let Some(found) = read().await? else { return Ok(Probe::not_yet("not visible yet")) };
        Ok(match bucket.differing(cx, &found, approved)[..] {
            [] => Probe::Ready(()),
            [first, ..] => Probe::not_yet(format!("`{}` is still as it was", first.paths()[0])),
        })
    })
    .await
}

impl Bucket {
    /// The settings of which something approved is not as it is wanted.
    fn differing(&self, cx: &StepCx, found: &Found, approved: &Fields) -> Vec<Setting> {
        let wanted = to_json(self);
        let block = &found.fields["public_access_block"];
        let wanted_block = &wanted["public_access_block"];
        let differs = |path: &&'static str| match path.split_once('.') {
            Some((_, flag)) => block[flag] != wanted_block[flag],
            None if *path == "tags" => {
                let (set, remove) = tags::to_change(cx, pairs(found), &self.tags);
                !(set.is_empty() && remove.is_empty())
            }
            None => !Self::is_so(&wanted, &found.fields, path),
        };
        let is_due = |setting: &Setting| {
            setting.paths().iter().filter(|path| approved.has(path)).any(&differs)
        };
        Setting::ALL.into_iter().filter(is_due).collect()
    }

    async fn put(
        &self,
        cx: &StepCx,
        aws: &Clients,
        found: &Found,
        setting: Setting,
        approved: &Fields,
    ) -> Result<()> {
        match setting {
            Setting::PublicAccess => self.put_public_access(aws, found, approved).await,
            Setting::Ownership => self.put_ownership(aws, found).await,
            Setting::Encryption => self.put_encryption(aws, found).await,
            Setting::Versioning => self.put_versioning(aws, found).await,
            Setting::Lifecycle => self.put_lifecycle(aws, found).await,
            Setting::Tags => self.put_tags(cx, aws, found).await,
        }
    }

    async fn put_public_access(
        &self,
        aws: &Clients,
        found: &Found,
        approved: &Fields,
    ) -> Result<()> {
        let wanted = self.public_access_block;
        let flag = |name: &str, wanted: bool| {
            let path = format!("public_access_block.{name}");
            let live = found.fields["public_access_block"][name].as_bool().unwrap_or_default();
            if approved.has(&path) { wanted } else { live }
        };
        let PublicAccessBlock {
            block_public_acls,
            ignore_public_acls,
            block_public_policy,
            restrict_public_buckets,
        } = wanted;
        let block = PublicAccessBlockConfiguration::builder()
            .block_public_acls(flag("block_public_acls", block_public_acls))
            .ignore_public_acls(flag("ignore_public_acls", ignore_public_acls))
            .block_public_policy(flag("block_public_policy", block_public_policy))
            .restrict_public_buckets(flag("restrict_public_buckets", restrict_public_buckets))
            .build();
        let call = aws.s3.put_public_access_block().bucket(&found.name);
        let call = call.expected_bucket_owner(self.account());
        let call = call.public_access_block_configuration(block).send().await;
        call.map_err(fault("s3:PutBucketPublicAccessBlock")).map(drop)
    }

    async fn put_ownership(&self, aws: &Clients, found: &Found) -> Result<()> {
        let rule = OwnershipControlsRule::builder().object_ownership(self.ownership.to_api());
        let rule = rule.build().expect("BUG: a rule has an ownership");
        let controls = OwnershipControls::builder().rules(rule).build();
        let controls = controls.expect("BUG: there is a rule");
        let call = aws.s3.put_bucket_ownership_controls().bucket(&found.name);
        let call = call.expected_bucket_owner(self.account());
        let call = call.ownership_controls(controls).send().await;
        call.map_err(fault("s3:PutBucketOwnershipControls")).map(drop).map_err(|fault| {
            if !fault.is("InvalidBucketAclWithObjectOwnership") {
                return fault;
            }
            let name = &found.name;
            fault.hint(format!(
                "the bucket's access list lets others in; close it first: `aws s3api put-bucket-acl --bucket {name} --acl private`"
            ))
        })
    }

    async fn put_encryption(&self, aws: &Clients, found: &Found) -> Result<()> {
        let default = ServerSideEncryptionByDefault::builder();
        let default = match &self.kms_key {
            Some(key) => default
                .sse_algorithm(ServerSideEncryption::AwsKms)
                .kms_master_key_id(key.get().as_str()),
            None => default.sse_algorithm(ServerSideEncryption::Aes256),
        };
        let default = default.build().expect("BUG: an encryption has an algorithm");
        let rule = ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(default)
            .bucket_key_enabled(self.kms_key.is_some())
            .build();
        let encryption = ServerSideEncryptionConfiguration::builder().rules(rule).build();
        let encryption = encryption.expect("BUG: there is a rule");
        let call = aws.s3.put_bucket_encryption().bucket(&found.name);
        let call = call.expected_bucket_owner(self.account());
        let call = call.server_side_encryption_configuration(encryption).send().await;
        call.map_err(fault("s3:PutEncryptionConfiguration")).map(drop)
    }

    async fn put_versioning(&self, aws: &Clients, found: &Found) -> Result<()> {
        let status = if self.versioning {
            BucketVersioningStatus::Enabled
        } else {
            BucketVersioningStatus::Suspended
        };
        let call = aws.s3.put_bucket_versioning().bucket(&found.name);
        let call = call.expected_bucket_owner(self.account());
        let versioning = VersioningConfiguration::builder().status(status).build();
        let call = call.versioning_configuration(versioning).send().await;
        call.map_err(fault("s3:PutBucketVersioning")).map(drop)
    }

    async fn put_lifecycle(&self, aws: &Clients, found: &Found) -> Result<()> {
        if self.lifecycle.is_empty() {
            let call = aws.s3.delete_bucket_lifecycle().bucket(&found.name);
            let call = call.expected_bucket_owner(self.account()).send().await;
            return call.map_err(fault("s3:PutLifecycleConfiguration")).map(drop);
        }
        let rules = self.lifecycle.iter().map(super::LifecycleRule::to_api).collect();
        let rules = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build();
        let call = aws.s3.put_bucket_lifecycle_configuration().bucket(&found.name);
        let call = call.expected_bucket_owner(self.account());
        let call = call.lifecycle_configuration(rules.expect("BUG: there are rules")).send().await;
        call.map_err(fault("s3:PutLifecycleConfiguration")).map(drop)
    }

    /// The call writes all tags, so what AWS itself set goes along.
    async fn put_tags(&self, cx: &StepCx, aws: &Clients, found: &Found) -> Result<()> {
        let of_aws = pairs(found).into_iter().filter(|(key, _)| key.starts_with("aws:"));
        let of_aws = of_aws.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let all = to_tags(of_aws.chain(cx.tags(&self.tags)));
        let tagging = Tagging::builder().set_tag_set(Some(all)).build();
        let call = aws.s3.put_bucket_tagging().bucket(&found.name);
        let call = call.expected_bucket_owner(self.account());
        let call = call.tagging(tagging.expect("BUG: there are tags")).send().await;
        call.map_err(fault("s3:PutBucketTagging")).map(drop)
    }
}

fn pairs(found: &Found) -> Vec<(&str, &str)> {
    crate::found::Listed::tags(found)
}

impl ObjectOwnership {
    fn to_api(self) -> aws_sdk_s3::types::ObjectOwnership {
        use aws_sdk_s3::types::ObjectOwnership as Api;
        match self {
            Self::BucketOwnerEnforced => Api::BucketOwnerEnforced,
            Self::BucketOwnerPreferred => Api::BucketOwnerPreferred,
            Self::ObjectWriter => Api::ObjectWriter,
        }
    }
}
