//! What becomes of a bucket's objects with time. Reads and writes rules; makes no calls.

use crate::Tags;
use aws_sdk_s3::types::{
    self, AbortIncompleteMultipartUpload, ExpirationStatus, LifecycleExpiration,
    LifecycleRuleAndOperator, LifecycleRuleFilter, NoncurrentVersionExpiration,
    NoncurrentVersionTransition, Tag, Transition, TransitionStorageClass,
};
use groundplan_core::{Json, Problems, to_json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most rules that a bucket has.
const MOST: usize = 1000;

/// What becomes of some objects of a bucket with time. S3 acts once a day, at midnight UTC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LifecycleRule {
    /// Its name, unique in the bucket, of up to 255 characters.
    pub id: String,
    /// Whether S3 acts on it.
    pub enabled: bool,
    /// What the keys of its objects begin with; all objects if empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// The tags that its objects have; all objects if empty.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Days after which an object is deleted; in a versioned bucket it becomes an old version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_days: Option<u32>,
    /// When objects move to cheaper storage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<StorageTransition>,
    /// Days after which a version that is no more the current one is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noncurrent_expiration_days: Option<u32>,
    /// How many of these are kept all the same, 1 to 100: the newest ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newer_noncurrent_versions: Option<u32>,
    /// When versions that are no more the current one move to cheaper storage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub noncurrent_transitions: Vec<StorageTransition>,
    /// Whether the mark that an object is deleted goes when no version of it is left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expired_delete_markers: bool,
    /// Days after which the parts of an upload that was not finished are deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort_upload_days: Option<u32>,
}

/// A move to cheaper storage.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct StorageTransition {
    /// Days after which it happens.
    pub days: u32,
    /// Where to.
    pub class: StorageClass,
}

/// Storage that is cheaper to keep and dearer to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StorageClass {
    /// Read seldom, at once.
    StandardIa,
    /// The same in one zone, with which it is lost.
    OnezoneIa,
    /// S3 moves objects by how often they are read.
    IntelligentTiering,
    /// Read once a quarter, at once.
    GlacierIr,
    /// Read within minutes to hours.
    Glacier,
    /// Read within half a day.
    DeepArchive,
}

