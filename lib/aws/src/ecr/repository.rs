//! `ecr.repository`: where the images of one program are.

use super::{pairs, to_tags};
use crate::{
    Arn, Clients, CxAws, Scope, Tags,
    fault::{absent, fault, incomplete},
    found::{Listed, Names, each, pages, see_marked, take_or_refuse},
    scope,
    settle::{until_gone, until_visible},
    tags,
};
use aws_sdk_ecr::types::{
    self, EncryptionConfiguration, EncryptionType, ImageScanningConfiguration, ImageTagMutability,
    Tag,
};
use groundplan_core::{
    Class, Cx, DangerKind, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Mark, Marked,
    Meta, Naming, Near, Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition,
    Typical, Val, Wanted, When, json,
};
use serde::{Deserialize, Serialize};

/// The images of one program, by tag and digest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Repository {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The name, unique in the account and region, such as `platform/frontend`; made from stack, resource
    /// name and generation if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether a tag can be given to another image.
    pub mutability: TagMutability,
    /// Whether each image is scanned for known holes when it comes.
    pub scan_on_push: bool,
    /// The key that encrypts the images; AWS' own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<Val<Arn>>,
    /// Whether a delete takes the images with it; without it a repository with images is not deleted.
    pub force_delete: bool,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// Whether a tag can be given to another image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TagMutability {
    /// It can.
    Mutable,
    /// It stays with the image that had it first.
    Immutable,
}

impl Repository {
    /// A repository whose images are scanned and whose tags stay with theirs.
    pub fn new(scope: Val<Scope>) -> Self {
        Self {
            scope,
            name: None,
            mutability: TagMutability::Immutable,
            scan_on_push: true,
            kms_key: None,
            force_delete: false,
            tags: Tags::new(),
        }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`Repository`].
    pub struct RepositoryOutputs -> RepositoryHandle {
        /// The name.
        name: String,
        /// The ARN.
        arn: Arn,
        /// Where images are pushed to and pulled from, without `https://` and tag.
        uri: String,
    }
}

/// A repository with its tags.
struct Found {
    repository: types::Repository,
    tags: Vec<Tag>,
}

impl Listed for Found {
    fn id(&self) -> &str {
        self.repository.repository_arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(&self.tags)
    }

    fn name(&self) -> Option<&str> {
        self.repository.repository_name()
    }
}

impl Resource for Repository {
    const KIND: &'static str = "ecr.repository";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "name", "kms_key"],
        holds: &["kms_key"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 256 },
        read_cost: ReadCost::Objects(
            2,
            "DescribeRepositories answers without tags, and ListTagsForResource takes one",
        ),
        iam: Iam {
            object: "ecr:repository",
            holes: &[
                ("repository", Hole::Name),
                ("key", Hole::Input("kms_key")),
                ("grant", Hole::Text("true")),
            ],
            search: &["ecr:DescribeRepositories", "ecr:ListTagsForResource"],
            observe: &["ecr:DescribeRepositories", "ecr:ListTagsForResource"],
            create: &[
                "ecr:CreateRepository",
                "ecr:TagResource",
                "ecr:DescribeRepositories",
                "ecr:ListTagsForResource",
                "kms:CreateGrant",
                "kms:DescribeKey",
            ],
            converge: &[
                "ecr:DescribeRepositories",
                "ecr:ListTagsForResource",
                "ecr:PutImageTagMutability",
                "ecr:PutImageScanningConfiguration",
                "ecr:TagResource",
                "ecr:UntagResource",
            ],
            delete: &[
                "ecr:DescribeRepositories",
                "ecr:ListTagsForResource",
                "ecr:DeleteRepository",
            ],
            only: &[
                ("kms:CreateGrant", When::Given("kms_key")),
                ("kms:DescribeKey", When::Given("kms_key")),
                ("ecr:PutImageTagMutability", When::Changes(&["mutability"])),
                ("ecr:PutImageScanningConfiguration", When::Changes(&["scan_on_push"])),
                ("ecr:TagResource", When::Sets("tags")),
                ("ecr:UntagResource", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 1, 1),
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = RepositoryOutputs;

    fn validate(&self, problems: &mut Problems) {
        let Some(name) = &self.name else { return };
        let part = |part: &str| {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            part.starts_with(plain)
                && part.ends_with(plain)
                && part.chars().all(|c| plain(c) || "._-".contains(c))
        };
        problems.require(
            (2..=256).contains(&name.len()) && name.split('/').all(part),
            "name",
            format!(
                "`{name}` is no name: 2 to 256 small letters, digits and any of ._-/ between them"
            ),
        );
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        let lost = change.goes().is_some_and(|gone| gone["force_delete"] == true);
        let what = "every image in it is lost";
        lost.then(|| Risk::new(DangerKind::DataLoss, what)).into_iter().collect()
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<RepositoryOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, async |w| {
            let recorded = w.outputs.as_ref().map(|o| &o.name);
            let Some(name) = recorded.or(w.name.as_ref()) else { return Ok(Seen::Absent) };
            Ok(match find(&aws, name).await? {
                Some(found) if tags::belongs(w, found.tags()) => live(&found).into(),
                _ => Seen::Absent,
            })
        })
        .await
    }

    /// Those whose names can be ours cost a call each.
    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<RepositoryOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let names = Names::new(mark, near, |one| one.name.as_ref(), |one| &one.name);
        let call = aws.ecr.describe_repositories().into_paginator().items().send();
        let mut listed = pages("ecr:DescribeRepositories", call).await?;
        listed.retain(|one| one.repository_name().is_some_and(|name| names.can_be(name)));
        let read = each(listed, |repository| with_tags(&aws, repository)).await?;
        let there: Vec<_> = read.into_iter().flatten().collect();
        Ok(see_marked(&there, mark, live))
    }

