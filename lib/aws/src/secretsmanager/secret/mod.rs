//! `secretsmanager.secret`: a secret whose values this library makes or copies, and never keeps.
//!
//! `content` is where values are, `observe` what is known without them, `change` what is done.

mod change;
mod content;
mod observe;
mod risks;

use super::Generate;
use crate::{Arn, CxAws, Scope, Tags, defaults, scope};
use groundplan_core::{
    Cx, Fields, Hole, Iam, Identity, LostCreate, Mark, Marked, Meta, Naming, Near, Problems,
    ReadCost, Resource, Result, Risk, SecretSource, Seen, StepCx, Transition, Typical, Val, Wanted,
    When,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long a deleted secret can be restored unless a program says otherwise.
const RECOVERY_DAYS: u32 = 30;

/// A secret.
///
/// A deleted secret keeps its name for `recovery_days`. If a resource of the same name in the same
/// stack is made within that time, the secret is restored: same ARN, same values.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Secret {
    /// The account and region.
    pub scope: Val<Scope>,
    /// Its name, at most 512 characters; from the resource's name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For people.
    pub description: String,
    /// Where its value comes from.
    pub content: SecretContent,
    /// The key that encrypts it; AWS' own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<Val<Arn>>,
    /// Days in which a deleted secret can be restored, 7 to 30; at 0 it is gone at once, for good.
    pub recovery_days: u32,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// Where the value of a secret comes from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretContent {
    /// A JSON document with one value for each key, made inside the create call and kept nowhere else.
    ///
    /// A key that is added later is made then, and all others stay; so do keys that somebody else
    /// added. A key that is taken out goes. One whose length or alphabet changes is made anew.
    Generated(BTreeMap<String, Generate>),
    /// A copy of another secret. A new version there, or a value that somebody else put here, is
    /// a change that the plan shows.
    From(SecretSource),
}

impl Secret {
    /// A secret that can be restored for 30 days.
    pub fn new(scope: Val<Scope>, content: SecretContent) -> Self {
        Self {
            scope,
            name: None,
            description: String::new(),
            content,
            kms_key: None,
            recovery_days: RECOVERY_DAYS,
            tags: Tags::new(),
        }
    }

    /// A JSON document of values that are made now.
    pub fn generated<K: Into<String>>(
        scope: Val<Scope>,
        values: impl IntoIterator<Item = (K, Generate)>,
    ) -> Self {
        let values = values.into_iter().map(|(key, how)| (key.into(), how)).collect();
        Self::new(scope, SecretContent::Generated(values))
    }

    fn check(&self, problems: &mut Problems) {
        if let Some(name) = &self.name {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"/_+=.@-".contains(&b);
            let sound = (1..=512).contains(&name.len()) && name.bytes().all(plain);
            let what = format!("`{name}` is no name: letters, digits and /_+=.@-, 512 at most");
            problems.require(sound, "name", what);
        }
        let short = self.description.len() <= 2048;
        problems.require(short, "description", "has 2048 characters at most");
        let days = self.recovery_days == 0 || (7..=30).contains(&self.recovery_days);
        problems.require(days, "recovery_days", "is 7 to 30, or 0 to lose the secret at once");
        let SecretContent::Generated(values) = &self.content else { return };
        problems.require(!values.is_empty(), "content.generated", "name one value at least");
        for (key, how) in values {
            let path = format!("content.generated.{key}");
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
            let sound = !key.is_empty() && key.bytes().all(plain);
            problems.require(sound, &path, "is no key: letters, digits, `_` and `-`");
            how.check(&path, problems);
        }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`Secret`].
    pub struct SecretOutputs -> SecretHandle {
        /// The name.
        name: String,
        /// The ARN. It is the same after a restore.
        arn: Arn,
    }
}

impl SecretHandle {
    /// One value of this secret, for a field that takes a source.
    pub fn source(&self, key: &str) -> SecretSource {
        SecretSource::SecretsManager {
            arn: Val::output(self.address(), "arn"),
            key: Some(key.to_owned()),
        }
    }
}

