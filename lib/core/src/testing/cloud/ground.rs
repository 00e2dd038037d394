//! The objects of the simulated cloud, and its rules: names, tokens, holds, quotas, lifecycles.

use super::object::{Call, Object, Origin, Times};
use crate::{
    Class, Fault, Json, Result, TAG_LINEAGE, TAG_STACK,
    testing::{Process, Weather},
};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct Ground {
    pub(super) rng: fastrand::Rng,
    pub(super) objects: BTreeMap<String, Object>,
    /// Objects that are gone and that reads show still.
    ghosts: Vec<Object>,
    /// Foreign objects as they were put there.
    pub(super) foreign: BTreeMap<String, Object>,
    pub(super) calls: Vec<Call>,
    /// Two objects that were there at once though one was asked for.
    pub(super) twice: Vec<(String, String)>,
    pub(super) keeps_tokens: bool,
    tokens: BTreeMap<String, String>,
    next_id: u64,
}

impl Ground {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            rng: fastrand::Rng::with_seed(seed),
            objects: BTreeMap::new(),
            ghosts: Vec::new(),
            foreign: BTreeMap::new(),
            calls: Vec::new(),
            twice: Vec::new(),
            keeps_tokens: true,
            tokens: BTreeMap::new(),
            next_id: 0,
        }
    }

    /// What reads show: objects that fit and are there, or were until just now.
    pub(super) fn shown(&self, fits: impl Fn(&&Object) -> bool) -> impl Iterator<Item = &Object> {
        let now = Instant::now();
        let ghosts = self.ghosts.iter().filter(move |o| o.times.shown.is_some_and(|at| at > now));
        self.objects.values().chain(ghosts).filter(fits)
    }

    /// Takes away what has meanwhile been deleted to the end.
    pub(super) fn sweep(&mut self) {
        if self.objects.values().any(Object::is_leaving) {
            let now = Instant::now();
            let gone = |o: &Object| o.times.gone.is_some_and(|at| at <= now);
            let gone: Vec<_> =
                self.objects.values().filter(|o| gone(o)).map(|o| o.id.clone()).collect();
            for id in gone {
                self.end(&id);
            }
        }
    }

    /// Takes an object away, with those that go with it.
    pub(super) fn remove(&mut self, id: &str) {
        self.objects.remove(id);
        self.objects.retain(|_, o| o.within.as_deref() != Some(id));
    }

    /// The same at the end of a delete: reads may show it for a while.
    fn end(&mut self, id: &str) {
        let now = Instant::now();
        self.ghosts.retain(|o| o.times.shown.is_some_and(|at| at > now));
        self.ghosts.extend(self.objects.get(id).filter(|o| o.times.shown.is_some()).cloned());
        self.remove(id);
    }

    pub(super) fn place(&mut self, mut object: Object) -> String {
        self.next_id += 1;
        let short = object.kind.rsplit('.').next().unwrap_or("object");
        object.id = format!("{short}-{}", self.next_id);
        let id = object.id.clone();
        self.objects.insert(id.clone(), object);
        id
    }

    fn soon(&mut self, most: Duration) -> Option<Instant> {
        let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        (millis > 0).then(|| Instant::now() + Duration::from_millis(self.rng.u64(0..=millis)))
    }

    pub(super) fn create(
        &mut self,
        maker: &Process,
        weather: &Weather,
        token: Option<&str>,
        object: Object,
    ) -> Result<String> {
        let known = token.filter(|_| self.keeps_tokens).and_then(|t| self.tokens.get(t));
        if let Some(made) = known.and_then(|id| self.objects.get(id)) {
            if made.origin.asked != object.fields {
                return Err(refused("the token was used for another request")
                    .code("IdempotentParameterMismatch"));
            }
            return Ok(made.id.clone());
        }
        let alike = |o: &&Object| o.kind == object.kind;
        if object.name.is_some()
            && self.objects.values().filter(alike).any(|o| o.name == object.name)
        {
            return Err(Fault::new(Class::Exists, "sim:Create failed: the name is taken")
                .code("AlreadyExists"));
        }
        if weather.quota.is_some_and(|most| self.objects.values().filter(alike).count() >= most) {
            return Err(refused("there are as many as there may be").code("LimitExceeded"));
        }
        for needed in object.holds.iter().chain(&object.within) {
            if self.objects.get(needed).is_none_or(Object::is_leaving) {
                return Err(refused(&format!("{needed} is not there")));
            }
        }
        let times = Times {
            visible: self.soon(weather.lag),
            listed: token.and_then(|_| self.soon(weather.token_lag)),
            ready: self.soon(weather.slow),
            ..Times::default()
        };
        let origin = Origin {
            maker: Some(maker.clone()),
            token: token.map(str::to_owned),
            asked: object.fields.clone(),
            answered: false,
        };
        let object = Object { origin, times, ..object };
        let twin = self.objects.values().find(|o| are_twins(o, &object)).map(|o| o.id.clone());
        let kind = object.kind.clone();
        let id = self.place(object);
        self.twice.extend(twin.map(|twin| (twin, id.clone())));
        if let Some(token) = token {
            self.tokens.insert(token.to_owned(), id.clone());
        }
        self.calls.push(Call { verb: "create", kind, id: id.clone() });
        Ok(id)
    }

    pub(super) fn update(&mut self, id: &str, change: impl FnOnce(&mut Object)) -> Result<()> {
        let Some(object) = self.objects.get_mut(id) else {
            return Err(Fault::new(
                Class::NotFound,
                format!("sim:Update failed: {id} is not there"),
            ));
        };
        if object.is_leaving() || !object.is_ready() {
            return Err(Fault::new(Class::InUse, format!("sim:Update failed: {id} is not ready")));
        }
        change(object);
        let call = Call { verb: "update", kind: object.kind.clone(), id: id.to_owned() };
        self.calls.push(call);
        Ok(())
    }

    pub(super) fn delete(&mut self, weather: &Weather, id: &str) -> Result<()> {
        if let Some(holder) = self.objects.values().find(|o| o.holds.iter().any(|held| held == id))
        {
            return Err(Fault::new(
                Class::InUse,
                format!("sim:Delete failed: {id} is held by {}", holder.id),
            ));
        }
        let gone = self.soon(weather.slow);
        let shown = self.soon(weather.lag).max(gone);
        let Some(object) = self.objects.get_mut(id) else { return Ok(()) };
        if object.is_leaving() {
            return Ok(());
        }
        if !object.is_ready() {
            return Err(Fault::new(Class::InUse, format!("sim:Delete failed: {id} is not ready")));
        }
        self.calls.push(Call { verb: "delete", kind: object.kind.clone(), id: id.to_owned() });
        object.times.shown = shown;
        object.times.gone = gone;
        if gone.is_none() {
            self.end(id);
        }
        Ok(())
    }
}