    async fn create(&self, cx: &StepCx) -> Result<RepositoryOutputs> {
        let action = "ecr:CreateRepository";
        let aws = cx.aws(self.scope.get()).await?;
        let call = aws
            .ecr
            .create_repository()
            .repository_name(cx.name())
            .image_tag_mutability(self.mutability())
            .image_scanning_configuration(self.scanning())
            .set_encryption_configuration(self.encryption())
            .set_tags(Some(to_tags(cx.tags(&self.tags))));
        match call.send().await.map_err(fault(action)) {
            Ok(made) => {
                Ok(outputs(&made.repository.ok_or_else(|| incomplete(action, "repository"))?))
            }
            Err(fault) if fault.class == Class::Exists => {
                let Some(there) = find(&aws, cx.name()).await? else { return Err(fault) };
                let what = format!("a repository `{}`", cx.name());
                let hint = "give this resource another `name`, or delete that repository";
                Ok(outputs(&take_or_refuse(cx, there, &what, hint)?.repository))
            }
            Err(fault) => Err(fault),
        }
    }

    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<RepositoryOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = find(&aws, id).await?;
        Ok(found.map(|found| Identity::named(outputs(&found.repository), id)))
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(str::to_owned)
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: RepositoryOutputs,
        approved: &Fields,
    ) -> Result<RepositoryOutputs> {
        // What a delete takes with it is on record only.
        if !["mutability", "scan_on_push", "tags"].iter().any(|path| approved.has(path)) {
            return Ok(live);
        }
        let aws = cx.aws(self.scope.get()).await?;
        let read = || find(&aws, &live.name);
        let found = until_visible(cx, "the repository to be listed", read).await?;
        let is = &found.repository;
        if approved.has("mutability") && is.image_tag_mutability() != Some(&self.mutability()) {
            let call = aws.ecr.put_image_tag_mutability().repository_name(&live.name);
            let call = call.image_tag_mutability(self.mutability()).send().await;
            call.map_err(fault("ecr:PutImageTagMutability"))?;
        }
        if approved.has("scan_on_push") && scans(is) != self.scan_on_push {
            let call = aws.ecr.put_image_scanning_configuration().repository_name(&live.name);
            let call = call.image_scanning_configuration(self.scanning()).send().await;
            call.map_err(fault("ecr:PutImageScanningConfiguration"))?;
        }
        if approved.has("tags") {
            self.sync_tags(cx, &aws, &found).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &RepositoryOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(found) = find(&aws, &live.name).await? else { return Ok(()) };
        tags::require_ours(cx.owner(), &format!("the repository `{}`", live.name), found.tags())?;
        let call = aws.ecr.delete_repository().repository_name(&live.name);
        let call = call.force(self.force_delete).send().await;
        let deleted = absent(call.map_err(fault("ecr:DeleteRepository")));
        deleted.map_err(|fault| explain(fault, &live.name))?;
        until_gone(cx, "the repository to be gone", || find(&aws, &live.name)).await
    }
}