impl LifecycleRule {
    /// A rule for all objects that does nothing yet.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            enabled: true,
            prefix: String::new(),
            tags: Tags::new(),
            expiration_days: None,
            transitions: Vec::new(),
            noncurrent_expiration_days: None,
            newer_noncurrent_versions: None,
            noncurrent_transitions: Vec::new(),
            expired_delete_markers: false,
            abort_upload_days: None,
        }
    }

    /// Whether it deletes objects or versions.
    pub(super) fn deletes(&self) -> bool {
        let days = self.expiration_days.or(self.noncurrent_expiration_days);
        self.enabled && days.is_some()
    }

    fn does_something(&self) -> bool {
        self.expiration_days.is_some()
            || self.noncurrent_expiration_days.is_some()
            || self.abort_upload_days.is_some()
            || self.expired_delete_markers
            || !self.transitions.is_empty()
            || !self.noncurrent_transitions.is_empty()
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>
    fn check(&self, problems: &mut Problems, at: &str) {
        let path = |field: &str| format!("{at}.{field}");
        let fits = (1..=255).contains(&self.id.chars().count());
        problems.require(fits, &path("id"), "1 to 255 characters");
        problems.require(self.does_something(), at, "does nothing: name what is to expire or move");
        let days = [
            ("expiration_days", self.expiration_days),
            ("noncurrent_expiration_days", self.noncurrent_expiration_days),
            ("abort_upload_days", self.abort_upload_days),
        ];
        for (field, days) in days {
            problems.require(days != Some(0), &path(field), "counts from 1");
        }
        let markers = !self.expired_delete_markers
            || (self.expiration_days.is_none() && self.tags.is_empty());
        problems.require(
            markers,
            &path("expired_delete_markers"),
            "goes neither with `expiration_days`, which removes these marks too, nor with `tags`",
        );
        problems.require(
            self.abort_upload_days.is_none() || self.tags.is_empty(),
            &path("abort_upload_days"),
            "does not go with `tags`: an upload has none; make it a rule of its own",
        );
        let kept = self.newer_noncurrent_versions;
        problems.require(
            kept.is_none_or(|kept| (1..=100).contains(&kept)),
            &path("newer_noncurrent_versions"),
            "between 1 and 100",
        );
        let of_what = self.noncurrent_expiration_days.is_some();
        problems.require(
            kept.is_none() || of_what,
            &path("newer_noncurrent_versions"),
            "needs `noncurrent_expiration_days`: without it all of them are kept",
        );
        moves(problems, &path("transitions"), &self.transitions, self.expiration_days);
        let (old, until) = (&self.noncurrent_transitions, self.noncurrent_expiration_days);
        moves(problems, &path("noncurrent_transitions"), old, until);
    }

    fn filter(&self) -> LifecycleRuleFilter {
        let filter = LifecycleRuleFilter::builder();
        if self.tags.is_empty() {
            return filter.prefix(&self.prefix).build();
        }
        let mut tags = to_tags(self.tags.clone());
        if self.prefix.is_empty() && tags.len() == 1 {
            return filter.set_tag(tags.pop()).build();
        }
        let prefix = Some(self.prefix.clone()).filter(|prefix| !prefix.is_empty());
        let both = LifecycleRuleAndOperator::builder().set_prefix(prefix).set_tags(Some(tags));
        filter.and(both.build()).build()
    }

    /// In the form of the API.
    pub(super) fn to_api(&self) -> types::LifecycleRule {
        let expiration = LifecycleExpiration::builder();
        let expiration = match (self.expiration_days, self.expired_delete_markers) {
            (Some(after), _) => Some(expiration.days(days(after)).build()),
            (None, true) => Some(expiration.expired_object_delete_marker(true).build()),
            (None, false) => None,
        };
        let old = self.noncurrent_expiration_days.map(|after| {
            NoncurrentVersionExpiration::builder()
                .noncurrent_days(days(after))
                .set_newer_noncurrent_versions(self.newer_noncurrent_versions.map(days))
                .build()
        });
        let uploads = self.abort_upload_days.map(|after| {
            AbortIncompleteMultipartUpload::builder().days_after_initiation(days(after)).build()
        });
        let moved = |step: &StorageTransition| {
            Transition::builder().days(days(step.days)).storage_class(step.class.to_api()).build()
        };
        let moved_old = |step: &StorageTransition| {
            let class = step.class.to_api();
            let step = NoncurrentVersionTransition::builder().noncurrent_days(days(step.days));
            step.storage_class(class).build()
        };
        let some = |list: Vec<_>| Some(list).filter(|list| !list.is_empty());
        let some_old = |list: Vec<_>| Some(list).filter(|list| !list.is_empty());
        let status =
            if self.enabled { ExpirationStatus::Enabled } else { ExpirationStatus::Disabled };
        types::LifecycleRule::builder()
            .id(&self.id)
            .status(status)
            .filter(self.filter())
            .set_expiration(expiration)
            .set_noncurrent_version_expiration(old)
            .set_abort_incomplete_multipart_upload(uploads)
            .set_transitions(some(self.transitions.iter().map(moved).collect()))
            .set_noncurrent_version_transitions(some_old(
                self.noncurrent_transitions.iter().map(moved_old).collect(),
            ))
            .build()
            .expect("BUG: a rule has a status")
    }
}

impl StorageClass {
    fn to_api(self) -> TransitionStorageClass {
        match self {
            Self::StandardIa => TransitionStorageClass::StandardIa,
            Self::OnezoneIa => TransitionStorageClass::OnezoneIa,
            Self::IntelligentTiering => TransitionStorageClass::IntelligentTiering,
            Self::GlacierIr => TransitionStorageClass::GlacierIr,
            Self::Glacier => TransitionStorageClass::Glacier,
            Self::DeepArchive => TransitionStorageClass::DeepArchive,
        }
    }
}

/// Notes rules that S3 does not take.
pub(super) fn check(problems: &mut Problems, rules: &[LifecycleRule]) {
    problems.require(rules.len() <= MOST, "lifecycle", format!("up to {MOST} rules"));
    let mut known = BTreeSet::new();
    for (number, rule) in rules.iter().enumerate() {
        let at = format!("lifecycle[{number}]");
        let twice = format!("another rule is called `{}`", rule.id);
        problems.require(known.insert(&rule.id), &format!("{at}.id"), twice);
        rule.check(problems, &at);
    }
}

fn moves(problems: &mut Problems, at: &str, steps: &[StorageTransition], until: Option<u32>) {
    for (number, step) in steps.iter().enumerate() {
        let path = format!("{at}[{number}].days");
        let warm = matches!(step.class, StorageClass::StandardIa | StorageClass::OnezoneIa);
        let what = "30 days at least: S3 moves nothing to infrequent access before that";
        problems.require(!warm || step.days >= 30, &path, what);
        let before = until.is_none_or(|until| step.days < until);
        problems.require(before, &path, "objects are gone before they move");
        let later = number == 0 || steps[number - 1].days < step.days;
        problems.require(later, &path, "later than the move before it");
    }
}

