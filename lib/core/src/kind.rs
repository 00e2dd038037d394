//! Kinds with their types erased: JSON in, JSON out. The engine sees only this.

use crate::{
    Cx, Derived, Fault, Fields, Iam, Identity, Live, Mark, Marked, Meta, Near, Outputs, Owner,
    Preview, Resource, Result, Risk, Seen, StepCx, Transition, Wanted, expr, resource,
};
use futures::future::BoxFuture;
use groundplan_state::{Address, Entry};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;
use std::{collections::BTreeMap, marker::PhantomData, sync::Arc};

/// An object whose live state is wanted, erased.
#[derive(Clone, Debug)]
pub(crate) struct WantedJson {
    pub(crate) owner: Owner,
    pub(crate) inputs: Json,
    pub(crate) outputs: Option<Json>,
    pub(crate) name: Option<String>,
    pub(crate) taking: bool,
}

/// A [`Near`](crate::Near) with its types erased.
#[derive(Clone, Debug, Default)]
pub(crate) struct NearJson {
    pub(crate) inputs: Vec<Json>,
    pub(crate) recorded: Vec<Json>,
}

/// A [`Resource`] with its types erased.
pub(crate) trait Kind: Send + Sync {
    fn meta(&self) -> &'static Meta;
    fn version(&self) -> u32;
    fn risks(&self, change: Transition<'_>) -> Vec<Risk>;
    fn impossible(&self, change: Transition<'_>) -> Option<Fault>;
    fn upgrade(&self, from: u32, inputs: &mut Json, outputs: &mut Json) -> Result<()>;
    fn observe<'a>(
        &'a self,
        cx: &'a Cx,
        wanted: &'a [WantedJson],
    ) -> BoxFuture<'a, Result<Vec<Seen<Json>>>>;
    fn marked<'a>(
        &'a self,
        cx: &'a Cx,
        near: &'a NearJson,
        mark: &'a Mark,
    ) -> BoxFuture<'a, Result<Vec<Marked<Json>>>>;
    fn identify<'a>(
        &'a self,
        cx: &'a Cx,
        inputs: &'a Json,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity<Json>>>>;
    fn key(&self, inputs: &Json, name: Option<&str>) -> Result<Option<String>>;
    fn create<'a>(&'a self, cx: &'a StepCx, inputs: &'a Json) -> BoxFuture<'a, Result<Json>>;
    fn converge<'a>(
        &'a self,
        cx: &'a StepCx,
        inputs: &'a Json,
        live: &'a Json,
        approved: &'a Fields,
    ) -> BoxFuture<'a, Result<Json>>;
    fn delete<'a>(
        &'a self,
        cx: &'a StepCx,
        inputs: &'a Json,
        live: &'a Json,
    ) -> BoxFuture<'a, Result<()>>;
    fn preview<'a>(
        &'a self,
        cx: &'a Cx,
        before: Option<&'a Json>,
        draft: &'a Json,
    ) -> BoxFuture<'a, Result<Option<Preview>>>;
}

/// A [`Derived`] with its types erased.
pub(crate) trait Deriver: Send + Sync {
    fn iam(&self) -> Iam;
    fn foresee(&self, draft: &Json) -> Option<Json>;
    fn derive<'a>(&'a self, cx: &'a Cx, inputs: &'a Json) -> BoxFuture<'a, Result<Json>>;
}

struct Typed<R>(PhantomData<fn() -> R>);

fn decode<T: DeserializeOwned>(kind: &str, what: &str, json: &Json) -> Result<T> {
    let unreadable = |why: String| {
        Fault::new(crate::Class::Invalid, format!("the {what} of a {kind} cannot be read"))
            .why(why)
            .hint("if this version is older than the state, use the version that wrote it")
    };
    // Verbs rest on every reference being resolved.
    if let Some(open) = expr::uses(json).first() {
        let open = open.as_ref().map(|open| format!("`{}` is not known yet", open.at));
        return Err(unreadable(open.unwrap_or_else(String::clone)));
    }
    T::deserialize(json).map_err(|error| unreadable(error.to_string()))
}

fn encode(value: &impl Serialize) -> Json {
    expr::to_json(value)
}

fn erase<O: Serialize>(seen: Seen<O>) -> Seen<Json> {
    match seen {
        Seen::Absent => Seen::Absent,
        Seen::Unverified(why) => Seen::Unverified(why),
        Seen::Ambiguous(found) => Seen::Ambiguous(found),
        Seen::Present(live) => erase_live(*live).into(),
    }
}

