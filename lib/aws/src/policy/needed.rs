//! What a plan needs: for everything it touches, the actions that its kind declares, on the resources that
//! the table says, under the conditions that AWS evaluates there.

use super::{
    document::{self, Document, Right},
    object::{Filled, Objects},
    secrets,
    table::{self, Row, Service},
};
use crate::shown::text;
use groundplan_core::{
    Act, Fields, Hole, Iam, Json, Plan, Registry, TAG_LINEAGE, TAG_STACK, Touch, When,
};
use std::collections::{BTreeMap, BTreeSet};

/// The tag that tells the stack's objects from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The lineage of its state.
    Lineage(String),
    /// Its name, where no state is recorded yet that would keep a lineage.
    Stack(String),
}

/// Where the state is, if in a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatePlace {
    /// The bucket.
    pub bucket: String,
    /// What the keys of the stack's objects begin with.
    pub prefix: String,
    /// The partition, e.g. `aws`.
    pub partition: String,
}

/// What a plan needs, for each identity that it acts as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    /// One for each identity that needs any right; that of the run itself first.
    pub policies: Vec<Policy>,
    /// The actions that nothing narrows: on `*`, or on all of a type as nothing is known of the one before
    /// it is there, and AWS evaluates no condition that would tell the stack's objects from others.
    pub wide: BTreeSet<String>,
}

/// What one identity needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The role that is taken; none for the identity of the run itself.
    pub role: Option<String>,
    /// The policy, in as many documents as it takes. To be attached all together.
    pub documents: Vec<Document>,
}

/// What a plan needs.
pub fn needed(
    plan: &Plan,
    registry: &Registry,
    mark: &Mark,
    state: Option<&StatePlace>,
) -> Policies {
    of(&plan.touches, &Objects::new(registry, &plan.touches, &plan.stack), mark, state)
}

fn of(
    touches: &[Touch],
    objects: &Objects<'_>,
    mark: &Mark,
    state: Option<&StatePlace>,
) -> Policies {
    let mut rights: BTreeMap<Option<String>, BTreeSet<Right>> = BTreeMap::new();
    for touch in touches {
        let role = role_of(touch, objects);
        let Some(iam) = objects.registry.iam(&touch.kind) else { continue };
        let need = Need { objects, touch, iam: &iam, mark };
        rights.entry(role).or_default().extend(need.rights());
    }
    let roles = roles(touches);
    for (account, right) in secrets::rights(touches, objects, mark) {
        let role = roles.get(&account).cloned();
        rights.entry(role).or_default().insert(right);
    }
    let taken = |touch| Some((via_of(touch, objects), role_of(touch, objects)?));
    for (via, role) in touches.iter().filter_map(taken).collect::<BTreeSet<_>>() {
        rights.entry(None).or_default().extend(via.clone().map(assume));
        rights.entry(via).or_default().insert(assume(role));
    }
    let own = rights.entry(None).or_default();
    own.extend(state.into_iter().flat_map(StatePlace::rights));
    let wide = rights.values().flatten().filter(|right| right.is_wide());
    let wide = wide.map(|right| right.action.clone()).collect();
    let policies = rights.into_iter().filter(|(_, rights)| !rights.is_empty());
    let policies =
        policies.map(|(role, rights)| Policy { role, documents: document::write(rights) });
    Policies { policies: policies.collect(), wide }
}

/// The role that something is done through, with `*` for an account that is still to be made; none for
/// the identity of the run itself.
fn role_of(touch: &Touch, objects: &Objects<'_>) -> Option<String> {
    reached(touch, "role", objects)
}

/// The role that takes that one; none if the run's own identity does.
fn via_of(touch: &Touch, objects: &Objects<'_>) -> Option<String> {
    reached(touch, "via", objects)
}

fn assume(role: String) -> Right {
    Right::new("sts:AssumeRole", role)
}

fn reached(touch: &Touch, by: &str, objects: &Objects<'_>) -> Option<String> {
    // An account that is checked is no object in a scope, it gives one.
    let reach = touch.inputs.get("scope").unwrap_or(&touch.inputs);
    match objects.value(reach.get(by).unwrap_or(&Json::Null)) {
        Filled::With(role) | Filled::Later(role) => Some(role),
        Filled::Nothing => None,
    }
}

/// The role by which each account is reached, where it is by one.
fn roles(touches: &[Touch]) -> BTreeMap<String, String> {
    let scopes = touches.iter().map(|touch| &touch.inputs["scope"]);
    let role = |scope: &Json| {
        Some((scope["account"].as_str()?.to_owned(), scope["role"].as_str()?.to_owned()))
    };
    scopes.filter_map(role).collect()
}

