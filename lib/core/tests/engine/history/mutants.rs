//! Recovery broken on purpose, from outside the engine: by other kinds, another store, another cloud. The
//! histories must notice each, or they prove nothing.

use super::{HISTORIES, live_all, rig::Rig};
use groundplan_core::{
    Cx, Fields, Live, Mark, Marked, Meta, Near, Registry, Resource, Result, Seen, StepCx, Wanted,
    testing::{Gate, Host, HostOutputs, Net, Note, Rule, SimCloud, Sum},
};
use groundplan_state::{
    self as state, BoxFuture, Change, Holder, Loaded, Realm, Run, Session, Snapshot, Store, Why,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Open intents read as absent at once.
const SKIP_THE_OBSERVE: Rig = Rig { kinds: blind_kinds, ..Rig::SOUND };
/// What is about to be made is not recorded.
const DROP_THE_INTENT: Rig = Rig {
    store: |store| Arc::new(Tampered { store: Arc::new(store), how: How::Forgets }),
    ..Rig::SOUND
};
/// A create that is repeated with its token makes another object.
const IGNORE_THE_TOKEN: Rig = Rig { cloud: SimCloud::forget_tokens, ..Rig::SOUND };
/// Whoever once had the lease can write.
const IGNORE_THE_EPOCH: Rig = Rig {
    store: |store| Arc::new(Tampered { store: Arc::new(store), how: How::Insists }),
    ..Rig::SOUND
};
/// An object of the right name is ours.
const ADOPT_THE_FOREIGN: Rig = Rig { kinds: greedy_kinds, ..Rig::SOUND };

#[track_caller]
#[expect(clippy::print_stdout, reason = "says which history noticed it, and by which promise")]
fn is_noticed(what: &str, rig: &Rig) {
    let (_, noticed) = live_all(HISTORIES, rig);
    let failure = noticed.unwrap_or_else(|| panic!("{what}: {HISTORIES} histories notice nothing"));
    println!("{what}: history {} breaks `{}`: {}", failure.seed, failure.promise, failure.broken);
    assert_ne!(failure.promise, "no panic", "{what}: {}", failure.broken);
}

#[test]
fn an_observe_that_is_skipped_is_noticed() {
    is_noticed("skip the observe", &SKIP_THE_OBSERVE);
}

#[test]
fn an_intent_that_is_dropped_is_noticed() {
    is_noticed("drop the intent", &DROP_THE_INTENT);
}

#[test]
fn a_token_that_is_ignored_is_noticed() {
    is_noticed("ignore the token", &IGNORE_THE_TOKEN);
}

#[test]
fn an_epoch_that_is_ignored_is_noticed() {
    is_noticed("ignore the epoch", &IGNORE_THE_EPOCH);
}

#[test]
fn a_foreign_object_that_is_adopted_is_noticed() {
    is_noticed("adopt the foreign", &ADOPT_THE_FOREIGN);
}

fn blind_kinds() -> Registry {
    Registry::new()
        .with::<Blind<Gate>>()
        .with::<Blind<Host>>()
        .with::<Blind<Net>>()
        .with::<Blind<Note>>()
        .with::<Blind<Rule>>()
        .with_derived::<Sum>()
}

fn greedy_kinds() -> Registry {
    Registry::new()
        .with::<Gate>()
        .with::<Greedy>()
        .with::<Net>()
        .with::<Note>()
        .with::<Rule>()
        .with_derived::<Sum>()
}

/// What is wanted of a wrapped kind.
fn unwrapped<W: Resource, R: Resource<Outputs = W::Outputs>>(
    wanted: &[Wanted<W>],
    inner: impl Fn(&W) -> R,
) -> Vec<Wanted<R>> {
    let one = |w: &Wanted<W>| Wanted {
        owner: w.owner.clone(),
        inputs: inner(&w.inputs),
        outputs: w.outputs.clone(),
        name: w.name.clone(),
        taking: w.taking,
    };
    wanted.iter().map(one).collect()
}

/// A kind that does not look for what may have been made.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent, bound = "")]
struct Blind<R: Resource>(R);

impl<R: Resource> Resource for Blind<R> {
    const KIND: &'static str = R::KIND;
    const META: Meta = R::META;
    type Outputs = R::Outputs;

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<R::Outputs>>> {
        let seen = R::observe(cx, &unwrapped(wanted, |w| w.0.clone())).await?;
        let blind = |(w, seen): (&Wanted<Self>, _)| match w.outputs {
            Some(_) => seen,
            None => Seen::Absent,
        };
        Ok(wanted.iter().zip(seen).map(blind).collect())
    }

    async fn marked(cx: &Cx, near: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<R::Outputs>>> {
        let inputs = near.iter().map(|n| n.0.clone()).collect();
        R::marked(cx, &Near { inputs, recorded: near.recorded.clone() }, mark).await
    }

    async fn create(&self, cx: &StepCx) -> Result<R::Outputs> {
        self.0.create(cx).await
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: R::Outputs,
        approved: &Fields,
    ) -> Result<R::Outputs> {
        self.0.converge(cx, live, approved).await
    }

    async fn delete(&self, cx: &StepCx, live: &R::Outputs) -> Result<()> {
        self.0.delete(cx, live).await
    }
}

/// A host that is ours whenever its name fits.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Greedy(Host);

impl Resource for Greedy {
    const KIND: &'static str = Host::KIND;
    const META: Meta = Host::META;
    type Outputs = HostOutputs;

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<HostOutputs>>> {
        let all = cx.extension::<SimCloud>().list(Self::KIND).await?;
        let see = |w: &Wanted<Self>| {
            let one = all.iter().find(|o| o.name == w.name);
            one.map_or(Seen::Absent, |one| {
                let mut fields = one.fields.clone();
                let ip = fields.as_object_mut().and_then(|map| map.remove("ip"));
                let outputs = HostOutputs {
                    id: one.id.clone(),
                    name: one.name.clone().unwrap_or_default(),
                    ip: ip.and_then(|ip| ip.as_str().map(str::to_owned)),
                };
                Live::new(outputs, fields).leaving(one.is_leaving()).into()
            })
        };
        Ok(wanted.iter().map(see).collect())
    }

    async fn marked(cx: &Cx, _: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<HostOutputs>>> {
        Host::marked(cx, &Near::new(Vec::new()), mark).await
    }

    async fn create(&self, cx: &StepCx) -> Result<HostOutputs> {
        self.0.create(cx).await
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: HostOutputs,
        approved: &Fields,
    ) -> Result<HostOutputs> {
        self.0.converge(cx, live, approved).await
    }

    async fn delete(&self, cx: &StepCx, live: &HostOutputs) -> Result<()> {
        self.0.delete(cx, live).await
    }
}

#[derive(Clone, Copy, Debug)]
enum How {
    /// Does not keep the record of what is about to be made.
    Forgets,
    /// Takes the lease again when it is lost.
    Insists,
}

/// A store that breaks a promise.
#[derive(Clone, Debug)]
struct Tampered {
    store: Arc<dyn Store>,
    how: How,
}

impl Store for Tampered {
    fn place(&self, stack: &str) -> String {
        self.store.place(stack)
    }

    fn load<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, state::Result<Option<Loaded>>> {
        self.store.load(stack)
    }

    fn open<'a>(
        &'a self,
        stack: &'a str,
        realm: &'a Realm,
        holder: Holder,
    ) -> BoxFuture<'a, state::Result<Box<dyn Session>>> {
        Box::pin(async move {
            let session = self.store.open(stack, realm, holder.clone()).await?;
            let tampered = TamperedSession { session, from: self.clone(), holder };
            Ok(Box::new(tampered) as Box<dyn Session>)
        })
    }
}

#[derive(Debug)]
struct TamperedSession {
    session: Box<dyn Session>,
    from: Tampered,
    holder: Holder,
}

impl TamperedSession {
    async fn again(&mut self) -> state::Result<()> {
        let Snapshot { stack, realm, .. } = self.session.snapshot().clone();
        self.session = self.from.store.open(&stack, &realm, self.holder.clone()).await?;
        Ok(())
    }
}

impl Session for TamperedSession {
    fn snapshot(&self) -> &Snapshot {
        self.session.snapshot()
    }

    fn append(&mut self, mut changes: Vec<Change>) -> BoxFuture<'_, state::Result<()>> {
        Box::pin(async move {
            match self.from.how {
                How::Forgets => {
                    changes.retain(|c| !matches!(c, Change::Put { why: Why::CreateIntent, .. }));
                    self.session.append(changes).await
                }
                How::Insists => {
                    if self.session.append(changes.clone()).await.is_err() {
                        self.again().await?;
                        self.session.append(changes).await?;
                    }
                    Ok(())
                }
            }
        })
    }

    fn compact(&mut self, run: Run) -> BoxFuture<'_, state::Result<()>> {
        Box::pin(async move {
            match self.from.how {
                How::Forgets => self.session.compact(run).await,
                How::Insists => {
                    if self.session.compact(run.clone()).await.is_err() {
                        self.again().await?;
                        self.session.compact(run).await?;
                    }
                    Ok(())
                }
            }
        })
    }
}