impl Repository {
    fn mutability(&self) -> ImageTagMutability {
        match self.mutability {
            TagMutability::Mutable => ImageTagMutability::Mutable,
            TagMutability::Immutable => ImageTagMutability::Immutable,
        }
    }

    fn scanning(&self) -> ImageScanningConfiguration {
        ImageScanningConfiguration::builder().scan_on_push(self.scan_on_push).build()
    }

    fn encryption(&self) -> Option<EncryptionConfiguration> {
        let key = self.kms_key.as_ref()?.get();
        let with_key = EncryptionConfiguration::builder().encryption_type(EncryptionType::Kms);
        let built = with_key.kms_key(key.as_str()).build();
        Some(built.expect("BUG: an encryption has a type"))
    }

    async fn sync_tags(&self, cx: &StepCx, aws: &Clients, found: &Found) -> Result<()> {
        let (set, remove) = tags::to_change(cx, found.tags(), &self.tags);
        if !set.is_empty() {
            let call = aws.ecr.tag_resource().resource_arn(found.id());
            let call = call.set_tags(Some(to_tags(set))).send().await;
            call.map_err(fault("ecr:TagResource"))?;
        }
        if !remove.is_empty() {
            let call = aws.ecr.untag_resource().resource_arn(found.id());
            let call = call.set_tag_keys(Some(remove)).send().await;
            call.map_err(fault("ecr:UntagResource"))?;
        }
        Ok(())
    }
}

fn explain(fault: Fault, name: &str) -> Fault {
    if !fault.is("RepositoryNotEmptyException") {
        return fault;
    }
    fault.hint(format!(
        "apply it with `force_delete` first, if its images may go; see them: `aws ecr list-images --repository-name {name}`"
    ))
}

fn scans(repository: &types::Repository) -> bool {
    repository
        .image_scanning_configuration()
        .is_some_and(aws_sdk_ecr::types::ImageScanningConfiguration::scan_on_push)
}

fn outputs(repository: &types::Repository) -> RepositoryOutputs {
    RepositoryOutputs {
        name: repository.repository_name().unwrap_or_default().to_owned(),
        arn: repository.repository_arn().unwrap_or_default().into(),
        uri: repository.repository_uri().unwrap_or_default().to_owned(),
    }
}

fn live(found: &Found) -> Live<RepositoryOutputs> {
    let repository = &found.repository;
    let encryption = repository.encryption_configuration();
    let of_account = encryption.filter(|one| *one.encryption_type() != EncryptionType::Aes256);
    let fields = json!({
        "mutability": repository.image_tag_mutability().map(aws_sdk_ecr::types::ImageTagMutability::as_str),
        "scan_on_push": scans(repository),
        "kms_key": of_account.and_then(|one| one.kms_key()),
        "tags": tags::managed(found.tags()),
    });
    Live::new(outputs(repository), fields).tagged(found.tags())
}

async fn find(aws: &Clients, name: &str) -> Result<Option<Found>> {
    let call = aws.ecr.describe_repositories().repository_names(name).send().await;
    let listed = absent(call.map_err(fault("ecr:DescribeRepositories")))?;
    let listed = listed.and_then(|found| found.repositories).unwrap_or_default();
    match listed.into_iter().next() {
        Some(repository) => with_tags(aws, repository).await,
        None => Ok(None),
    }
}

async fn with_tags(aws: &Clients, repository: types::Repository) -> Result<Option<Found>> {
    let arn = repository.repository_arn().unwrap_or_default();
    let call = aws.ecr.list_tags_for_resource().resource_arn(arn).send().await;
    let found = absent(call.map_err(fault("ecr:ListTagsForResource")))?;
    Ok(found.map(|found| Found { repository, tags: found.tags.unwrap_or_default() }))
}