fn erase_live<O: Serialize>(live: Live<O>) -> Live<Json> {
    let Live { outputs, fields, pending, leaving, mark } = live;
    Live { outputs: encode(&outputs), fields, pending, leaving, mark }
}

impl<R: Resource> Kind for Typed<R> {
    fn meta(&self) -> &'static Meta {
        &R::META
    }
    fn version(&self) -> u32 {
        R::VERSION
    }
    fn risks(&self, change: Transition<'_>) -> Vec<Risk> {
        R::risks(change)
    }
    fn impossible(&self, change: Transition<'_>) -> Option<Fault> {
        R::impossible(change)
    }
    fn upgrade(&self, from: u32, inputs: &mut Json, outputs: &mut Json) -> Result<()> {
        R::upgrade(from, inputs, outputs)
    }
    fn observe<'a>(
        &'a self,
        cx: &'a Cx,
        wanted: &'a [WantedJson],
    ) -> BoxFuture<'a, Result<Vec<Seen<Json>>>> {
        Box::pin(async move {
            let mut typed = Vec::with_capacity(wanted.len());
            for WantedJson { owner, inputs, outputs, name, taking } in wanted {
                typed.push(Wanted::<R> {
                    owner: owner.clone(),
                    inputs: decode(R::KIND, "recorded inputs", inputs)?,
                    outputs: outputs
                        .as_ref()
                        .map(|o| decode(R::KIND, "recorded outputs", o))
                        .transpose()?,
                    name: name.clone(),
                    taking: *taking,
                });
            }
            let seen = R::observe(cx, &typed).await?;
            assert_eq!(
                seen.len(),
                wanted.len(),
                "BUG: {} answered for other objects than asked",
                R::KIND
            );
            Ok(seen.into_iter().map(erase).collect())
        })
    }
    fn marked<'a>(
        &'a self,
        cx: &'a Cx,
        near: &'a NearJson,
        mark: &'a Mark,
    ) -> BoxFuture<'a, Result<Vec<Marked<Json>>>> {
        Box::pin(async move {
            let NearJson { inputs, recorded } = near;
            let inputs = inputs.iter().map(|one| decode(R::KIND, "recorded inputs", one));
            let recorded = recorded.iter().map(|one| decode(R::KIND, "recorded outputs", one));
            let near = Near::<R> {
                inputs: inputs.collect::<Result<_>>()?,
                recorded: recorded.collect::<Result<_>>()?,
            };
            let found = R::marked(cx, &near, mark).await?;
            let erase = |Marked { owner, id, name, live }| Marked {
                owner,
                id,
                name,
                live: erase_live(live),
            };
            Ok(found.into_iter().map(erase).collect())
        })
    }
    fn identify<'a>(
        &'a self,
        cx: &'a Cx,
        inputs: &'a Json,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity<Json>>>> {
        Box::pin(async move {
            let resource: R = decode(R::KIND, "inputs", inputs)?;
            let erase = |Identity { outputs, name }| Identity { outputs: encode(&outputs), name };
            Ok(resource.identify(cx, id).await?.map(erase))
        })
    }
    fn key(&self, inputs: &Json, name: Option<&str>) -> Result<Option<String>> {
        Ok(decode::<R>(R::KIND, "inputs", inputs)?.key(name))
    }
    fn create<'a>(&'a self, cx: &'a StepCx, inputs: &'a Json) -> BoxFuture<'a, Result<Json>> {
        Box::pin(async move {
            let resource: R = decode(R::KIND, "inputs", inputs)?;
            Ok(encode(&resource.create(cx).await?))
        })
    }
    fn converge<'a>(
        &'a self,
        cx: &'a StepCx,
        inputs: &'a Json,
        live: &'a Json,
        approved: &'a Fields,
    ) -> BoxFuture<'a, Result<Json>> {
        Box::pin(async move {
            let resource: R = decode(R::KIND, "inputs", inputs)?;
            let live = decode(R::KIND, "recorded outputs", live)?;
            Ok(encode(&resource.converge(cx, live, approved).await?))
        })
    }
    fn delete<'a>(
        &'a self,
        cx: &'a StepCx,
        inputs: &'a Json,
        live: &'a Json,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let resource: R = decode(R::KIND, "inputs", inputs)?;
            resource.delete(cx, &decode(R::KIND, "recorded outputs", live)?).await
        })
    }
    fn preview<'a>(
        &'a self,
        cx: &'a Cx,
        before: Option<&'a Json>,
        draft: &'a Json,
    ) -> BoxFuture<'a, Result<Option<Preview>>> {
        Box::pin(async move {
            let before: Option<R> =
                before.map(|b| decode(R::KIND, "recorded inputs", b)).transpose()?;
            R::preview(cx, before.as_ref(), draft).await
        })
    }
}

