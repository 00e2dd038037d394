//! `s3.bucket`: where objects are. What is in it is no matter of this kind, but for its delete.

mod change;
mod empty;
mod lifecycle;
mod name;
mod read;
mod rights;
mod risks;

pub use lifecycle::{LifecycleRule, StorageClass, StorageTransition};

use super::{SETTLING, collided};
use crate::{
    Arn, Clients, CxAws, Scope, Tags,
    fault::{absent, fault},
    found::{Listed, Names, each, marked, take_or_refuse},
    scope,
    settle::until_gone,
    tags,
};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use groundplan_core::{
    Class, Cx, Fault, Fields, Identity, LostCreate, Mark, Marked, Meta, Naming, Near, Problems,
    ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted,
};
use read::{Found, find, live, outputs};
use serde::{Deserialize, Serialize};

/// Where objects are.
///
/// Objects are encrypted by S3 itself, or by a key. With a key, S3 keeps a key of the bucket under it
/// (an S3 bucket key), so that not every object costs a call to KMS.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bucket {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The name, of which there is one in all accounts of a partition; made from stack, resource name and
    /// generation if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether what is overwritten or deleted stays as an old version.
    pub versioning: bool,
    /// The key that encrypts objects; S3's own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<Val<Arn>>,
    /// What is refused of whatever would let everybody in.
    pub public_access_block: PublicAccessBlock,
    /// Whose an object is that another account wrote, and whether access lists count.
    pub ownership: ObjectOwnership,
    /// What becomes of objects with time, in any order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lifecycle: Vec<LifecycleRule>,
    /// Whether a delete takes the objects with it, with all their versions; without it a bucket with
    /// objects is not deleted.
    pub force_destroy: bool,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// What is refused of whatever would let everybody in.
#[expect(clippy::struct_excessive_bools, reason = "S3 has these four, each by itself")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAccessBlock {
    /// New access lists that are for everybody are refused.
    pub block_public_acls: bool,
    /// Access lists that are for everybody do not count.
    pub ignore_public_acls: bool,
    /// New bucket policies that are for everybody are refused.
    pub block_public_policy: bool,
    /// With a policy for everybody, only the account and AWS services get in.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// All of it, as new buckets have it.
    pub const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
}

/// Whose an object is that another account wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ObjectOwnership {
    /// The bucket owner's; access lists do not count. As new buckets have it.
    BucketOwnerEnforced,
    /// The bucket owner's, if it was written so.
    BucketOwnerPreferred,
    /// That account's.
    ObjectWriter,
}

impl Bucket {
    /// An empty bucket that nobody else gets into.
    pub fn new(scope: Val<Scope>) -> Self {
        Self {
            scope,
            name: None,
            versioning: false,
            kms_key: None,
            public_access_block: PublicAccessBlock::ALL,
            ownership: ObjectOwnership::BucketOwnerEnforced,
            lifecycle: Vec::new(),
            force_destroy: false,
            tags: Tags::new(),
        }
    }

    fn account(&self) -> &str {
        &self.scope.get().account
    }

    /// Regions other than the first one are said; it is the one that is meant without.
    fn configuration(&self, cx: &StepCx) -> CreateBucketConfiguration {
        let region = self.scope.get().region.as_str();
        let elsewhere = Some(region).filter(|region| *region != "us-east-1");
        CreateBucketConfiguration::builder()
            .set_location_constraint(elsewhere.map(BucketLocationConstraint::from))
            .set_tags(Some(lifecycle::to_tags(cx.tags(&self.tags))))
            .build()
    }

    fn take(&self, cx: &StepCx, there: Found) -> Result<BucketOutputs> {
        let what = format!("a bucket `{}`", cx.name());
        let hint = "give this resource another `name`, or take the bucket up: `apply import`";
        let taken = take_or_refuse(cx, there, &what, hint)?;
        Ok(outputs(self.scope.get(), &taken.name))
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`Bucket`].
    pub struct BucketOutputs -> BucketHandle {
        /// The name.
        name: String,
        /// The ARN; that of its objects is `ARN/KEY`.
        arn: Arn,
        /// Where it is reached in its region: `NAME.s3.REGION.amazonaws.com`.
        domain: String,
    }
}

