//! `s3.bucket_policy`: who may do what with a bucket and its objects, or may not.

use super::{SETTLING, collided};
use crate::{
    Arn, Clients, CxAws, Scope,
    fault::{absent, fault},
    found::each,
    iam::{check_document, policy},
    scope,
    settle::{until_gone, until_visible},
    taking::keyed,
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta, Naming, Ownership,
    Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Val, Wanted, When,
    is_known, json, json_text, same_policy,
};
use serde::{Deserialize, Serialize};

/// The most bytes of a policy.
const LONGEST: usize = 20 * 1024;

/// Who may do what with a bucket and its objects besides those whom the account's own policies let, and
/// what nobody may.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BucketPolicy {
    /// The account and region of the bucket.
    pub scope: Val<Scope>,
    /// The bucket's name.
    pub bucket: Val<String>,
    /// Who may do what. Up to 20 KiB. See [`tls_only`] for one.
    pub document: Val<String>,
}

impl BucketPolicy {
    /// The policy of a bucket.
    pub fn new(scope: Val<Scope>, bucket: Val<String>, document: Val<String>) -> Self {
        Self { scope, bucket, document }
    }
}

/// A policy that refuses whoever does not come over TLS. `bucket` is the bucket's ARN.
pub fn tls_only(bucket: &Val<Arn>) -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket, groundplan_core::text!("{}/*", bucket)],
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        }],
    })
}

groundplan_core::outputs! {
    /// The identity of a [`BucketPolicy`].
    pub struct BucketPolicyOutputs -> BucketPolicyHandle {
        /// The bucket whose policy it is.
        bucket: String,
    }
}

impl Resource for BucketPolicy {
    const KIND: &'static str = "s3.bucket_policy";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "bucket"],
        documents: &["document"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("GetBucketPolicy takes one bucket"),
        iam: Iam {
            holes: &[("bucket", Hole::Input("bucket"))],
            observe: &["s3:GetBucketPolicy"],
            create: &["s3:GetBucketPolicy", "s3:PutBucketPolicy"],
            converge: &["s3:GetBucketPolicy", "s3:PutBucketPolicy"],
            delete: &["s3:DeleteBucketPolicy", "s3:GetBucketPolicy"],
            only: &[("s3:PutBucketPolicy", When::Changes(&["document"]))],
            ..Iam::NONE
        },
        ..Meta::DEFAULT
    };
    type Outputs = BucketPolicyOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_document(problems, "document", &self.document);
        if let Some(text) = self.document.known() {
            problems.require(text.len() <= LONGEST, "document", "is longer than 20 KiB");
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        let Some(after) = change.after else { return Vec::new() };
        let before = change.before.map_or(&Json::Null, |before| &before["document"]);
        let there = change.before.is_some() || is_known(&after["bucket"]);
        if !there || *before == after["document"] {
            return Vec::new();
        }
        policy::widened(before, &after["document"])
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<BucketPolicyOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| w.inputs.look(&aws, w.outputs.is_some())).await
    }

    async fn create(&self, cx: &StepCx) -> Result<BucketPolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // The call would overwrite, and a policy has no mark that says whose it is.
        if self.get(&aws).await?.is_some() {
            let bucket = self.bucket.get();
            let what = format!("the bucket `{bucket}` has a policy that is not this resource's");
            return Err(Fault::new(Class::NotOurs, what)
                .why("another resource, tool or person put it")
                .hint(format!(
                    "take it up with `apply import`, or delete it: `aws s3api delete-bucket-policy --bucket {bucket}`"
                )));
        }
        self.put(cx, &aws).await?;
        Ok(self.outputs())
    }

    /// The bucket's name.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<BucketPolicyOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.bucket.get().clone())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: BucketPolicyOutputs,
        approved: &Fields,
    ) -> Result<BucketPolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let there = until_visible(cx, "the policy to be visible", || self.get(&aws)).await?;
        if approved.has("document") && !same_policy(&there, self.document.get()) {
            self.put(cx, &aws).await?;
            let put = async || {
                let there = self.get(&aws).await?;
                Ok(there.filter(|there| same_policy(there, self.document.get())))
            };
            until_visible(cx, "the policy to be the new one", put).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &BucketPolicyOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let delete = || async {
            let call = aws.s3.delete_bucket_policy().bucket(self.bucket.get());
            let call = call.expected_bucket_owner(self.account()).send().await;
            absent(call.map_err(fault("s3:DeleteBucketPolicy")))
        };
        cx.retry(SETTLING, collided, delete).await?;
        until_gone(cx, "the policy to be gone", || self.get(&aws)).await
    }
}

impl BucketPolicy {
    fn account(&self) -> &str {
        &self.scope.get().account
    }

    fn outputs(&self) -> BucketPolicyOutputs {
        BucketPolicyOutputs { bucket: self.bucket.get().clone() }
    }

    /// Where only the intent is recorded, a policy that says something else is not the one we made.
    async fn look(&self, aws: &Clients, recorded: bool) -> Result<Seen<BucketPolicyOutputs>> {
        let ours = |text: &str| recorded || same_policy(text, self.document.get());
        Ok(match self.get(aws).await? {
            Some(text) if ours(&text) => {
                Live::new(self.outputs(), json!({ "document": text })).into()
            }
            _ => Seen::Absent,
        })
    }

    /// The live document; none if the policy or the whole bucket is absent.
    async fn get(&self, aws: &Clients) -> Result<Option<String>> {
        let call = aws.s3.get_bucket_policy().bucket(self.bucket.get());
        let call = call.expected_bucket_owner(self.account()).send().await;
        let found = absent(call.map_err(fault("s3:GetBucketPolicy")))?;
        Ok(found.and_then(|found| found.policy))
    }

    async fn put(&self, cx: &StepCx, aws: &Clients) -> Result<()> {
        let put = || async {
            let call = aws.s3.put_bucket_policy().bucket(self.bucket.get());
            let call = call.expected_bucket_owner(self.account());
            let call = call.policy(self.document.get()).send().await;
            call.map_err(fault("s3:PutBucketPolicy"))
        };
        let passes = |fault: &Fault| collided(fault) || is_unknown_principal(fault);
        cx.retry(SETTLING, passes, put).await.map(drop)
    }
}

/// Whether a principal is not known yet, as it was just made.
fn is_unknown_principal(fault: &Fault) -> bool {
    let why = fault.why.as_deref().unwrap_or_default().to_lowercase();
    fault.is("MalformedPolicy") && why.contains("invalid principal")
}
