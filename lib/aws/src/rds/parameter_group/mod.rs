//! `rds.parameter_group`: how the engine of databases is set up.
//!
//! `table` is what RDS lets parameters be, `read` what is there, `change` what is done about it.

mod change;
mod read;
mod table;

use super::{Engine, check_name};
use crate::{Arn, Scope, Tags, scope};
use groundplan_core::{
    Cx, DangerKind, Fields, Hole, Iam, Identity, LostCreate, Mark, Marked, Meta, Naming, Near,
    Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted,
    When,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Parameters of a database engine, for the databases that name the group.
///
/// A dynamic parameter takes effect at once in all of them, a static one with the next reboot of each; see
/// [`Instance::reboot`](super::Instance::reboot).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ParameterGroup {
    /// The account and region.
    pub scope: Val<Scope>,
    /// Its name, at most 255 characters; from the resource's name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The engine and its major version: `mysql8.4`, `postgres17`. Databases of others cannot use it.
    pub family: String,
    /// For people. It cannot change.
    pub description: String,
    /// Values by the parameters' names, as RDS writes them: `1` and not `ON` for most switches. A parameter
    /// that is taken out is set back to the engine's default.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl ParameterGroup {
    /// A group for an engine's version, `8.4` or `17`, with all parameters as the engine has them.
    pub fn new(scope: Val<Scope>, engine: Engine, version: &str) -> Self {
        Self {
            scope,
            name: None,
            family: engine.family(version),
            description: "Parameters of databases".to_owned(),
            parameters: BTreeMap::new(),
            tags: Tags::new(),
        }
    }

    /// The same with a parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.parameters.insert(name.to_owned(), value.to_string());
        self
    }

    /// The engine that its family is of.
    fn engine(&self) -> Option<Engine> {
        Engine::ALL.into_iter().find(|engine| {
            let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            let version = self.family.strip_prefix(engine.as_str());
            version.is_some_and(|version| {
                version.split('.').count() == engine.major_parts() && version.split('.').all(number)
            })
        })
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`ParameterGroup`].
    pub struct ParameterGroupOutputs -> ParameterGroupHandle {
        /// The name.
        name: String,
        /// The ARN.
        arn: Arn,
    }
}

impl Resource for ParameterGroup {
    const KIND: &'static str = "rds.parameter_group";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "name", "family", "description"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 255 },
        read_cost: ReadCost::Object(
            "DescribeDBParameters takes one group, ListTagsForResource one ARN",
        ),
        iam: Iam {
            object: "rds:pg",
            holes: &[("pg", Hole::Name)],
            search: &[
                "rds:DescribeDBParameterGroups",
                "rds:DescribeDBParameters",
                "rds:ListTagsForResource",
            ],
            observe: &[
                "rds:DescribeDBParameterGroups",
                "rds:DescribeDBParameters",
                "rds:ListTagsForResource",
            ],
            create: &[
                "rds:CreateDBParameterGroup",
                "rds:AddTagsToResource",
                "rds:DescribeDBParameterGroups",
                "rds:DescribeDBParameters",
                "rds:ListTagsForResource",
                "rds:ModifyDBParameterGroup",
            ],
            converge: &[
                "rds:DescribeDBParameterGroups",
                "rds:DescribeDBParameters",
                "rds:ListTagsForResource",
                "rds:ModifyDBParameterGroup",
                "rds:ResetDBParameterGroup",
                "rds:AddTagsToResource",
                "rds:RemoveTagsFromResource",
            ],
            delete: &[
                "rds:DeleteDBParameterGroup",
                "rds:DescribeDBParameterGroups",
                "rds:ListTagsForResource",
            ],
            only: &[
                ("rds:DescribeDBParameters", When::Changes(&["parameters"])),
                ("rds:ListTagsForResource", When::Changes(&["tags"])),
                ("rds:ModifyDBParameterGroup", When::Sets("parameters")),
                ("rds:ResetDBParameterGroup", When::Removes("parameters")),
                ("rds:AddTagsToResource", When::Sets("tags")),
                ("rds:RemoveTagsFromResource", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(5, 5, 5),
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = ParameterGroupOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_name(problems, self.name.as_deref(), 255);
        let own = self.name.as_deref().is_none_or(|name| !name.starts_with("default"));
        problems.require(own, "name", "`default` and what begins with it is AWS's own");
        problems.require(!self.description.is_empty(), "description", "is required by RDS");
        let Some(engine) = self.engine() else {
            let what = format!("`{}` is no family such as `mysql8.4` or `postgres17`", self.family);
            return problems.add("family", what);
        };
        for (name, value) in &self.parameters {
            if let Some(why) = table::refusal(engine, name, value) {
                problems.add(format!("parameters.{name}"), why);
            }
        }
    }

    /// Switches that let clients talk in plain text.
    fn risks(change: Transition<'_>) -> Vec<Risk> {
        let Some((before, after)) = change.changes("parameters") else { return Vec::new() };
        let off = ENCRYPTED.into_iter().filter(|name| after[*name] == "0" && before[*name] != "0");
        let what = |name| format!("its databases take connections without TLS: `{name}` is 0");
        off.map(|name| Risk::new(DangerKind::Exposure, what(name))).collect()
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<ParameterGroupOutputs>>> {
        read::observe(cx, wanted).await
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<ParameterGroupOutputs>>> {
        read::marked(cx, near, mark).await
    }

    async fn create(&self, cx: &StepCx) -> Result<ParameterGroupOutputs> {
        change::create(self, cx).await
    }

    /// The name.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<ParameterGroupOutputs>>> {
        read::identify(self, cx, id).await
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(str::to_owned)
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: ParameterGroupOutputs,
        approved: &Fields,
    ) -> Result<ParameterGroupOutputs> {
        change::converge(self, cx, live, approved).await
    }

    async fn delete(&self, cx: &StepCx, live: &ParameterGroupOutputs) -> Result<()> {
        change::delete(self, cx, live).await
    }
}

/// The parameters that make clients use TLS, of each engine.
pub(super) const ENCRYPTED: [&str; 2] = ["rds.force_ssl", "require_secure_transport"];

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{json, testing};

    #[test]
    fn a_family_is_an_engine_and_its_major_version() {
        let engine = |family: &str| {
            let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
            let group = ParameterGroup::new(scope, Engine::MySql, "8.4");
            ParameterGroup { family: family.to_owned(), ..group }.engine()
        };
        assert_eq!(engine("mysql8.4"), Some(Engine::MySql));
        assert_eq!(engine("postgres17"), Some(Engine::Postgres));
        for family in ["mysql", "mysql8", "mysql8.4.6", "postgres17.2", "aurora-mysql8.0", "17"] {
            assert_eq!(engine(family), None, "{family}");
        }
    }

    #[test]
    fn plain_text_is_told_where_it_begins() {
        let with = |value: &str| json!({ "parameters": { "rds.force_ssl": value } });
        let risks = |before: &_, after: &_| {
            testing::risks(ParameterGroup::risks, Some(before), Some(after)).len()
        };
        assert_eq!(risks(&with("1"), &with("0")), 1);
        assert_eq!(risks(&json!({}), &with("0")), 1);
        assert_eq!(risks(&with("0"), &with("1")), 0);
    }
}
