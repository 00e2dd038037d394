//! `kms.key`: a key that never leaves KMS, with which services encrypt what they keep.
//!
//! `observe` is what is read, `change` what is done.

mod change;
mod observe;
mod risks;

use crate::{Arn, Scope, Tags, scope};
use groundplan_core::{
    Cx, Fields, Hole, Iam, Identity, LostCreate, Mark, Marked, Meta, Near, Problems, ReadCost,
    Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted, When,
};
use serde::{Deserialize, Serialize};

/// A key of the account's own.
///
/// A delete does not delete it: KMS keeps the key for `deletion_days`, unusable, and only then destroys
/// it, with all that was ever encrypted with it. Until then it is taken back: a plan shows a key that
/// somebody else scheduled for deletion as a change of `enabled`, and a resource of the same name that
/// is made within that time gets its old key.
///
/// Who may use it is a kind of its own: [`KeyPolicy`](super::KeyPolicy). Without one the account's IAM
/// policies alone decide.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Key {
    /// The account and region.
    pub scope: Val<Scope>,
    /// For people; up to 8192 characters.
    pub description: String,
    /// What it is for: `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, `GENERATE_VERIFY_MAC` or `KEY_AGREEMENT`.
    pub usage: String,
    /// The sort of key, e.g. `SYMMETRIC_DEFAULT`, the only one that services encrypt with, or `RSA_4096`.
    pub spec: String,
    /// Whether replicas of it can be made in other regions.
    pub multi_region: bool,
    /// After how many days KMS makes new key material, 90 to 2560; never if absent. What was encrypted
    /// before can be read as before. For symmetric keys only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation_days: Option<u32>,
    /// Whether it can be used.
    pub enabled: bool,
    /// For how many days a deleted key can be taken back, 7 to 30.
    pub deletion_days: u32,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// The only sort of key that services of AWS encrypt with.
const SYMMETRIC: &str = "SYMMETRIC_DEFAULT";

impl Key {
    /// A symmetric key with new material each year, that can be taken back for 30 days.
    pub fn new(scope: Val<Scope>, description: impl Into<String>) -> Self {
        Self {
            scope,
            description: description.into(),
            usage: "ENCRYPT_DECRYPT".to_owned(),
            spec: SYMMETRIC.to_owned(),
            multi_region: false,
            rotation_days: Some(365),
            enabled: true,
            deletion_days: 30,
            tags: Tags::new(),
        }
    }

    fn check(&self, problems: &mut Problems) {
        problems.require(
            self.description.chars().count() <= 8192,
            "description",
            "is longer than 8192 characters",
        );
        let fits = |usage: &str| match usage {
            "ENCRYPT_DECRYPT" => self.is_one_of(&[SYMMETRIC, "RSA_", "SM2"]),
            "SIGN_VERIFY" => self.is_one_of(&["RSA_", "ECC_", "ML_DSA_", "SM2"]),
            "GENERATE_VERIFY_MAC" => self.is_one_of(&["HMAC_"]),
            "KEY_AGREEMENT" => self.is_one_of(&["ECC_NIST_P", "SM2"]),
            _ => false,
        };
        let usages = ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"];
        if usages.contains(&self.usage.as_str()) {
            let what = format!("a key for {} cannot be of the sort `{}`", self.usage, self.spec);
            problems.require(fits(&self.usage), "spec", what);
        } else {
            let what = format!("`{}` is not one of {}", self.usage, usages.join(", "));
            problems.add("usage", what);
        }
        if let Some(days) = self.rotation_days {
            problems.require(
                self.spec == SYMMETRIC,
                "rotation_days",
                "only symmetric keys rotate by themselves: leave it out",
            );
            problems.require(
                (90..=2560).contains(&days),
                "rotation_days",
                format!("{days} is not between 90 and 2560"),
            );
        }
        problems.require(
            (7..=30).contains(&self.deletion_days),
            "deletion_days",
            format!("{} is not between 7 and 30", self.deletion_days),
        );
    }

    fn is_one_of(&self, beginnings: &[&str]) -> bool {
        beginnings.iter().any(|beginning| self.spec.starts_with(beginning))
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`Key`].
    pub struct KeyOutputs -> KeyHandle {
        /// The id, e.g. `1234abcd-12ab-34cd-56ef-1234567890ab`.
        id: String,
        /// The ARN.
        arn: Arn,
    }
}

