//! Policy documents as data: who may do what on what, and what one allows that another did not.
//!
//! Values that are not known yet stand in a document as the references that they are, so that a policy
//! can be judged before the resources that it names are there.

use crate::{glob::covers, shown::text};
use groundplan_core::{DangerKind, Json, Risk, describe, stand_in};

/// A statement that allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Actions, such as `s3:*`; `*` also where all but some are allowed.
    pub(crate) actions: Vec<String>,
    /// What they are allowed on; none in a trust policy.
    pub(crate) resources: Vec<String>,
    /// Who may; none in a policy of a role. `*` is everybody.
    pub(crate) principals: Vec<String>,
    /// The conditions, each as operator, key and value.
    pub(crate) conditions: Vec<Condition>,
    /// The statement itself where it says what is not meant: `*` stands above for all the rest.
    all_but: Option<Json>,
}

/// A condition of a statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Condition {
    /// Such as `StringEquals`.
    pub(crate) operator: String,
    /// Such as `aws:SourceAccount`.
    pub(crate) key: String,
    /// The values, sorted.
    pub(crate) values: Vec<String>,
}

/// The statements of a policy that allow; none if the field holds no policy that can be read yet. Where
/// there is no policy there are no statements.
pub(crate) fn grants(field: &Json) -> Option<Vec<Grant>> {
    if field.is_null() {
        return Some(Vec::new());
    }
    let document = read(field)?;
    let statements = one_or_many(document.get("Statement")?);
    let allows = statements.into_iter().filter(|statement| statement["Effect"] == "Allow");
    Some(allows.map(Grant::of).collect())
}

/// What a policy allows that the one before did not, in sentences that begin with `may newly`.
pub(crate) fn widened(before: &Json, after: &Json) -> Vec<Risk> {
    let (Some(before_grants), Some(after_grants)) = (grants(before), grants(after)) else {
        let what = "its policy changes to one that is known only after apply".to_owned();
        return vec![Risk::new(DangerKind::Widening, what)];
    };
    let mut said: Vec<_> =
        after_grants.iter().filter_map(|grant| grant.beyond(&before_grants)).collect();
    let denies = |field: &Json| {
        let statements = read(field).map(|d| one_or_many(&d["Statement"])).unwrap_or_default();
        statements.into_iter().filter(|s| s["Effect"] == "Deny").collect::<Vec<_>>()
    };
    let kept = denies(after);
    if denies(before).iter().any(|deny| !kept.contains(deny)) {
        said.push("loses a statement that denied something".to_owned());
    }
    said.into_iter().map(|what| Risk::new(DangerKind::Widening, what)).collect()
}

fn read(field: &Json) -> Option<Json> {
    let text = stand_in(field, &mut |form| describe(form).into());
    serde_json::from_str(text.as_str()?).ok()
}