fn days(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// Tags in the form of the API.
pub(super) fn to_tags(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Tag> {
    let tag = |(key, value)| {
        let tag = Tag::builder().key(key).value(value).build();
        tag.expect("BUG: a tag has key and value")
    };
    tags.into_iter().map(tag).collect()
}

/// A live rule in the form of the inputs, with what those cannot say under `other`.
pub(super) fn live(rule: &types::LifecycleRule) -> Json {
    let count = |days: Option<i32>| days.and_then(|days| u32::try_from(days).ok());
    let filter = rule.filter();
    let and = filter.and_then(|filter| filter.and());
    let prefix = filter.and_then(|f| f.prefix()).or(and.and_then(|and| and.prefix()));
    let tags = and.map_or(&[][..], |and| and.tags()).iter();
    let tags = tags.chain(filter.and_then(|filter| filter.tag()));
    let (expiration, old) = (rule.expiration(), rule.noncurrent_version_expiration());
    let class = |class: Option<&TransitionStorageClass>| {
        serde_json::from_value(to_json(&class.map(TransitionStorageClass::as_str))).ok()
    };
    let step = |days, name| Some(StorageTransition { days: count(days)?, class: class(name)? });
    let moves: Vec<_> =
        rule.transitions().iter().map(|t| step(t.days(), t.storage_class())).collect();
    let moves_old: Vec<_> = rule
        .noncurrent_version_transitions()
        .iter()
        .map(|t| step(t.noncurrent_days(), t.storage_class()))
        .collect();
    let sized = |greater: Option<i64>, less: Option<i64>| greater.or(less).is_some();
    let other = [
        ("a date", expiration.is_some_and(|e| e.date().is_some())),
        (
            "a size",
            filter.is_some_and(|f| sized(f.object_size_greater_than(), f.object_size_less_than())),
        ),
        (
            "a size",
            and.is_some_and(|f| sized(f.object_size_greater_than(), f.object_size_less_than())),
        ),
        ("a move of another sort", moves.iter().chain(&moves_old).any(Option::is_none)),
    ];
    let uploads = rule.abort_incomplete_multipart_upload();
    #[expect(deprecated, reason = "rules that were made long ago have it")]
    let prefix = prefix.or(rule.prefix());
    let mut json = to_json(&LifecycleRule {
        id: rule.id().unwrap_or_default().to_owned(),
        enabled: *rule.status() == ExpirationStatus::Enabled,
        prefix: prefix.unwrap_or_default().to_owned(),
        tags: tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect(),
        expiration_days: count(expiration.and_then(LifecycleExpiration::days)),
        transitions: moves.into_iter().flatten().collect(),
        noncurrent_expiration_days: count(
            old.and_then(NoncurrentVersionExpiration::noncurrent_days),
        ),
        newer_noncurrent_versions: count(
            old.and_then(NoncurrentVersionExpiration::newer_noncurrent_versions),
        ),
        noncurrent_transitions: moves_old.into_iter().flatten().collect(),
        expired_delete_markers: expiration
            .and_then(LifecycleExpiration::expired_object_delete_marker)
            .unwrap_or_default(),
        abort_upload_days: count(
            uploads.and_then(AbortIncompleteMultipartUpload::days_after_initiation),
        ),
    });
    let names: Vec<_> = other.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect();
    if !names.is_empty() {
        json["other"] = names.join(", ").into();
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_as_it_was_written() {
        let rules = [
            LifecycleRule { expiration_days: Some(7), ..LifecycleRule::new("all") },
            LifecycleRule {
                prefix: "logs/".into(),
                tags: Tags::from([("a".into(), "1".into()), ("b".into(), "2".into())]),
                transitions: vec![
                    StorageTransition { days: 30, class: StorageClass::StandardIa },
                    StorageTransition { days: 90, class: StorageClass::DeepArchive },
                ],
                ..LifecycleRule::new("both")
            },
            LifecycleRule {
                enabled: false,
                tags: Tags::from([("a".into(), "1".into())]),
                noncurrent_expiration_days: Some(90),
                newer_noncurrent_versions: Some(5),
                ..LifecycleRule::new("one tag")
            },
            LifecycleRule {
                expired_delete_markers: true,
                abort_upload_days: Some(1),
                noncurrent_transitions: vec![StorageTransition {
                    days: 1,
                    class: StorageClass::Glacier,
                }],
                ..LifecycleRule::new("rest")
            },
        ];
        for rule in &rules {
            assert_eq!(live(&rule.to_api()), to_json(rule));
        }
    }

    #[test]
    fn what_a_program_cannot_say_is_a_difference() {
        let dated = LifecycleExpiration::builder()
            .date(aws_sdk_s3::primitives::DateTime::from_secs(0))
            .build();
        let rule = types::LifecycleRule::builder().id("x").status(ExpirationStatus::Enabled);
        assert_eq!(live(&rule.expiration(dated).build().unwrap())["other"], "a date");
    }
}