impl Resource for Key {
    const KIND: &'static str = "kms.key";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "usage", "spec", "multi_region"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::Tag,
        read_cost: ReadCost::Objects(
            3,
            "ListKeys answers with ids only; DescribeKey, GetKeyRotationStatus and ListResourceTags take one key",
        ),
        iam: Iam {
            object: "kms:key",
            holes: &[("key", Hole::Output("arn"))],
            search: &[
                "kms:ListKeys",
                "kms:ListResourceTags",
                "kms:DescribeKey",
                "kms:GetKeyRotationStatus",
            ],
            observe: &["kms:DescribeKey", "kms:GetKeyRotationStatus", "kms:ListResourceTags"],
            create: &[
                "kms:ListKeys",
                "kms:ListResourceTags",
                "kms:DescribeKey",
                "kms:CreateKey",
                "kms:TagResource",
                "kms:CancelKeyDeletion",
                "kms:EnableKey",
                "kms:DisableKey",
                "kms:GetKeyRotationStatus",
                "kms:EnableKeyRotation",
            ],
            converge: &[
                "kms:DescribeKey",
                "kms:ListResourceTags",
                "kms:UpdateKeyDescription",
                "kms:CancelKeyDeletion",
                "kms:EnableKey",
                "kms:DisableKey",
                "kms:GetKeyRotationStatus",
                "kms:EnableKeyRotation",
                "kms:DisableKeyRotation",
                "kms:TagResource",
                "kms:UntagResource",
            ],
            delete: &["kms:DescribeKey", "kms:ListResourceTags", "kms:ScheduleKeyDeletion"],
            only: &[
                ("kms:UpdateKeyDescription", When::Changes(&["description"])),
                ("kms:CancelKeyDeletion", When::Changes(&["enabled"])),
                ("kms:CancelKeyDeletion", When::Unlike(&[("enabled", "true")])),
                ("kms:EnableKey", When::Is("enabled", "true")),
                ("kms:EnableKey", When::Changes(&["enabled"])),
                ("kms:EnableKey", When::Unlike(&[("enabled", "true")])),
                ("kms:DisableKey", When::Is("enabled", "false")),
                ("kms:DisableKey", When::Changes(&["enabled"])),
                ("kms:GetKeyRotationStatus", When::Is("spec", SYMMETRIC)),
                ("kms:GetKeyRotationStatus", When::Changes(&["rotation_days"])),
                ("kms:EnableKeyRotation", When::Given("rotation_days")),
                ("kms:EnableKeyRotation", When::Changes(&["rotation_days"])),
                ("kms:DisableKeyRotation", When::Removes("rotation_days")),
                ("kms:TagResource", When::Sets("tags")),
                ("kms:UntagResource", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 1, 1),
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = KeyOutputs;

    fn validate(&self, problems: &mut Problems) {
        self.check(problems);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::key(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<KeyOutputs>>> {
        observe::observe(cx, wanted).await
    }

    async fn marked(cx: &Cx, near: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<KeyOutputs>>> {
        observe::marked(cx, near, mark).await
    }

    async fn create(&self, cx: &StepCx) -> Result<KeyOutputs> {
        change::create(self, cx).await
    }

    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<KeyOutputs>>> {
        observe::identify(self, cx, id).await
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: KeyOutputs,
        approved: &Fields,
    ) -> Result<KeyOutputs> {
        change::converge(self, cx, live, approved).await
    }

    async fn delete(&self, cx: &StepCx, live: &KeyOutputs) -> Result<()> {
        change::delete(self, cx, live).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(change: impl FnOnce(&mut Key)) -> Vec<String> {
        let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        let mut key = Key::new(scope, "for tests");
        change(&mut key);
        let mut problems = Problems::default();
        key.check(&mut problems);
        problems.into_vec().into_iter().map(|(path, what)| format!("{path}: {what}")).collect()
    }

    #[test]
    fn what_kms_would_refuse_is_said_at_plan() {
        assert_eq!(mistakes(|_| {}), [""; 0]);
        let hmac = mistakes(|key| key.spec = "HMAC_256".into());
        assert_eq!(
            hmac,
            [
                "spec: a key for ENCRYPT_DECRYPT cannot be of the sort `HMAC_256`",
                "rotation_days: only symmetric keys rotate by themselves: leave it out",
            ]
        );
        assert_eq!(
            mistakes(|key| key.rotation_days = Some(30)),
            ["rotation_days: 30 is not between 90 and 2560"]
        );
        assert_eq!(
            mistakes(|key| key.deletion_days = 0),
            ["deletion_days: 0 is not between 7 and 30"]
        );
        assert_eq!(mistakes(|key| key.usage = "SIGN".into()).len(), 1);
    }
}