fn refused(why: &str) -> Fault {
    Fault::new(Class::Invalid, format!("sim:Create failed: {why}"))
}

/// Whether two objects answer the same request: they have the same token; or they carry the same mark, were
/// asked for in the same words, and the one was there to be found when the other was made. A process that was
/// frozen cannot know that another took its place, so of its objects only the token tells.
fn are_twins(one: &Object, other: &Object) -> bool {
    let marked = |o: &Object| {
        let tags = o.tags.iter().filter(|(key, _)| key.starts_with("groundplan:"));
        tags.map(|(k, v)| (k.clone(), v.clone())).collect::<BTreeMap<_, _>>()
    };
    let frozen = |o: &Object| o.origin.maker.as_ref().is_some_and(Process::was_frozen);
    let token = one.origin.token.is_some() && one.origin.token == other.origin.token;
    let same =
        one.kind == other.kind && !one.is_leaving() && one.origin.asked == other.origin.asked;
    let mark = one.tags.contains_key(TAG_LINEAGE)
        && one.tags.contains_key(TAG_STACK)
        && marked(one) == marked(other);
    token || (same && mark && one.is_listed() && !frozen(one) && !frozen(other))
}

/// What the cloud tells of an object that was changed by others, for tests that look for it.
pub(super) fn differs(before: &Object, now: Option<&Object>) -> Option<String> {
    let Some(now) = now else { return Some(format!("{} is gone", before.id)) };
    let shown = |o: &Object| (o.name.clone(), o.fields.clone(), o.tags.clone(), o.is_leaving());
    let (was, is): ((_, Json, _, _), _) = (shown(before), shown(now));
    (was != is).then(|| format!("{} was {was:?} and is {is:?}", before.id))
}