impl Resource for Secret {
    const KIND: &'static str = "secretsmanager.secret";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "name"],
        holds: &["kms_key"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 512 },
        read_cost: ReadCost::Object(
            "ListSecrets may lag by five minutes and DescribeSecret takes one secret",
        ),
        iam: Iam {
            object: "secretsmanager:secret",
            holes: &[
                ("secret", Hole::Name),
                ("key", Hole::Input("kms_key")),
                ("via", Hole::Text("secretsmanager.{region}.amazonaws.com")),
            ],
            search: &["secretsmanager:ListSecrets"],
            observe: &["secretsmanager:DescribeSecret"],
            create: &[
                "secretsmanager:DescribeSecret",
                "secretsmanager:CreateSecret",
                "secretsmanager:TagResource",
                "secretsmanager:RestoreSecret",
                "kms:Decrypt",
                "kms:GenerateDataKey",
            ],
            converge: &[
                "secretsmanager:DescribeSecret",
                "secretsmanager:UpdateSecret",
                "secretsmanager:GetSecretValue",
                "secretsmanager:PutSecretValue",
                "secretsmanager:TagResource",
                "secretsmanager:UntagResource",
                "kms:Decrypt",
                "kms:Encrypt",
                "kms:GenerateDataKey",
            ],
            delete: &["secretsmanager:DescribeSecret", "secretsmanager:DeleteSecret"],
            only: &[
                ("secretsmanager:RestoreSecret", When::InTheWay),
                ("secretsmanager:UpdateSecret", When::Changes(&["description", "kms_key"])),
                ("secretsmanager:GetSecretValue", When::Changes(&["content"])),
                ("secretsmanager:PutSecretValue", When::Changes(&["content"])),
                ("secretsmanager:TagResource", When::Changes(&["tags", "content"])),
                ("secretsmanager:UntagResource", When::Removes("tags")),
                ("kms:Decrypt", When::Given("kms_key")),
                ("kms:Decrypt", When::Changes(&["content", "kms_key"])),
                ("kms:Encrypt", When::Given("kms_key")),
                ("kms:Encrypt", When::Changes(&["content", "kms_key"])),
                ("kms:GenerateDataKey", When::Given("kms_key")),
                ("kms:GenerateDataKey", When::Changes(&["content", "kms_key"])),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(1, 1, 2),
        defaults: &[defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = SecretOutputs;

    fn validate(&self, problems: &mut Problems) {
        self.check(problems);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::risks(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<SecretOutputs>>> {
        observe::observe(cx, wanted).await
    }

    async fn marked(cx: &Cx, near: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<SecretOutputs>>> {
        observe::marked(cx, near, mark).await
    }

    async fn create(&self, cx: &StepCx) -> Result<SecretOutputs> {
        change::create(self, cx).await
    }

    /// The ARN, or the name.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<SecretOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        let there = super::describe(&aws.secrets, id).await?;
        let there = there.filter(|secret| secret.deleted_date().is_none());
        let named = |outputs: SecretOutputs| Identity::named(outputs.clone(), outputs.name);
        Ok(there.map(|secret| named(observe::outputs(&secret))))
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(str::to_owned)
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: SecretOutputs,
        approved: &Fields,
    ) -> Result<SecretOutputs> {
        change::converge(self, cx, live, approved).await
    }

    async fn delete(&self, cx: &StepCx, live: &SecretOutputs) -> Result<()> {
        change::delete(self, cx, live).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::to_json;

    fn scope() -> Val<Scope> {
        Val::output(&"aws.account/main".parse().unwrap(), "scope")
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let mut secret = Secret::generated(scope(), [("a.b", Generate::hex(8))]);
        secret.name = Some("a b".into());
        secret.recovery_days = 3;
        let mut problems = Problems::default();
        secret.check(&mut problems);
        let paths: Vec<_> = problems.into_vec().into_iter().map(|(path, _)| path).collect();
        assert_eq!(
            paths,
            ["name", "recovery_days", "content.generated.a.b", "content.generated.a.b.length"]
        );
        let mut problems = Problems::default();
        Secret::generated(scope(), [("password", Generate::password())]).check(&mut problems);
        assert_eq!(problems.into_vec(), []);
    }

    #[test]
    fn a_program_shows_how_a_value_is_made_and_no_value() {
        let secret = Secret::generated(scope(), [("password", Generate::password())]);
        let made = r#"{"generated":{"password":{"alphabet":"alphanumeric","length":32}}}"#;
        assert_eq!(to_json(&secret.content).to_string(), made);
        let source = SecretSource::Env { name: "X".into() };
        let secret = Secret::new(scope(), SecretContent::From(source));
        assert_eq!(to_json(&secret.content).to_string(), r#"{"from":{"from":"env","name":"X"}}"#);
    }
}
