//! What stands in the holes of a resource's name, as far as a plan can tell.

use super::{needed::input, table::Service};
use groundplan_core::{Act, Address, Hole, Iam, Json, Registry, Touch, stand_in, uses};
use std::collections::BTreeMap;

/// What a hole is filled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// This, and nothing else.
    With(String),
    /// This, with `*` for what AWS will assign to an object of the stack.
    Later(String),
    /// Nothing: the object has none.
    Nothing,
}

/// The objects of a plan, for what one needs to know of another.
pub(super) struct Objects<'a> {
    pub(super) registry: &'a Registry,
    by_address: BTreeMap<&'a Address, &'a Touch>,
    recorded: BTreeMap<&'a Address, &'a Touch>,
    stack: &'a str,
}

/// The path under which IAM has an object. It begins with `/`, also where it is left out.
fn folder(touch: &Touch, path: &str) -> Filled {
    match input(&touch.inputs, path) {
        _ if touch.act == Act::Search => Filled::Later("/*".to_owned()),
        Json::String(path) => Filled::With(path.clone()),
        Json::Null => Filled::With("/".to_owned()),
        _ => Filled::Later("/*".to_owned()),
    }
}

impl<'a> Objects<'a> {
    pub(super) fn new(registry: &'a Registry, touches: &'a [Touch], stack: &'a str) -> Self {
        // What is done last says most: a create comes after the read of what it replaces.
        let having = |wanted: fn(Act) -> bool| {
            let touches = touches.iter().filter(move |touch| wanted(touch.act));
            touches.filter_map(|touch| Some((touch.address.as_ref()?, touch))).collect()
        };
        let by_address = having(|act| act != Act::Delete);
        Self { registry, by_address, recorded: having(|act| act == Act::Read), stack }
    }