impl Resource for Bucket {
    const KIND: &'static str = "s3.bucket";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "name"],
        holds: &["kms_key"],
        sets: &["lifecycle"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 63 },
        read_cost: ReadCost::Objects(
            6,
            "ListBuckets answers with names only, and each side of a bucket has a call of its own",
        ),
        iam: rights::IAM,
        typical: Typical::seconds(3, 2, 2),
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = BucketOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let Some(why) = self.name.as_deref().and_then(name::unfit) {
            problems.add("name", why);
        }
        lifecycle::check(problems, &self.lifecycle);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::of(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<BucketOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let scope = first.inputs.scope.get();
        let aws = cx.aws(scope).await?;
        each(wanted, async |w| {
            let recorded = w.outputs.as_ref().map(|o| &o.name);
            let Some(name) = recorded.or(w.name.as_ref()) else { return Ok(Seen::Absent) };
            Ok(match find(&aws, scope, name).await? {
                Some(found) if tags::belongs(w, found.tags()) => {
                    live(scope, &found).tagged(found.tags()).into()
                }
                _ => Seen::Absent,
            })
        })
        .await
    }

    /// Those whose names can be ours cost a call each, and those that are ours five more.
    async fn marked(cx: &Cx, near: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<BucketOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let scope = first.scope.get();
        let aws = cx.aws(scope).await?;
        let names = Names::new(mark, near, |one| one.name.as_ref(), |one| &one.name);
        let listed = read::names(&aws, scope).await?;
        let found = each(listed.into_iter().filter(|name| names.can_be(name)), async |name| {
            find_marked(&aws, scope, &name, mark).await
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<BucketOutputs> {
        let scope = self.scope.get();
        let aws = cx.aws(scope).await?;
        // In the first region the call says of a bucket that is there already that it made it.
        if let Some(there) = find(&aws, scope, cx.name()).await? {
            return self.take(cx, there);
        }
        let create = || async {
            let call = aws.s3.create_bucket().bucket(cx.name());
            let call = call.create_bucket_configuration(self.configuration(cx)).send().await;
            call.map_err(fault("s3:CreateBucket"))
        };
        match cx.retry(SETTLING, collided, create).await {
            Ok(_) => Ok(outputs(scope, cx.name())),
            Err(fault) if fault.is("BucketAlreadyOwnedByYou") => {
                match find(&aws, scope, cx.name()).await? {
                    Some(there) => self.take(cx, there),
                    None => Err(fault),
                }
            }
            Err(fault) if fault.class == Class::Exists => Err(fault.hint(
                "another account has a bucket of this name: give this resource another `name`",
            )),
            Err(fault) => Err(fault),
        }
    }

    /// The bucket's name.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<BucketOutputs>>> {
        let scope = self.scope.get();
        let aws = cx.aws(scope).await?;
        let there = read::tags_of(&aws, scope, id).await?;
        Ok(there.map(|_| Identity::named(outputs(scope, id), id)))
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(str::to_owned)
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: BucketOutputs,
        approved: &Fields,
    ) -> Result<BucketOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        change::converge(self, cx, &aws, &live.name, approved).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &BucketOutputs) -> Result<()> {
        let (scope, name) = (self.scope.get(), live.name.as_str());
        let aws = cx.aws(scope).await?;
        let Some(tags) = read::tags_of(&aws, scope, name).await? else { return Ok(()) };
        let tags = tags.iter().map(|tag| (tag.key(), tag.value()));
        tags::require_ours(cx.owner(), &format!("the bucket `{name}`"), tags)?;
        let delete = || async {
            // Somebody may write to it meanwhile.
            if self.force_destroy {
                absent(empty::empty(self, &aws, name).await)?;
            }
            let call = aws.s3.delete_bucket().bucket(name).expected_bucket_owner(self.account());
            absent(call.send().await.map_err(fault("s3:DeleteBucket")))
        };
        let passes =
            |fault: &Fault| collided(fault) || (self.force_destroy && fault.is("BucketNotEmpty"));
        cx.retry(SETTLING, passes, delete).await.map_err(|fault| not_empty(fault, name))?;
        let read = || read::tags_of(&aws, scope, name);
        until_gone(cx, "the bucket to be gone", read).await
    }
}

async fn find_marked(
    aws: &Clients,
    scope: &Scope,
    name: &str,
    mark: &Mark,
) -> Result<Option<Marked<BucketOutputs>>> {
    let Some(tags) = read::tags_of(aws, scope, name).await? else { return Ok(None) };
    let pairs = tags.iter().map(|tag| (tag.key(), tag.value()));
    let Some(owner) = tags::read(mark, pairs) else { return Ok(None) };
    let found = read::with_settings(aws, scope, name, tags).await?;
    Ok(found.map(|found| marked(owner, &found, live(scope, &found))))
}

fn not_empty(fault: Fault, name: &str) -> Fault {
    if !fault.is("BucketNotEmpty") {
        return fault;
    }
    fault.hint(format!(
        "apply it with `force_destroy` first, if its objects may go; see them: `aws s3api list-object-versions --bucket {name}`"
    ))
}