impl<D: Derived> Deriver for Typed<D> {
    fn iam(&self) -> Iam {
        D::IAM
    }
    fn foresee(&self, draft: &Json) -> Option<Json> {
        D::foresee(draft)
    }

    fn derive<'a>(&'a self, cx: &'a Cx, inputs: &'a Json) -> BoxFuture<'a, resource::Result<Json>> {
        Box::pin(async move {
            let derived: D = decode(D::KIND, "inputs", inputs)?;
            Ok(encode(&derived.derive(cx).await?))
        })
    }
}

#[derive(Clone)]
pub(crate) enum Handler {
    Resource(Arc<dyn Kind>),
    Derived(Arc<dyn Deriver>),
}

#[derive(Clone)]
pub(crate) struct Registered {
    pub(crate) handler: Handler,
    pub(crate) outputs: &'static [&'static str],
}

/// Every kind that a run knows, including kinds that only the state names.
#[derive(Clone, Default)]
pub struct Registry(BTreeMap<&'static str, Registered>);

impl Registry {
    /// Knows no kind.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a resource kind.
    ///
    /// # Panics
    /// If two kinds have the same name.
    #[must_use]
    pub fn with<R: Resource>(self) -> Self {
        let handler = Handler::Resource(Arc::new(Typed::<R>(PhantomData)));
        self.insert(R::KIND, Registered { handler, outputs: R::Outputs::FIELDS })
    }

    /// Adds a derived kind.
    ///
    /// # Panics
    /// If two kinds have the same name.
    #[must_use]
    pub fn with_derived<D: Derived>(self) -> Self {
        let handler = Handler::Derived(Arc::new(Typed::<D>(PhantomData)));
        self.insert(D::KIND, Registered { handler, outputs: D::Outputs::FIELDS })
    }

    /// Adds all kinds of another registry.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (kind, registered) in other.0 {
            self = self.insert(kind, registered);
        }
        self
    }

    fn insert(mut self, kind: &'static str, registered: Registered) -> Self {
        let old = self.0.insert(kind, registered);
        assert!(old.is_none(), "BUG: two kinds are called {kind}");
        self
    }

    /// The names of all kinds.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    /// What a resource kind declares; none for derived and unknown kinds.
    pub fn meta(&self, kind: &str) -> Option<&'static Meta> {
        self.resource(kind).map(|kind| kind.meta())
    }

    /// The rights that a kind takes; none for unknown kinds.
    pub fn iam(&self, kind: &str) -> Option<Iam> {
        match &self.0.get(kind)?.handler {
            Handler::Resource(kind) => Some(kind.meta().iam),
            Handler::Derived(kind) => Some(kind.iam()),
        }
    }

    pub(crate) fn get(&self, kind: &str) -> Option<&Registered> {
        self.0.get(kind)
    }

    pub(crate) fn resource(&self, kind: &str) -> Option<&Arc<dyn Kind>> {
        match &self.0.get(kind)?.handler {
            Handler::Resource(kind) => Some(kind),
            Handler::Derived(_) => None,
        }
    }

    /// Brings a record to the schema version that this program knows.
    pub(crate) fn upgrade(&self, address: &Address, entry: &mut Entry) -> Result<()> {
        let Some(kind) = self.resource(address.kind()) else { return Ok(()) };
        if entry.version > kind.version() {
            let what = format!(
                "{address} was recorded by a newer version of its kind ({})",
                entry.version
            );
            return Err(Fault::new(crate::Class::Invalid, what)
                .hint("use the version of the program that wrote it"));
        }
        if entry.version < kind.version() {
            let mut outputs = entry.outputs.take().unwrap_or(Json::Null);
            kind.upgrade(entry.version, &mut entry.inputs, &mut outputs)?;
            entry.outputs = Some(outputs).filter(|o| !o.is_null());
        }
        Ok(())
    }

    pub(crate) fn deriver(&self, kind: &str) -> Option<&Arc<dyn Deriver>> {
        match &self.0.get(kind)?.handler {
            Handler::Derived(kind) => Some(kind),
            Handler::Resource(_) => None,
        }
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_set().entries(self.kinds()).finish()
    }
}