impl StatePlace {
    fn rights(&self) -> Vec<Right> {
        let Self { bucket, prefix, partition } = self;
        let object = format!("arn:{partition}:s3:::{bucket}/{prefix}*");
        let objects = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];
        let mut rights: Vec<_> =
            objects.into_iter().map(|action| Right::new(action, object.clone())).collect();
        let list = Right::new("s3:ListBucket", format!("arn:{partition}:s3:::{bucket}"));
        // A GetObject of a key that is not there is answered 404 to who may list, and 403 to others; it is
        // checked without a prefix.
        rights.push(list.when("StringLikeIfExists", "s3:prefix", format!("{prefix}*")));
        rights
    }
}

/// What one touch needs.
pub(super) struct Need<'a> {
    pub(super) objects: &'a Objects<'a>,
    pub(super) touch: &'a Touch,
    pub(super) iam: &'a Iam,
    pub(super) mark: &'a Mark,
}

/// Calls that say the name alone: of what is not there, or no more, IAM does not know the path.
const BY_NAME: [&str; 2] = ["iam:GetInstanceProfile", "iam:GetRole"];

impl Need<'_> {
    fn rights(&self) -> Vec<Right> {
        let rights = self.actions().into_iter().flat_map(|action| self.right(action));
        rights.chain(self.key_before()).collect()
    }

    /// To have decrypted what the object's key encrypted; nothing if it has no key of its own.
    pub(super) fn decrypts(&self) -> Vec<Right> {
        match self.objects.fill(self.touch, self.iam, "key") {
            Filled::Nothing => Vec::new(),
            Filled::With(_) | Filled::Later(_) => self.right("kms:Decrypt"),
        }
    }

    /// Where another key takes the place of one, what that one encrypted is read once more.
    fn key_before(&self) -> Vec<Right> {
        let reads = self.iam.converge.contains(&"kms:Decrypt") && self.gives("key");
        match self.objects.recorded(self.touch) {
            Some(before) if reads && self.touch.act == Act::Change => {
                Need { touch: before, ..*self }.decrypts()
            }
            _ => Vec::new(),
        }
    }

    /// Whether a call hands over the input that fills a hole.
    fn gives(&self, hole: &str) -> bool {
        let Some((_, Hole::Input(path))) = self.iam.holes.iter().find(|(name, _)| *name == hole)
        else {
            return false;
        };
        match self.touch.act {
            Act::Create => is_given(input(&self.touch.inputs, path)),
            Act::Change => self.touch.changed.has(path),
            Act::Search | Act::Read | Act::Delete | Act::Derive => false,
        }
    }

    fn actions(&self) -> Vec<&'static str> {
        let verb = match self.touch.act {
            Act::Search => self.iam.search,
            Act::Read | Act::Derive => self.iam.observe,
            Act::Create => self.iam.create,
            Act::Change => self.iam.converge,
            Act::Delete => self.iam.delete,
        };
        let applies = |action: &&str| self.iam.cases(action).all(|when| self.is_so(when));
        verb.iter().copied().filter(applies).collect()
    }

    fn is_so(&self, when: When) -> bool {
        let Touch { act, inputs, changed, .. } = self.touch;
        let value = |path| input(inputs, path);
        match (when, act) {
            // Reads make their calls whatever there is.
            (When::InTheWay, act) => matches!(act, Act::Search | Act::Read),
            (When::Given(path), Act::Create | Act::Change | Act::Derive) => is_given(value(path)),
            (When::Is(path, wanted), Act::Create | Act::Change)
            | (When::Leaves(path, wanted), Act::Delete) => text(value(path)) == wanted,
            (When::Unlike(usual), Act::Create) => usual.iter().any(|(path, usual)| {
                // What is switched off differs where a new object has it on.
                let said = is_given(value(path)) || value(path).is_boolean();
                said && text(value(path)) != *usual
            }),
            (When::Sets(path), Act::Change) => entries(changed, inputs, path, true),
            (When::Removes(path), Act::Change) => entries(changed, inputs, path, false),
            (When::Changes(paths), Act::Change) => paths.iter().any(|path| changed.has(path)),
            _ => true,
        }
    }

    fn right(&self, action: &'static str) -> Vec<Right> {
        let (service, _, row) = table::row(action);
        let mut rights = Vec::new();
        if let Some(kind) = &row.all {
            let (arn, _) = self.arn(service, kind);
            let until_name = arn.rfind([':', '/']).map_or(0, |at| at + 1);
            rights.push(Right::new(action, format!("{}*", &arn[..until_name])));
        }
        for kind in &row.on {
            let (arn, later) = self.arn(service, kind);
            let right = Right::new(action, arn);
            rights.push(if later && service.resource_tags { self.of_stack(right) } else { right });
        }
        for kind in row.given.keys().filter(|kind| self.gives(kind)) {
            rights.push(Right::new(action, self.arn(service, kind).0));
        }
        if let Some(kind) = &row.makes {
            let (arn, later) = self.arn(service, kind);
            let right = Right::new(action, arn);
            rights.push(if later && row.tags { self.with_tag(right) } else { right });
        }
        if row.own {
            rights.push(self.own(action, service, row));
        }
        if rights.is_empty() {
            let right = Right::new(action, "*".to_owned());
            rights.push(if row.tags { self.with_tag(right) } else { right });
        }
        if BY_NAME.contains(&action) {
            let bare: Vec<_> = rights.iter().filter_map(Right::without_path).collect();
            rights.extend(bare);
        }
        rights.into_iter().map(|right| self.keyed(right, service, row)).collect()
    }

    /// An action on the object itself, whatever its type.
    fn own(&self, action: &'static str, service: &Service, row: &Row) -> Right {
        let (_, kind) = self.iam.object.split_once(':').expect("BUG: the kind has an object");
        let (arn, later) = self.arn(service, kind);
        let right = Right::new(action, arn);
        match (later, self.touch.act) {
            (true, Act::Create) if row.tags => self.with_tag(right),
            (true, _) if service.resource_tags => self.of_stack(right),
            _ => right,
        }
    }

    fn arn(&self, service: &Service, kind: &str) -> (String, bool) {
        self.objects.arn(self.touch, self.iam, service, kind)
    }

    /// The conditions that the action itself evaluates.
    fn keyed(&self, mut right: Right, service: &Service, row: &Row) -> Right {
        for (name, key) in service.keys(row) {
            let value = match key.hole.as_str() {
                "create" => self.creates(),
                hole => match self.objects.fill(self.touch, self.iam, hole) {
                    Filled::With(value) => Some(value),
                    Filled::Later(_) | Filled::Nothing => None,
                },
            };
            if let Some(value) = value {
                let scope = &self.touch.inputs["scope"];
                let value = value
                    .replace("{partition}", scope["partition"].as_str().unwrap_or("aws"))
                    .replace("{region}", scope["region"].as_str().unwrap_or("*"));
                right = right.when(&key.operator, name, value);
            }
        }
        right
    }

    /// The call that makes the object, by its name alone.
    fn creates(&self) -> Option<String> {
        let (_, object) = self.iam.object.split_once(':')?;
        let makes = |action: &&str| table::row(action).2.makes.as_deref() == Some(object);
        let action = self.actions().into_iter().find(makes)?;
        (self.touch.act == Act::Create).then(|| action.split(':').nth(1).unwrap_or_default().into())
    }

    fn of_stack(&self, right: Right) -> Right {
        self.marked(right, "aws:ResourceTag")
    }

    fn with_tag(&self, right: Right) -> Right {
        self.marked(right, "aws:RequestTag")
    }

    fn marked(&self, right: Right, key: &str) -> Right {
        let (tag, value) = match self.mark {
            Mark::Lineage(lineage) => (TAG_LINEAGE, lineage),
            Mark::Stack(stack) => (TAG_STACK, stack),
        };
        right.when("StringEquals", &format!("{key}/{tag}"), value.clone())
    }
}

/// An input, or a part of one: `to.log_group.role`.
pub(super) fn input<'a>(inputs: &'a Json, path: &str) -> &'a Json {
    path.split('.').fold(inputs, |value, step| &value[step])
}

/// Whether an entry of a map changes that is there afterwards, or is not.
fn entries(changed: &Fields, inputs: &Json, map: &str, there: bool) -> bool {
    let Fields::Only(paths) = changed else { return true };
    let after = |path: &String| match path.strip_prefix(map)?.strip_prefix('.') {
        Some(entry) => Some(inputs[map].get(entry).is_some()),
        None => Some(is_given(&inputs[map])),
    };
    paths.iter().filter_map(after).any(|stays| stays == there)
}

/// Whether an input is there, and neither empty nor switched off.
fn is_given(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => false,
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(map) => !map.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
