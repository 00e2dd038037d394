//! Policy documents as data: who may do what on what, and what one allows that another did not.
//!
//! Values that are not known yet stand in a document as the references that they are, so that a policy
//! can be judged before the resources that it names are there.

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

/// The statements of a policy that allow; none if the field holds no policy that can be read yet.
pub(crate) fn grants(field: &Json) -> Option<Vec<Grant>> {
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
        Self { actions, resources, principals, conditions }
    }

    /// Whether it allows this action, for which a pattern of the same text stands as well.
    pub(crate) fn allows(&self, action: &str) -> bool {
        self.actions.iter().any(|pattern| fits(&pattern.to_lowercase(), &action.to_lowercase()))
    }

    /// Whether it is about everything, or in a trust policy about nothing named.
    pub(crate) fn on_everything(&self) -> bool {
        self.resources.iter().any(|resource| resource == "*")
    }

    /// Whether it is for everybody.
    pub(crate) fn for_everybody(&self) -> bool {
        self.principals.iter().any(|principal| principal == "*")
    }

    /// What it allows that none of the others does.
    fn beyond(&self, others: &[Self]) -> Option<String> {
        let covered = |action: &str, resource: Option<&str>, principal: Option<&str>| {
            others.iter().any(|other| {
                let has = |patterns: &[String], one: Option<&str>| {
                    one.is_none_or(|one| patterns.iter().any(|pattern| fits(pattern, one)))
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

/// How many of many are named.
const NAMED: usize = 3;

fn named(all: &[String]) -> String {
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
    let text = |item: Json| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
    one_or_many(value).into_iter().map(text).collect()
}

/// Whether a text fits a pattern in which `*` stands for any text and `?` for any letter. A pattern
/// fits a wider one as a text does.
fn fits(pattern: &str, text: &str) -> bool {
    match (pattern.chars().next(), text.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => {
            let rest = &pattern[1..];
            (0..=text.len()).filter(|i| text.is_char_boundary(*i)).any(|i| fits(rest, &text[i..]))
        }
        (Some(p), Some(t)) if p == t || p == '?' => {
            fits(&pattern[p.len_utf8()..], &text[t.len_utf8()..])
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{Address, Val, json, json_text, to_json};

    fn policy(statements: &Json) -> Json {
        json!({ "Version": "2012-10-17", "Statement": statements }).to_string().into()
    }

    fn allow(action: &str, resource: &str) -> Json {
        json!({ "Effect": "Allow", "Action": action, "Resource": resource })
    }

    fn said(before: &Json, after: &Json) -> Vec<String> {
        widened(before, after).into_iter().map(|risk| risk.what).collect()
    }

    #[test]
    fn only_what_is_allowed_newly_is_said() {
        let before = policy(&json!([allow("s3:Get*", "arn:aws:s3:::a/*")]));
        let narrower = policy(&json!(allow("s3:GetObject", "arn:aws:s3:::a/b")));
        assert_eq!(said(&before, &narrower), Vec::<String>::new());
        let both = policy(&json!([{
            "Effect": "Allow",
            "Action": ["s3:getobject", "s3:PutObject"],
            "Resource": ["arn:aws:s3:::a/*"],
        }]));
        assert_eq!(said(&before, &both), ["may newly `s3:PutObject` on `arn:aws:s3:::a/*`"]);
        assert_eq!(
            said(&before, &policy(&json!([allow("s3:Get*", "*")]))),
            ["may newly `s3:Get*` on `*`"]
        );
    }

    #[test]
    fn a_condition_that_goes_and_a_denial_that_goes_widen() {
        let mut bound = allow("s3:*", "*");
        bound["Condition"] = json!({ "StringEquals": { "aws:SourceAccount": ["1"] } });
        let free = policy(&json!(allow("s3:*", "*")));
        assert_eq!(said(&policy(&json!(bound.clone())), &free), ["may newly `s3:*` on `*`"]);
        assert_eq!(said(&free, &policy(&json!(bound))), Vec::<String>::new());
        let deny = json!({ "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*" });
        let denied = policy(&json!([allow("s3:*", "*"), deny]));
        assert_eq!(said(&denied, &free), ["loses a statement that denied something"]);
    }

    #[test]
    fn a_trust_policy_widens_by_whom_it_trusts() {
        let trust = |who: &Json| {
            policy(&json!({ "Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole" }))
        };
        let before = trust(&json!({ "AWS": "arn:aws:iam::1:role/a" }));
        let after = trust(&json!({ "AWS": ["arn:aws:iam::1:role/a", "arn:aws:iam::2:root"] }));
        assert_eq!(
            said(&before, &after),
            ["newly grants `sts:AssumeRole` to `arn:aws:iam::2:root`"]
        );
        assert_eq!(said(&after, &before), Vec::<String>::new());
        assert_eq!(said(&before, &trust(&json!("*"))), ["newly grants `sts:AssumeRole` to `*`"]);
    }

    #[test]
    fn what_is_not_known_yet_stands_as_its_reference() {
        let issuer: Address = "iam.oidc_provider/main".parse().unwrap();
        let arn: Val<String> = Val::output(&issuer, "arn");
        let trust = json_text!({ "Statement": {
            "Effect": "Allow", "Principal": { "Federated": arn }, "Action": "sts:AssumeRoleWithWebIdentity",
        } });
        let grants = grants(&to_json(&trust)).unwrap();
        assert_eq!(grants[0].principals, ["(iam.oidc_provider/main#arn)"]);
        assert_eq!(super::grants(&to_json(&arn)), None, "nothing of it can be read");
    }
}
