//! Repositories of images, and their policies.

use super::{ground::Ground, specimen::Specimen, specimens};
use crate::harness::ACCOUNT;
use groundplan::aws::{
    ecr::{LifecyclePolicy, Repository, RepositoryHandle, RepositoryPolicy, TagMutability},
    kms::Key,
};
use groundplan::{Val, json_text};

specimens![lifecycle_policy, repository, repository_policy];

fn lifecycle_policy() -> Specimen<LifecyclePolicy> {
    Specimen::new("images-expire", |ground| {
        let repository = a_repository(ground, "one").name();
        LifecyclePolicy::new(ground.scope(), repository, keeps(10))
    })
    .update("document", |policy, _| policy.document = keeps(30))
    .copies(|policy, ground, number| {
        policy.repository = a_repository(ground, &format!("of-{number}")).name();
    })
    .replace("repository", |policy, ground| policy.repository = a_repository(ground, "two").name())
}

fn repository() -> Specimen<Repository> {
    Specimen::new("images", |ground| Repository::new(ground.scope()))
        .tags(|repository| &mut repository.tags)
        .update("mutability", |repository, _| repository.mutability = TagMutability::Mutable)
        .update("scan_on_push", |repository, _| repository.scan_on_push = false)
        .replace("name", |repository, _| repository.name = Some("images/of-another-name".into()))
        .replace("kms_key", |repository, ground| {
            let key = ground.add("images", Key::new(ground.scope(), "for images"));
            repository.kms_key = Some(key.arn());
        })
        .copies(|_, _, _| {})
        .fixed("force_delete", "says what a delete takes with it; tested with repositories")
}

fn repository_policy() -> Specimen<RepositoryPolicy> {
    Specimen::new("images-policy", |ground| {
        let repository = a_repository(ground, "one").name();
        RepositoryPolicy::new(ground.scope(), repository, lets("ecr:BatchGetImage"))
    })
    .update("document", |policy, _| policy.document = lets("ecr:GetDownloadUrlForLayer"))
    .copies(|policy, ground, number| {
        policy.repository = a_repository(ground, &format!("of-{number}")).name();
    })
    .replace("repository", |policy, ground| policy.repository = a_repository(ground, "two").name())
}

fn a_repository(ground: &mut Ground, name: &str) -> RepositoryHandle {
    ground.add(name, Repository::new(ground.scope()))
}

fn keeps(images: u32) -> Val<String> {
    json_text!({ "rules": [{
        "rulePriority": 1,
        "description": "the latest",
        "selection": { "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": images },
        "action": { "type": "expire" },
    }] })
}

fn lets(action: &str) -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "pull",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:root") },
            "Action": [action],
        }],
    })
}
