//! Taking up what exists already: the object that a program names by its id, or one that has the resource's
//! name or key. Nothing is made; what is not there, or is another stack's, is refused with a sentence.

use super::{
    decide::{self, Decision, Wish},
    diff::{self, Cause, FieldChange},
    model::{Action, Refusal},
    need::Need,
    observe,
    planner::Planner,
};
use crate::{
    Class, Cx, Live, Meta, Owner, Ownership, Registry, Result, Seen, TAG_ADDRESS, TAG_LINEAGE,
    TAG_PREFIX, TAG_STACK,
    expr::is_known,
    kind::WantedJson,
    stack::{Node, Take},
};
use groundplan_state::{Address, Entry, Slot, Status};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// What came of looking for an object that is to be taken up.
#[derive(Clone, Debug)]
pub(crate) enum Taken {
    /// It is there.
    Found {
        /// The id that it was found by.
        id: String,
        /// Its own name, where its kind has names.
        name: Option<String>,
        /// Its state.
        live: Box<Live<Json>>,
    },
    /// There is none, and none was named: one is made.
    Free,
    /// It cannot be taken up: what is wrong, and what now.
    Refused {
        /// What is wrong, as the rest of a sentence.
        what: String,
        /// What mends it.
        lift: String,
    },
}

impl Taken {
    fn refused(what: impl Into<String>, lift: impl Into<String>) -> Self {
        Self::Refused { what: what.into(), lift: lift.into() }
    }
}

/// What is asked for one object that is to be taken up.
#[derive(Clone, Debug)]
pub(crate) struct Looked {
    pub(crate) address: Address,
    pub(crate) inputs: Json,
    /// The name that the resource's own object would have.
    pub(crate) name: Option<String>,
    pub(crate) take: Take,
    pub(crate) owner: Owner,
}

/// Looks for the object that a resource is to be.
pub(crate) async fn look(looked: &Looked, registry: &Registry, cx: &Cx) -> Result<Taken> {
    let kind = registry.resource(looked.address.kind()).expect("BUG: only resources are taken up");
    let id = match &looked.take {
        Take::Id(id) => id.clone(),
        Take::Key => {
            let Some(key) = kind.key(&looked.inputs, looked.name.as_deref())? else {
                let what = "has neither name nor key by which it could be adopted";
                return Ok(Taken::refused(what, "its id in `import`, in place of `adopt`"));
            };
            key
        }
    };
    let identity = match super::passing(cx, || kind.identify(cx, &looked.inputs, &id)).await {
        Ok(identity) => identity,
        Err(fault) if fault.class == Class::Invalid => {
            let lift = fault.hint.clone().unwrap_or_else(|| "another id".to_owned());
            return Ok(Taken::refused(format!("cannot be imported: {fault}"), lift));
        }
        Err(fault) => return Err(fault),
    };
    let absent = || match looked.take {
        Take::Key => Taken::Free,
        Take::Id(_) => Taken::refused(
            format!("is to be {id}, and there is none of that id in its account and region"),
            "the id of one that is there, or no `import`, so that one is made",
        ),
    };
    let Some(identity) = identity else { return Ok(absent()) };
    let wanted = WantedJson {
        owner: looked.owner.clone(),
        inputs: looked.inputs.clone(),
        outputs: Some(identity.outputs),
        name: identity.name.clone(),
        taking: true,
    };
    let seen = observe(registry, cx, looked.address.kind(), &[wanted], false).await?;
    Ok(match seen.into_iter().next() {
        Some(Seen::Present(live)) => Taken::Found { id, name: identity.name, live },
        Some(Seen::Ambiguous(found)) => Taken::refused(
            format!("is to be {id}, and that could be any of {}", found.join(", ")),
            "the id of one of them",
        ),
        Some(Seen::Unverified(why)) => Taken::refused(
            format!("is to be {id}, which could not be read: {why}"),
            "a run that can read it",
        ),
        Some(Seen::Absent) | None => absent(),
    })
}