impl Grant {
    fn of(statement: Json) -> Self {
        let texts = |name: &str| texts(statement.get(name).unwrap_or(&Json::Null));
        // All but some is nearly all.
        let all = |but: &str| statement.get(but).map(|_| "*".to_owned());
        let mut actions = texts("Action");
        actions.extend(all("NotAction"));
        let mut resources = texts("Resource");
        resources.extend(all("NotResource"));
        let mut principals = match statement.get("Principal") {
            Some(Json::Object(kinds)) => kinds.values().flat_map(self::texts).collect(),
            Some(other) => self::texts(other),
            None => Vec::new(),
        };
        principals.extend(all("NotPrincipal"));
        let mut conditions = Vec::new();
        for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
            for (key, values) in keys.as_object().into_iter().flatten() {
                let mut values = self::texts(values);
                values.sort();
                conditions.push(Condition { operator: operator.clone(), key: key.clone(), values });
            }
        }
        conditions.sort();
        let negated = ["NotAction", "NotResource", "NotPrincipal"];
        let all_but = negated.iter().any(|but| statement.get(but).is_some()).then(|| {
            let mut statement = statement.clone();
            statement.as_object_mut().map(|parts| parts.remove("Sid"));
            statement
        });
        Self { actions, resources, principals, conditions, all_but }
    }

    /// Whether it allows this action, for which a pattern of the same text stands as well.
    pub(crate) fn allows(&self, action: &str) -> bool {
        self.actions.iter().any(|pattern| covers(&pattern.to_lowercase(), &action.to_lowercase()))
    }

    /// Whether it allows every action of every service.
    pub(crate) fn allows_everything(&self) -> bool {
        self.actions.iter().any(|action| covers(action, "*:*"))
    }

    /// Whether it is about everything.
    pub(crate) fn on_everything(&self) -> bool {
        self.resources.iter().any(|resource| covers(resource, "arn:*"))
    }

    /// Whether it is about every role of an account.
    pub(crate) fn on_every_role(&self) -> bool {
        let every = |resource: &String| match resource.splitn(6, ':').collect::<Vec<_>>()[..] {
            ["arn", _, service, _, _, what] => covers(service, "iam") && covers(what, "role/*"),
            _ => covers(resource, "arn:aws:iam::*:role/*"),
        };
        self.resources.iter().any(every)
    }

    /// Whether a condition says who may, or from where: without one `*` is everybody.
    pub(crate) fn is_bound(&self) -> bool {
        self.conditions.iter().any(|condition| {
            let binds = BINDING.iter().any(|key| condition.key.eq_ignore_ascii_case(key));
            let open = |value: &String| covers(value, "*") || value.ends_with("/0");
            binds && condition.demands() && !condition.values.iter().any(open)
        })
    }

    /// Whether it is for everybody.
    pub(crate) fn for_everybody(&self) -> bool {
        self.principals.iter().any(|principal| principal == "*")
    }

    /// What it allows that none of the others does.
    fn beyond(&self, others: &[Self]) -> Option<String> {
        let covered = |action: &str, resource: Option<&str>, principal: Option<&str>| {
            others.iter().any(|other| {
                // What all but some covers is not told by `*`.
                if other.all_but.is_some() {
                    return other.all_but == self.all_but;
                }
                let has = |patterns: &[String], one: Option<&str>| {
                    one.is_none_or(|one| patterns.iter().any(|pattern| covers(pattern, one)))
                };
                let as_strict = other.conditions.iter().all(|c| self.conditions.contains(c));
                other.allows(action)
                    && has(&other.resources, resource)
                    && has(&other.principals, principal)
                    && as_strict
            })
        };
        let each = |all: &[String]| -> Vec<Option<String>> {
            if all.is_empty() { vec![None] } else { all.iter().cloned().map(Some).collect() }
        };
        let (mut actions, mut places) = (Vec::new(), Vec::new());
        for action in &self.actions {
            for resource in each(&self.resources) {
                for principal in each(&self.principals) {
                    if !covered(action, resource.as_deref(), principal.as_deref()) {
                        note(&mut actions, action);
                        if let Some(place) = resource.as_ref().or(principal.as_ref()) {
                            note(&mut places, place);
                        }
                    }
                }
            }
        }
        if actions.is_empty() {
            return None;
        }
        let word = if self.principals.is_empty() { "on" } else { "to" };
        let what = if self.principals.is_empty() { "may newly" } else { "newly grants" };
        Some(format!("{what} {} {word} {}", named(&actions), named(&places)))
    }
}

impl Condition {
    /// Whether nothing passes that lacks the key or has another value.
    pub(crate) fn demands(&self) -> bool {
        const OPERATORS: [&str; 6] = [
            "StringEquals",
            "StringEqualsIgnoreCase",
            "StringLike",
            "ArnEquals",
            "ArnLike",
            "IpAddress",
        ];
        let operator = self.operator.strip_prefix("ForAnyValue:").unwrap_or(&self.operator);
        OPERATORS.contains(&operator)
    }
}

/// The condition keys that say who calls, or from where.
const BINDING: [&str; 13] = [
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:VpcSourceIp",
    "aws:userid",
];

/// How many of many are named.
const NAMED: usize = 3;

/// The widest first: they must not stand behind "more".
fn named(all: &[String]) -> String {
    let mut all: Vec<_> = all.iter().collect();
    all.sort_by_key(|name| match name.as_str() {
        "*" | "*:*" => 0,
        wide if wide.ends_with(":*") => 1,
        _ => 2,
    });
    let mut names: Vec<_> = all.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    if all.len() > NAMED {
        names.push(format!("{} more", all.len() - NAMED));
    }
    names.join(", ")
}

fn note(all: &mut Vec<String>, one: &String) {
    if !all.contains(one) {
        all.push(one.clone());
    }
}

fn one_or_many(value: &Json) -> Vec<Json> {
    match value {
        Json::Array(items) => items.clone(),
        Json::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

fn texts(value: &Json) -> Vec<String> {
    one_or_many(value).iter().map(text).collect()
}

#[cfg(test)]
mod tests;