    /// The object of a touch as it is recorded, if the plan read it.
    pub(super) fn recorded(&self, touch: &Touch) -> Option<&'a Touch> {
        self.recorded.get(touch.address.as_ref()?).copied()
    }

    /// The object that has this value as an output, or will have.
    pub(super) fn holder(&self, value: &Json) -> Option<&'a Touch> {
        if let [Ok(used)] = &uses(value)[..] {
            return self.by_address.get(&used.address).copied();
        }
        let has = |outputs: &Json| {
            outputs.as_object().is_some_and(|all| all.values().any(|one| one == value))
        };
        let mut touches = self.by_address.values().copied();
        touches.find(|touch| touch.outputs.as_ref().is_some_and(has))
    }

    /// What fills a hole for an object.
    pub(super) fn fill(&self, touch: &Touch, iam: &Iam, hole: &str) -> Filled {
        if let Some(place) = place(touch, hole) {
            return Filled::With(place);
        }
        match iam.holes.iter().find(|(name, _)| *name == hole) {
            Some((_, from)) if hole == "role" => self.role(touch, *from),
            Some((_, Hole::Input(path))) if hole == "folder" => folder(touch, path),
            Some((_, from)) => self.from(touch, *from),
            None => Filled::Nothing,
        }
    }

    /// A role's name, with the path under which it stands: both are in its ARN.
    fn role(&self, touch: &Touch, hole: Hole) -> Filled {
        let role = match hole {
            Hole::Name => Some(touch),
            Hole::Input(path) => self.holder(input(&touch.inputs, path)),
            _ => None,
        };
        let path = role.and_then(|role| role.inputs["path"].as_str()).unwrap_or_default();
        let path = path.trim_start_matches('/');
        self.from(touch, hole).map(|name| Some(format!("{path}{name}")))
    }

    fn from(&self, touch: &Touch, hole: Hole) -> Filled {
        match hole {
            Hole::Text(text) => Filled::With(text.to_owned()),
            Hole::Name => self.name(touch),
            Hole::Output(field) => match touch.outputs.as_ref().and_then(|o| o[field].as_str()) {
                Some(known) if touch.act != Act::Search => Filled::With(known.to_owned()),
                _ => Filled::Later("*".to_owned()),
            },
            Hole::Input(path) => self.input(touch, path),
            Hole::NameIn(path) => {
                self.input(touch, path).map(|arn| Some(arn.split_once(":role/")?.1.to_owned()))
            }
            Hole::IdentityIn(path) => self.input(touch, path).map(identity),
            Hole::Schemeless(path) => {
                self.input(touch, path).map(|url| Some(url.strip_prefix("https://")?.to_owned()))
            }
            Hole::Choice(path, choices) => self
                .input(touch, path)
                .map(|value| Some(choices.iter().find(|(name, _)| *name == value)?.1.to_owned())),
        }
    }

    fn name(&self, touch: &Touch) -> Filled {
        let naming = self.registry.meta(&touch.kind).map(|meta| meta.naming);
        match (touch.act, &touch.name) {
            // Only what can be ours by its name is looked at.
            (Act::Search, _) => match naming.and_then(|naming| naming.prefix(self.stack)) {
                Some(prefix) => Filled::With(format!("{prefix}*")),
                None => Filled::Later("*".to_owned()),
            },
            (_, Some(name)) => Filled::With(name.clone()),
            (_, None) => Filled::Later("*".to_owned()),
        }
    }

    fn input(&self, touch: &Touch, path: &str) -> Filled {
        let meta = self.registry.meta(&touch.kind);
        // A search is for every object of one place.
        if touch.act == Act::Search && !meta.is_some_and(|meta| meta.place.contains(&path)) {
            return Filled::Later("*".to_owned());
        }
        self.value(input(&touch.inputs, path))
    }

    /// A value, with what can be told of what is not known yet.
    pub(super) fn value(&self, value: &Json) -> Filled {
        let mut later = false;
        let value = stand_in(value, &mut |form| {
            let foreseen = self.foresee(form);
            later |= foreseen.is_none();
            foreseen.unwrap_or_else(|| "*".to_owned()).into()
        });
        match value {
            Json::Null => Filled::Nothing,
            Json::String(text) if later => Filled::Later(text),
            Json::String(text) => Filled::With(text),
            other => Filled::With(other.to_string()),
        }
    }

    /// What another object's output will be: its name, its ARN, or what one of its inputs is already.
    fn foresee(&self, form: &Json) -> Option<String> {
        let [Ok(used)] = &uses(form)[..] else { return None };
        let touch = self.by_address.get(&used.address)?;
        let known = touch.outputs.as_ref().and_then(|outputs| outputs[&used.field].as_str());
        if let Some(known) = known.filter(|_| touch.act != Act::Create) {
            return Some(known.to_owned());
        }
        if used.field == "name" && touch.name.is_some() {
            return touch.name.clone();
        }
        let iam = self.registry.iam(&touch.kind)?;
        let arns = iam.arns.iter().copied().chain([("arn", iam.object)]);
        if let Some((_, object)) = arns.into_iter().find(|(output, _)| *output == used.field) {
            let (prefix, kind) = object.split_once(':')?;
            let service = super::table::services().get(prefix)?;
            return Some(self.arn(touch, &iam, service, kind).0);
        }
        match self.value(touch.inputs.get(&used.field)?) {
            Filled::With(text) => Some(text),
            Filled::Later(_) | Filled::Nothing => None,
        }
    }

    /// The ARN of a type for an object, and whether it stands for more than one because AWS has not
    /// assigned yet what tells it.
    pub(super) fn arn(
        &self,
        touch: &Touch,
        iam: &Iam,
        service: &Service,
        kind: &str,
    ) -> (String, bool) {
        let mut later = false;
        let mut arn = service.arn(kind).to_owned();
        // What stands in one hole may have holes itself.
        while let Some((before, rest)) = arn.split_once('{') {
            let (hole, after) = rest.split_once('}').expect("BUG: a hole has an end");
            let text = match self.fill(touch, iam, hole) {
                Filled::With(text) => text,
                Filled::Later(text) => {
                    later = true;
                    if text == "*" { service.unknown(hole).to_owned() } else { text }
                }
                Filled::Nothing => service.unknown(hole).to_owned(),
            };
            arn = format!("{before}{text}{after}");
        }
        (arn, later)
    }
}

impl Filled {
    /// What is made of it; `*` where nothing can be made of something unknown.
    fn map(self, make: impl FnOnce(&str) -> Option<String>) -> Self {
        let (text, later) = match self {
            Self::Nothing => return Self::Nothing,
            Self::With(text) => (text, false),
            Self::Later(text) => (text, true),
        };
        match make(&text) {
            Some(text) if later => Self::Later(text),
            Some(text) => Self::With(text),
            None => Self::Later("*".to_owned()),
        }
    }
}

/// Account, region and partition of where the object is.
fn place(touch: &Touch, hole: &str) -> Option<String> {
    matches!(hole, "account" | "region" | "partition").then(|| {
        let scope = &touch.inputs["scope"];
        let known = scope[hole].as_str().or_else(|| touch.inputs[hole].as_str());
        known.unwrap_or("*").to_owned()
    })
}

/// `role/123456789012/app` of the ARN of a role or user.
fn identity(arn: &str) -> Option<String> {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam", _, account, what] = parts[..] else { return None };
    let (kind, _) = what.split_once('/')?;
    Some(format!("{kind}/{account}/{}", what.rsplit('/').next()?))
}