/// Why an object that was found cannot be taken up, if it cannot.
pub(crate) fn obstacle(id: &str, live: &Live<Json>, owner: &Owner) -> Option<(String, String)> {
    if live.leaving {
        let what = format!("is to be {id}, which is being deleted");
        return Some((what, "the id of one that stays, or no `import`".to_owned()));
    }
    let mark = live.mark.as_ref()?;
    let lineage = mark.get(TAG_LINEAGE)?;
    let of = |tag: &str| mark.get(tag).map_or("an unknown", String::as_str);
    if *lineage != owner.lineage {
        let what = format!(
            "is to be {id}, which carries the mark of {} of stack `{}`",
            of(TAG_ADDRESS),
            of(TAG_STACK)
        );
        let lift = "`apply state mv` of it to this stack, or `apply state forget` there and its \
                    `groundplan:` tags taken off";
        return Some((what, lift.to_owned()));
    }
    // Of this stack: under another name it is another resource's.
    (mark.get(TAG_ADDRESS) != Some(&owner.address.to_string())).then(|| {
        let what = format!("is to be {id}, which is {} of this stack", of(TAG_ADDRESS));
        (what, "`stack.moved`, which renames a resource".to_owned())
    })
}

/// Whether a field that changes is an ownership tag.
pub(crate) fn is_mark(path: &str) -> bool {
    path.strip_prefix("tags.").is_some_and(|tag| tag.starts_with(TAG_PREFIX))
}

/// The ownership tags that a live object lacks or has otherwise, as fields that change.
pub(crate) fn mark_changes(
    meta: &Meta,
    mark: Option<&BTreeMap<String, String>>,
    owner: &Owner,
    cause: &Cause,
) -> Vec<FieldChange> {
    let Some(mark) = mark.filter(|_| meta.ownership == Ownership::Tagged) else {
        return Vec::new();
    };
    let differs = |(tag, wanted): &(&str, String)| mark.get(*tag) != Some(wanted);
    let all: Vec<_> = owner.tags().into_iter().filter(differs).collect();
    // A new state has another lineage each time it is planned; address and stack say as much.
    let named = |(tag, _): &(&str, String)| [TAG_ADDRESS, TAG_STACK].contains(tag);
    let some: Vec<_> = all.iter().filter(|one| named(one)).cloned().collect();
    let shown = if some.is_empty() { all } else { some };
    let change = |(tag, wanted): (&str, String)| FieldChange {
        path: format!("tags.{tag}"),
        before: mark.get(tag).map_or(Json::Null, |text| text.as_str().into()),
        after: wanted.into(),
        unknown: false,
        replaces: false,
        cause: cause.clone(),
    };
    shown.into_iter().map(change).collect()
}

/// What comes of a resource that is to be taken up.
pub(super) enum Taking {
    /// It takes an answer first.
    Asks(Need),
    /// It is decided.
    Decided(Box<Decision>),
}

impl Planner<'_> {
    /// What takes up the object that a resource is to be, or asks for it; none if it is to be made.
    pub(super) fn taking(&mut self, node: &Node, wish: &Wish<'_>) -> Option<Taking> {
        let take = node.take.as_ref()?;
        let address = &node.address;
        let only = self.settings.only_imports.as_ref();
        let left_out = only.is_some_and(|only| !only.contains(address));
        if left_out || self.state.entries.contains_key(address) {
            return None;
        }
        let id = match take {
            Take::Id(id) => id.clone(),
            Take::Key => "what has its name or key".to_owned(),
        };
        let undone = Box::new(Decision::new(Action::Import { id }));
        if !is_known(wish.desired) {
            if *take == Take::Key {
                return None;
            }
            let uses = crate::references(wish.desired);
            let first = uses.first().map(ToString::to_string).unwrap_or_default();
            let what = format!("is to be taken up, and {first}, which it needs, is not there yet");
            self.refuse(address, what, format!("the import of {first} too, or its apply first"));
            return Some(Taking::Decided(undone));
        }
        let Some(taken) = self.taken.get(address) else {
            let meta = self.registry.meta(address.kind()).unwrap_or(&Meta::DEFAULT);
            return Some(Taking::Asks(Need::Take(Box::new(Looked {
                name: decide::name(meta, &self.state.stack, address, 0, wish.desired),
                address: address.clone(),
                inputs: wish.desired.clone(),
                take: take.clone(),
                owner: wish.owner.clone(),
            }))));
        };
        match taken.clone() {
            Taken::Free => None,
            Taken::Refused { what, lift } => {
                self.refuse(address, what, lift);
                Some(Taking::Decided(undone))
            }
            Taken::Found { id, name, live } => {
                let taken = self.take(node, wish, (id, name), &live);
                Some(Taking::Decided(Box::new(taken)))
            }
        }
    }

    fn refuse(&mut self, address: &Address, what: String, lift: String) {
        self.refused.push(Refusal { address: address.clone(), what, lift });
    }

    fn take(
        &mut self,
        node: &Node,
        wish: &Wish<'_>,
        (id, name): (String, Option<String>),
        live: &Live<Json>,
    ) -> Decision {
        let meta = self.registry.meta(node.address.kind()).unwrap_or(&Meta::DEFAULT);
        if let Some((what, lift)) = obstacle(&id, live, wish.owner) {
            self.refuse(&node.address, what, lift);
            return Decision::new(Action::Import { id });
        }
        if let Some(other) = self.on_record_as(node, meta, wish.desired, live) {
            let what = format!("is to be {id}, which is {other} already");
            let lift = format!(
                "`stack.moved(\"{other}\", \"{}\")`, if that is its name now; else another id",
                node.address
            );
            self.refuse(&node.address, what, lift);
            return Decision::new(Action::Import { id });
        }
        let given = wish.desired.get("name").and_then(Json::as_str);
        if let (Some(given), Some(name)) = (given, name.as_deref())
            && given != name
        {
            let what = format!("is to be {id}, and its `name` in the program is {given}");
            self.refuse(&node.address, what, format!("`name` = {name}, or another id"));
        }
        let before = diff::before(wish.desired, Some(&live.fields));
        let mut fields = diff::changes(meta, &before, &before, wish.desired, &wish.options.ignore);
        let fixed: Vec<_> = fields.iter().filter(|field| field.replaces).collect();
        if let Some(field) = fixed.first() {
            let what = format!(
                "is to be {id}, whose `{}` is {} where the program says {}, and cannot change in place",
                field.path, field.before, field.after
            );
            let lift = "the program saying what is there".to_owned();
            self.refuse(&node.address, what, lift);
        }
        let lacks = mark_changes(meta, live.mark.as_ref(), wish.owner, &Cause::Program);
        let marks = !lacks.is_empty();
        fields.extend(lacks);
        let entry = Entry {
            version: wish.version,
            status: Status::Ready,
            inputs: before.clone(),
            pending: None,
            outputs: Some(live.outputs.clone()),
            needs: wish.needs.clone(),
            options: wish.options.clone(),
            generation: 0,
            token: String::new(),
            physical_name: name,
            marked_as: None,
            marked_by: None,
        };
        self.seen
            .insert((node.address.clone(), Slot::Current), Seen::Present(Box::new(live.clone())));
        Decision {
            fields,
            before,
            entry: Some(entry),
            record: true,
            marks,
            ..Decision::new(Action::Import { id })
        }
    }

    /// The resource that the object is already: on record, or taken up by this plan. What has no mark is told by
    /// what never changes of it, as its outputs alone may be those of many.
    fn on_record_as(
        &self,
        node: &Node,
        meta: &Meta,
        desired: &Json,
        live: &Live<Json>,
    ) -> Option<Address> {
        let kind = node.address.kind();
        let recorded = self.state.all().map(|(address, _, entry)| (address, entry));
        let taken = self.decisions.iter().filter_map(|(address, decision)| {
            let import = matches!(decision.action, Action::Import { .. });
            Some((address, decision.entry.as_ref().filter(|_| import)?))
        });
        let fixed = |entry: &Entry| {
            let same = |path: &&str| diff::at(&entry.inputs, path) == diff::at(desired, path);
            meta.ownership == Ownership::Tagged || meta.immutable.iter().all(same)
        };
        let is_it = |(address, entry): &(&Address, &Entry)| {
            let outputs = entry.outputs.as_ref();
            address.kind() == kind
                && **address != node.address
                && outputs.is_some_and(|outputs| meta.same_object(outputs, &live.outputs))
                && fixed(entry)
        };
        recorded.chain(taken).find(is_it).map(|(address, _)| address.clone())
    }

    /// The resources that an import alone is about: those that are taken up, and the derived values that
    /// they need, which are on record then as well.
    pub(super) fn imported(&self) -> BTreeSet<Address> {
        let taken_up = |address: &&Address| {
            let decision = self.decisions.get(*address);
            decision.is_some_and(|d| matches!(d.action, Action::Import { .. }))
        };
        let mut imported: BTreeSet<_> = self.graph.addresses().filter(taken_up).cloned().collect();
        let taken_up: Vec<_> = imported.iter().filter_map(|a| self.graph.node(a)).collect();
        let needs = taken_up.into_iter().flat_map(Node::needs);
        imported.extend(needs.filter(|need| self.registry.deriver(need.kind()).is_some()));
        imported
    }
}
